"""What was heard of relays' mails after they took them, hour by hour, and where nobody listens."""

from collections import defaultdict
from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Literal
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.rules.health.figures import start_of
from app.sending.mailboxes import heard_relays
from app.sending.models import Event
from app.watching.counting import hour_in_sql

#: Under which names they are counted: by kind, and for bounces whether they are for good.
_NAMES = {
    ("bounced", True): "hard_later",
    ("bounced", False): "soft_later",
    ("complained", False): "complaints",
}
#: What has to be listened for, so that a figure means something.
_KINDS: tuple[Literal["bounced", "complained"], ...] = ("bounced", "complained")


def by_hour(
    session: Session, relay_ids: Collection[UUID], first: int, last: int
) -> Mapping[UUID, Mapping[int, dict[str, int]]]:
    """Counts by relay and hour of hearing, ``first`` to ``last``."""
    heard = (
        select(
            Event.relay_id,
            hour_in_sql(session, Event.heard_at).label("hour"),
            Event.kind,
            Event.hard,
        )
        .where(
            Event.relay_id.in_(relay_ids),
            Event.heard_at >= start_of(first),
            Event.heard_at < start_of(last + 1),
        )
        .subquery()
    )
    found: defaultdict[UUID, defaultdict[int, dict[str, int]]] = defaultdict(
        lambda: defaultdict(dict)
    )
    for relay_id, hour, kind, hard, many in session.execute(
        select(heard.c.relay_id, heard.c.hour, heard.c.kind, heard.c.hard, func.count()).group_by(
            *heard.c
        )
    ):
        if name := _NAMES.get((kind, hard)):
            found[relay_id][hour][name] = many
    return found


def listening(session: Session, workspace_id: UUID, now: datetime) -> dict[str, frozenset[UUID]]:
    """The relays of which it would be known, by kind: bounced, complained."""
    return {kind: heard_relays(session, workspace_id, now=now, kind=kind) for kind in _KINDS}
