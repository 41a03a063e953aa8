"""Alerts: what is wrong, what was, and who was told."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from marshmallow import Schema, fields, validate

from app.alerts import listing, wishes
from app.alerts.models import Alert, AlertNotice
from app.api.access import caller, runtime
from app.api.paging import PageQuery, page_of
from app.api.routes import Routes
from app.api.schemas import Id, Instant, Strict, Text, Whole
from app.rules.health.alerting import KINDS
from app.watching import about

blueprint = Routes("alerts", "What a person should know: what is wrong, and who was told.")

_KIND = validate.OneOf(tuple(KINDS))


class AlertQuery(PageQuery):
    """Only open or closed ones, or one kind."""

    state = fields.String(load_default=None, validate=validate.OneOf(("open", "closed")))
    kind = fields.String(load_default=None, validate=_KIND)


class NoticeAnswer(Schema):
    """One message about an alert; ``words``: what the receiver or the relay answered last."""

    to = Text(required=True)
    by = fields.String(required=True, validate=validate.OneOf(("mail", "webhook")))
    event = fields.String(required=True, validate=validate.OneOf(("raised", "over")))
    state = fields.String(required=True, validate=validate.OneOf(("waiting", "sent", "failed")))
    tries = fields.Integer(required=True)
    words = fields.String(required=True)
    relay_id = Id(required=True, allow_none=True)
    sent_at = Instant(required=True, allow_none=True)


class AlertAnswer(Schema):
    """An alert; ``about`` is the id of what it is about, ``times`` how often it was found."""

    id = Id(required=True)
    kind = fields.String(required=True)
    title = fields.String(required=True)
    sentence = fields.String(required=True)
    about = fields.String(
        required=True,
        metadata={
            "description": "The id of the relay, campaign, site, connection or agent; a stream's "
            'name; "messages"; or "" for the workspace'
        },
    )
    raised_at = Instant(required=True)
    last_at = Instant(required=True)
    times = fields.Integer(required=True)
    closed_at = Instant(required=True, allow_none=True)
    acknowledged_at = Instant(required=True, allow_none=True)
    acknowledged_by = Id(required=True, allow_none=True)
    notices = fields.List(fields.Nested(NoticeAnswer), required=True)


class WishesValues(Strict):
    """What may be changed."""

    backlog_minutes = Whole(
        least=1, most=60 * 24 * 7, metadata={"description": "Mail that waits longer is told of"}
    )
    mail_kinds = fields.List(
        fields.String(validate=_KIND),
        validate=validate.Length(0, len(KINDS)),
        metadata={"description": "Owners and admins get a mail about these; all unless said"},
    )


class WishesAnswer(Schema):
    """What this workspace wants to hear of."""

    backlog_minutes = fields.Integer(required=True)
    mail_kinds = fields.List(fields.String(), required=True)


@blueprint.get("/alerts", scope="read", query=AlertQuery, answer=page_of(AlertAnswer))
def list_alerts(query: dict[str, Any]) -> Any:
    """The alerts, newest first, with everybody who was told."""
    with runtime().database.reading() as session:
        found = listing.listed(
            session,
            caller().workspace_id,
            is_open=None if query["state"] is None else query["state"] == "open",
            kind=query["kind"],
            number=query["page"],
            per_page=query["per_page"],
        )
        told = listing.notices(session, [alert.id for alert in found.items])
        names = about.names(session, found.items)
        return found.map(lambda alert: _shown(alert, names, told.get(alert.id, [])))


@blueprint.post(
    "/alerts/<uuid:alert_id>/acknowledge", scope="write", answer=AlertAnswer, status=200
)
def acknowledge_alert(alert_id: UUID) -> Any:
    """Say that somebody looks after it."""
    running, who = runtime(), caller()
    with running.database.transaction() as session:
        alert = listing.acknowledge(
            session, who.workspace_id, alert_id, user_id=who.user_id, now=running.now()
        )
        told = listing.notices(session, [alert.id]).get(alert.id, [])
        return _shown(alert, about.names(session, [alert]), told)


@blueprint.get("/alert-settings", scope="read", answer=WishesAnswer)
def get_alert_settings() -> Any:
    """Which alerts are mailed, and when waiting is too long."""
    with runtime().database.reading() as session:
        return wishes.get(session, caller().workspace_id)


@blueprint.patch("/alert-settings", scope="settings", body=WishesValues, answer=WishesAnswer)
def change_alert_settings(body: dict[str, Any]) -> Any:
    """Change which alerts are mailed, or when waiting is too long."""
    with runtime().database.transaction() as session:
        return wishes.change(session, caller().workspace_id, body)


def _shown(
    alert: Alert, names: Mapping[str, str], told: list[tuple[AlertNotice, str]]
) -> dict[str, Any]:
    plain = {name: getattr(alert, name, None) for name in AlertAnswer().fields}
    notices = [
        {
            **{name: getattr(one, name, None) for name in NoticeAnswer().fields},
            "to": to,
            "by": "mail" if one.endpoint_id is None else "webhook",
        }
        for one, to in told
    ]
    said = {"title": KINDS[alert.kind], "about": names[alert.about]}
    return plain | said | {"notices": notices}
