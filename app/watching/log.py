"""The delivery log of a workspace: what became of whose mail, and what every relay said."""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.campaigns.models import Campaign
from app.db import Database
from app.errors import NotFound
from app.sending.ledger.balance import spoken_state
from app.sending.models import Delivery, Dispatch
from app.sending.models.delivery import NOBODY
from app.sending.models.dispatch import MESSAGE
from app.sending.traces import attempts
from app.sending.traces.attempts import HeardLater, Tried
from app.watching.searching import Search, find

#: How a delivery is named: by its number, of which no database holds more digits.
_NUMBER = re.compile("[0-9]{1,18}")
#: Deliveries that are read at once when all of them are wanted.
_AT_ONCE = 1_000


@dataclass(frozen=True, slots=True)
class Line:
    """A delivery in the log. ``last``: its last attempt that said something to a relay.
    ``due_at`` None: it waits for nothing.
    """

    id: int
    campaign_id: UUID | None
    campaign_name: str | None
    message_id: UUID | None
    contact_id: UUID | None
    email: str
    state: str
    reason: str
    tries: int
    due_at: datetime | None
    finished_at: datetime | None
    last: Tried | None


@dataclass(frozen=True, slots=True)
class Story:
    """A delivery with every attempt and everything that was heard later, oldest first."""

    line: Line
    attempts: list[Tried]
    events: list[HeardLater]


@dataclass(frozen=True, slots=True)
class Part:
    """A page of the log, and the place from which to go on (None: that was all)."""

    lines: list[Line]
    go_on: list[Any] | None


def part(
    session: Session,
    workspace_id: UUID,
    search: Search,
    *,
    limit: int,
    place: Sequence[Any] | None,
    now: datetime,
) -> Part:
    """A page of what fits the search."""
    found = find(session, workspace_id, search, limit=limit, place=place, now=now)
    return Part(_lines(session, found.ids, now), found.go_on)


def everything(
    database: Database, workspace_id: UUID, search: Search, now: Callable[[], datetime]
) -> Iterator[list[Line]]:
    """All that fits, in parts; the database is not held between them."""
    place: list[Any] | None = None
    while True:
        with database.reading() as session:
            found = part(session, workspace_id, search, limit=_AT_ONCE, place=place, now=now())
        yield found.lines
        if found.go_on is None:
            return
        place = found.go_on


def story(session: Session, workspace_id: UUID, name: str, now: datetime) -> Story:
    """The delivery of this name with all that happened to it. Raises NotFound."""
    number = int(name) if _NUMBER.fullmatch(name) else 0
    mine = (
        select(Delivery.id)
        .join(Dispatch, Dispatch.id == Delivery.dispatch_id)
        .where(Delivery.id == number, Dispatch.workspace_id == workspace_id)
    )
    if session.scalar(mine) is None:
        raise NotFound("There is no such delivery.")
    (line,) = _lines(session, [number], now)
    tries = attempts.of(session, [number]).get(number, [])
    return Story(line, tries, attempts.heard_later(session, number))


def dispatch_of(
    session: Session, workspace_id: UUID, campaign_id: UUID | None, message_id: UUID | None
) -> UUID | None:
    """The dispatch of a campaign or a message. Raises NotFound when there is none, or not yet."""
    if campaign_id is not None:
        query = select(Campaign.dispatch_id).where(
            Campaign.workspace_id == workspace_id, Campaign.id == campaign_id
        )
    else:
        query = select(Dispatch.id).where(
            Dispatch.workspace_id == workspace_id,
            Dispatch.id == message_id,
            Dispatch.kind == MESSAGE,
        )
    found = session.scalar(query)
    if found is None:
        what = "launched campaign" if campaign_id is not None else "message"
        raise NotFound(f"There is no such {what}.")
    return found


def _lines(session: Session, ids: Sequence[int], now: datetime) -> list[Line]:
    rows = session.execute(
        select(Delivery, spoken_state(now), Dispatch.kind, Campaign.id, Campaign.name)
        .join(Dispatch, Dispatch.id == Delivery.dispatch_id)
        .outerjoin(Campaign, Campaign.dispatch_id == Dispatch.id)
        .where(Delivery.id.in_(ids))
    )
    tries = attempts.of(session, ids)
    found = {row[0].id: _line(*row, tries.get(row[0].id, [])) for row in rows}
    return [found[one] for one in ids if one in found]


def _line(
    delivery: Delivery,
    state: str,
    kind: str,
    campaign_id: UUID | None,
    campaign_name: str | None,
    tries: list[Tried],
) -> Line:
    return Line(
        delivery.id,
        campaign_id,
        campaign_name,
        delivery.dispatch_id if kind == MESSAGE else None,
        None if delivery.contact_id == NOBODY else delivery.contact_id,
        delivery.email,
        state,
        delivery.reason,
        delivery.tries,
        delivery.due_at if delivery.state == "queued" else None,
        delivery.finished_at,
        tries[-1] if tries else None,
    )
