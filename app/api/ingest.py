"""Where sync agents come to: they ask what to do, and bring what they read."""

from typing import Any

from marshmallow import Schema, ValidationError, fields, pre_load, validate

from app.api.access import runtime
from app.api.agent_access import agent, said
from app.api.routes import Routes
from app.api.schemas import Flag, Id, Strict, Text, Whole
from app.errors import Invalid
from app.sources.agents import ingesting, visiting
from app.sources.agents.ingesting import Parcel
from app.sources.agents.visiting import Said
from sync.remote import FORMAT, decoded
from sync.travelling import NotInForm

blueprint = Routes("ingest", "For sync agents: what to do, and what they bring.")

_MOST_FINDINGS = 200


class Spoken(Strict):
    """What an agent says; ``format`` tells whether it is understood here at all."""

    format = fields.Integer(required=True, strict=True, validate=validate.Equal(FORMAT))

    @pre_load
    def _know_the_format(self, data: Any, **_: Any) -> Any:
        """Before anything else: newer words would only look like mistakes."""
        spoken = data.get("format") if isinstance(data, dict) else None
        if isinstance(spoken, int) and spoken != FORMAT:
            which = "this server" if spoken > FORMAT else "the agent"
            sentence = f"This server understands format {FORMAT}, not {spoken}: update {which}."
            raise ValidationError({"format": [sentence]})
        return data


class SourceFound(Strict):
    """A source of the site: ready, or why not."""

    source = Text(required=True, least=1)
    state = Text(required=True, least=1)
    detail = Text(required=True, most=2000)


class NewVisit(Spoken):
    """``findings``: when the agent looked what its site offers. ``begin``: read everything now.

    ``once``: the agent goes away when that is done, as one that cron begins does.
    """

    version = Text(required=True, least=1)
    findings = fields.List(
        fields.Nested(SourceFound), validate=validate.Length(0, _MOST_FINDINGS), load_default=None
    )
    name = Text(load_default="", most=2000)
    begin = Flag(load_default=False)
    once = Flag(load_default=False)


class TaskAnswer(Schema):
    """A run of the agent: where in the source to go on, and the number of its next batch."""

    run_id = Id(required=True)
    source = fields.String(required=True)
    number = fields.Integer(required=True)
    cursor = fields.Dict(required=True, allow_none=True)
    since = fields.Dict(required=True, allow_none=True)
    options = fields.Dict(keys=fields.String(), values=fields.Raw(), required=True)


class StuckAnswer(Schema):
    """A source that is not read until a person has mended something, and why."""

    source = fields.String(required=True)
    why = fields.String(required=True)


class OrdersAnswer(Schema):
    """``look``: say first what the site offers. ``wait``: seconds to rest without a task."""

    format = fields.Integer(required=True)
    look = fields.Boolean(required=True)
    task = fields.Nested(TaskAnswer, required=True, allow_none=True)
    wait = fields.Integer(required=True)
    stuck = fields.List(fields.Nested(StuckAnswer), required=True)


class NewBatch(Spoken):
    """One step of a run: the page of rows that was read, or the trouble in which it ended."""

    batch_id = Id(required=True)
    run_id = Id(required=True)
    number = Whole(required=True)
    page = fields.Dict(
        metadata={
            "description": "rows, cursor (where to go on; null on the last page), total, hidden, "
            "mark, fields; as in docs/reference/ingest.md"
        }
    )
    trouble = fields.Dict(
        metadata={
            "description": "kind (try_later, ask_the_owner, not_understood), sentence, state, "
            "code, retry_after, throttled"
        }
    )


class BatchAnswer(Schema):
    """What became of a batch; the same words whenever it comes. ``state`` is the run's."""

    batch_id = Id(required=True)
    run_id = Id(required=True)
    state = fields.String(required=True)
    detail = fields.String(required=True)
    seen = fields.Integer(required=True)
    created = fields.Integer(required=True)
    updated = fields.Integer(required=True)
    kept = fields.Integer(required=True)
    skipped = fields.Dict(keys=fields.String(), values=fields.Integer(), required=True)


@blueprint.from_agents("/ingest/visit", body=NewVisit, answer=OrdersAnswer)
def visit(body: dict[str, Any]) -> Any:
    """An agent asks what to do; it says what it found at its site."""
    words = Said(**{name: body[name] for name in Said.__slots__})
    orders = visiting.visit(runtime(), agent(), words)
    task = visiting.as_json(orders.task) if orders.task else None
    return {
        "format": FORMAT,
        "look": orders.look,
        "task": task,
        "wait": orders.wait,
        "stuck": orders.stuck,
    }


@blueprint.from_agents("/ingest", body=NewBatch, answer=BatchAnswer)
def ingest(body: dict[str, Any]) -> Any:
    """An agent brings a batch; one that comes again gets the same answer and changes nothing."""
    try:
        batch = decoded({**body, "run_id": str(body["run_id"])})
    except NotInForm as wrong:
        raise Invalid.at(wrong.where, wrong.sentence) from None
    digest = ingesting.digest(said())
    return ingesting.take(runtime(), agent(), Parcel(body["batch_id"], digest, batch))
