"""For which relay a message waits, and why: routing, asked as the sender will ask it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from app.rules.routing import mail_facts
from app.sending.models import Content, Delivery, Dispatch
from app.sending.relays import pausing
from app.sending.routing import explaining, firsts
from app.sending.routing.draft import draft
from app.sending.traces import trace
from app.workspaces.models import Workspace


@dataclass(frozen=True, slots=True)
class Waiting:
    """``why`` is "" when it would go now; ``until`` None: until a person does something."""

    why: str
    until: datetime | None


def of(session: Session, dispatch: Dispatch, delivery: Delivery, *, now: datetime) -> Waiting:
    """For what a queued message that is due waits."""
    stream = pausing.stream(session, dispatch.workspace_id, dispatch.stream)
    if stream.paused_at is not None:
        said = f": {stream.reason}" if stream.reason else ""
        return Waiting(f"the {dispatch.stream} stream is paused{said}", None)
    found = _explained(session, dispatch, delivery, now)
    return Waiting("", None) if found.decision == "send" else Waiting(found.why, found.until)


def _explained(
    session: Session, dispatch: Dispatch, delivery: Delivery, now: datetime
) -> explaining.Explanation:
    mail = draft(
        session.get_one(Workspace, dispatch.workspace_id),
        pin=dispatch.relay_id,
        mail_type=dispatch.mail_type,
        stream=dispatch.stream,
        user_id=dispatch.user_id,
        from_email=dispatch.from_email,
        from_name=dispatch.from_name,
        reply_to_email=dispatch.reply_to_email,
    )
    traced = trace.find(session, dispatch.id, delivery.address, now=now)
    return explaining.explain(
        session,
        dispatch.workspace_id,
        mail,
        zone=mail.zone,
        personal=_personal(session, dispatch, delivery),
        stay=delivery.relay_id,
        tried=traced.tried if traced else frozenset(),
        now=now,
    )


def _personal(
    session: Session, dispatch: Dispatch, delivery: Delivery
) -> Mapping[str, Sequence[str]]:
    """What rules may know of it."""
    content = session.get_one(Content, dispatch.content_id)
    groups = firsts.groups_of(session, [delivery.contact_id])
    return firsts.about_message(
        content.finished or b"",
        delivery.address,
        subject=content.subject,
        from_name=dispatch.from_name,
        reply_to=dispatch.reply_to_email,
        groups=groups.get(delivery.contact_id, {}),
        asks=mail_facts.FIELDS,
    )
