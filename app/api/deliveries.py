"""The delivery log: search in what was sent, one delivery's story, and all of it as CSV."""

from typing import Any
from uuid import UUID

from flask import Response
from marshmallow import Schema, fields, validate
from sqlalchemy.orm import Session

from app.api import delivery_file
from app.api.access import caller, runtime
from app.api.attempt_shapes import AttemptAnswer, HeardAnswer
from app.api.routes import Routes
from app.api.schemas import Email, Id, Instant, Strict, Text
from app.errors import Invalid
from app.rules import email_address
from app.rules.replies.reply import ABOUT
from app.sending.ledger.balance import STATES
from app.watching import log, places
from app.watching.searching import Search

blueprint = Routes("deliveries", "What became of whose mail, and what every relay said.")


class SearchQuery(Strict):
    """All that is given must fit; of the attempts, one must fit all that is said of attempts."""

    email = Email(metadata={"description": "This very address"})
    contains = Text(least=1, most=320, metadata={"description": "A part of the address"})
    campaign_id = Id()
    message_id = Id()
    state = fields.String(validate=validate.OneOf(STATES))
    relay_id = Id(metadata={"description": "Tried by this relay"})
    outcome = fields.String(validate=validate.OneOf(tuple(ABOUT)))
    code = fields.Integer(validate=validate.Range(200, 599))
    text = Text(least=1, metadata={"description": "A part of what was answered"})
    since = Instant(metadata={"description": "Ended, or due, from then on"})
    until = Instant(metadata={"description": "Ended, or due, before then"})


class LogQuery(SearchQuery):
    """``cursor``: the ``next`` of the page before."""

    limit = fields.Integer(load_default=50, validate=validate.Range(1, 500))
    cursor = Text(least=1, most=1_000)


class LineAnswer(Schema):
    """A delivery; ``last`` is its last attempt."""

    id = fields.String(required=True)
    campaign_id = Id(required=True, allow_none=True)
    campaign_name = fields.String(required=True, allow_none=True)
    message_id = Id(required=True, allow_none=True)
    contact_id = Id(required=True, allow_none=True)
    email = fields.String(required=True)
    state = fields.String(required=True, validate=validate.OneOf(STATES))
    reason = fields.String(required=True)
    tries = fields.Integer(required=True)
    due_at = Instant(required=True, allow_none=True)
    finished_at = Instant(required=True, allow_none=True)
    last = fields.Nested(AttemptAnswer, required=True, allow_none=True)


class LogAnswer(Schema):
    """A page; ``next`` is the cursor of the following one, null after the last. A page may hold
    less than was asked for: only ``next`` says whether there is more.
    """

    items = fields.List(fields.Nested(LineAnswer), required=True)
    go_on = fields.String(required=True, allow_none=True, data_key="next")


class StoryAnswer(LineAnswer):
    """A delivery with everything that happened to it, oldest first."""

    attempts = fields.List(fields.Nested(AttemptAnswer), required=True)
    events = fields.List(fields.Nested(HeardAnswer), required=True)


@blueprint.get("/deliveries", scope="read", query=LogQuery, answer=LogAnswer)
def list_deliveries(query: dict[str, Any]) -> Any:
    """Search the delivery log, newest first; within a campaign by address, or by due time."""
    running, workspace_id = runtime(), caller().workspace_id
    with running.database.reading() as session:
        search = _search(session, workspace_id, query)
        found = log.part(
            session,
            workspace_id,
            search,
            limit=query["limit"],
            place=places.read(search, query.get("cursor")),
            now=running.now(),
        )
    go_on = None if found.go_on is None else places.write(search, found.go_on)
    return {"items": found.lines, "go_on": go_on}


@blueprint.get("/deliveries.csv", scope="read", query=SearchQuery, media="text/csv")
def download_deliveries(query: dict[str, Any]) -> Response:
    """Everything that fits as a CSV file, streamed."""
    running, workspace_id = runtime(), caller().workspace_id
    with running.database.reading() as session:
        search = _search(session, workspace_id, query)
    parts = log.everything(running.database, workspace_id, search, running.now)
    return Response(
        delivery_file.rows(parts),
        content_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": 'attachment; filename="deliveries.csv"'},
    )


@blueprint.get("/deliveries/<delivery_id>", scope="read", answer=StoryAnswer)
def get_delivery(delivery_id: str) -> Any:
    """One delivery with every attempt, and what was heard of it later."""
    running = runtime()
    with running.database.reading() as session:
        found = log.story(session, caller().workspace_id, delivery_id, running.now())
    line = {name: getattr(found.line, name) for name in LineAnswer().fields}
    return line | {"attempts": found.attempts, "events": found.events}


def _search(session: Session, workspace_id: UUID, query: dict[str, Any]) -> Search:
    campaign, message = query.get("campaign_id"), query.get("message_id")
    if campaign is not None and message is not None:
        raise Invalid.at("message_id", "Give a campaign or a message, not both.")
    dispatch = None
    if campaign is not None or message is not None:
        dispatch = log.dispatch_of(session, workspace_id, campaign, message)
    parsed = email_address.parse(query.get("email", ""))
    return Search(
        address=parsed.address if parsed else None,
        dispatch_id=dispatch,
        **{
            name: query.get(name)
            for name in (
                "contains",
                "state",
                "relay_id",
                "outcome",
                "code",
                "text",
                "since",
                "until",
            )
        },
    )
