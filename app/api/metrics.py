"""Metrics: what each relay did, hour by hour, and whether that is usual."""

from typing import Any
from uuid import UUID

from marshmallow import Schema, fields, validate

from app.api.access import caller, runtime
from app.api.routes import Routes
from app.api.schemas import Id, Instant, Strict
from app.rules.health.figures import COUNTS, Figures, quantile
from app.watching import figures, queue
from app.watching.figures import Metrics

blueprint = Routes("metrics", "What the relays did, and what waits.")


class SpanQuery(Strict):
    """From when to when; the last 24 hours unless said. Whole hours are told."""

    since = Instant(data_key="from")
    until = Instant(data_key="to")


class MetricsQuery(SpanQuery):
    """``by``: cut into hours, or into days of the workspace's time zone."""

    by = fields.String(load_default="hour", validate=validate.OneOf(("hour", "day")))


def _number(description: str = "", *, null: bool = False) -> fields.Integer:
    metadata = {"description": description} if description else {}
    return fields.Integer(required=True, allow_none=null, metadata=metadata)


def _unknown(description: str) -> fields.Integer:
    """Under another name, because a Schema has an ``unknown`` of its own."""
    return fields.Integer(
        required=True,
        data_key="unknown",
        attribute="unknown",
        metadata={"description": description},
    )


class TimesAnswer(Schema):
    """Half of them took so many milliseconds or less, 95 % so many; cut to two digits."""

    p50 = _number(null=True)
    p95 = _number(null=True)


class FiguresAnswer(Schema):
    """What attempts came to. null: this relay cannot know; it never stands for 0."""

    attempts = _number("That came to an end in this time")
    accepted = _number("The relay took the message")
    deferred = _number("Put off by the recipient's server")
    throttled = _number("The relay asks to slow down")
    refused = _number("By the relay itself: line, TLS, login")
    unauthorized = _number("The relay does not send for this sender")
    blocked = _number("The relay's reputation at the recipient's")
    rejected = _number("For what the message says")
    refused_hard = _number("Recipients refused for good while handing over")
    refused_soft = _number("Recipients refused for now while handing over")
    in_doubt = _unknown("The line died before the answer")
    hard_bounces = _number("refused_hard and what came back later", null=True)
    soft_bounces = _number("refused_soft and what came back later", null=True)
    complaints = _number("Called spam", null=True)
    opens = _number("null until mails are tracked", null=True)
    clicks = _number("null until mails are tracked", null=True)
    reply_ms = fields.Nested(TimesAnswer, required=True)
    queue_ms = fields.Nested(TimesAnswer, required=True)


class PartAnswer(FiguresAnswer):
    """One hour or day."""

    start = Instant(required=True)


class ComparedAnswer(Schema):
    """A figure beside the seven days before: shares of the attempts, or milliseconds."""

    figure = fields.String(required=True)
    now = fields.Float(required=True, allow_none=True)
    usual = fields.Float(required=True, allow_none=True)
    ratio = fields.Float(required=True, allow_none=True)
    unusual = fields.Boolean(required=True)
    sentence = fields.String(required=True)


class RelayTotalAnswer(Schema):
    """A relay in all of the time asked for."""

    relay_id = Id(required=True)
    relay_name = fields.String(required=True)
    since = Instant(required=True, data_key="from")
    until = Instant(required=True, data_key="to")
    total = fields.Nested(FiguresAnswer, required=True)
    usual = fields.Nested(FiguresAnswer, required=True)
    compared = fields.List(fields.Nested(ComparedAnswer), required=True)


class RelayMetricsAnswer(RelayTotalAnswer):
    """A relay in parts, in total, and beside the seven days before."""

    items = fields.List(fields.Nested(PartAnswer), required=True)


class QueueAnswer(Schema):
    """What is due and waits: not what is held, deferred or scheduled."""

    due = _number()
    oldest_due_at = Instant(required=True, allow_none=True)
    in_doubt = _unknown("Deliveries of which nobody knows whether they went")


class MetricsAnswer(Schema):
    """Every relay in the order of the chain, and the queue."""

    relays = fields.List(fields.Nested(RelayTotalAnswer), required=True)
    queue = fields.Nested(QueueAnswer, required=True)


@blueprint.get("/metrics", scope="read", query=SpanQuery, answer=MetricsAnswer)
def get_metrics(query: dict[str, Any]) -> Any:
    """All relays at a glance, beside what is usual for them."""
    running, workspace_id = runtime(), caller().workspace_id
    with running.database.reading() as session:
        found = figures.of_workspace(
            session,
            workspace_id,
            since=query.get("since"),
            until=query.get("until"),
            now=running.now(),
        )
        waiting = queue.of_workspace(session, workspace_id, running.now())
    return {"relays": [_shown(one) for one in found], "queue": waiting}


@blueprint.get(
    "/relays/<uuid:relay_id>/metrics", scope="read", query=MetricsQuery, answer=RelayMetricsAnswer
)
def get_relay_metrics(relay_id: UUID, query: dict[str, Any]) -> Any:
    """One relay hour by hour or day by day, beside what is usual for it."""
    running = runtime()
    with running.database.reading() as session:
        found = figures.of_relay(
            session,
            caller().workspace_id,
            relay_id,
            since=query.get("since"),
            until=query.get("until"),
            by=query["by"],
            now=running.now(),
        )
    items = [{"start": part.start, **_figures(part.figures, found.hears)} for part in found.parts]
    return {**_shown(found), "items": items}


def _shown(found: Metrics) -> dict[str, Any]:
    return {
        "relay_id": found.relay.id,
        "relay_name": found.relay.name,
        "since": found.since,
        "until": found.until,
        "total": _figures(found.total, found.hears),
        "usual": _figures(found.usual, found.hears),
        "compared": found.compared,
    }


def _figures(found: Figures, hears: frozenset[str]) -> dict[str, Any]:
    """What nobody listens for is null."""
    bounces, complaints = "bounced" in hears, "complained" in hears
    return {
        **{name: found[name] for name in COUNTS},
        "refused_hard": found["hard"],
        "refused_soft": found["soft"],
        "hard_bounces": found["hard"] + found["hard_later"] if bounces else None,
        "soft_bounces": found["soft"] + found["soft_later"] if bounces else None,
        "complaints": found["complaints"] if complaints else None,
        "opens": None,
        "clicks": None,
        "reply_ms": _times(found.reply),
        "queue_ms": _times(found.queue),
    }


def _times(times: Any) -> dict[str, int | None]:
    return {"p50": quantile(times, 0.5), "p95": quantile(times, 0.95)}
