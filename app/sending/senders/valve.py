"""The valve: nothing is sent from a database that may be an older copy until a person says go."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import func, select, true
from sqlalchemy.orm import Session, object_session

from app import ids
from app.db import insert
from app.errors import Conflict
from app.rules.copies import Ledger, Place
from app.sending.guards import alarming
from app.sending.models import Attempt, Delivery, Dispatch, Valve
from app.sending.models.delivery import IS_BEGUN

_ONLY = 1


@dataclass(frozen=True, slots=True)
class Waiting:
    """A dispatch with mails that would go out: how many, and since when they wait."""

    dispatch_id: UUID
    label: str
    queued: int
    since: datetime


@dataclass(frozen=True, slots=True)
class Standing:
    """Whether sending is held, why and since when, and what waits (of one workspace, or of all)."""

    held: bool
    why: str
    since: datetime | None
    waiting: Sequence[Waiting]

    @property
    def queued(self) -> int:
        """How many mails wait in all."""
        return sum(one.queued for one in self.waiting)


def take(session: Session) -> tuple[Valve, bool]:
    """The valve, locked until the commit, and whether it was made just now."""
    adding = insert(session, Valve).values(id=_ONLY, ledger_id=ids.new_id())
    made = session.execute(adding.on_conflict_do_nothing().returning(Valve.id)).first()
    found = select(Valve).with_for_update().execution_options(populate_existing=True)
    return session.scalars(found).one(), made is not None


def is_closed(session: Session) -> bool:
    """Whether all sending is held."""
    return session.scalar(select(Valve.closed_at)) is not None


def why_held(session: Session) -> str:
    """Why all sending is held; "" when it is not."""
    return session.scalar(select(Valve.why).where(Valve.closed_at.is_not(None))) or ""


def require_closed(session: Session) -> None:
    """Raises Conflict when nothing is held."""
    if not is_closed(session):
        raise Conflict("Sending is not held: there is nothing to let go.")


def close(valve: Valve, why: str, now: datetime) -> None:
    """Holds all sending."""
    if valve.closed_at is None:
        valve.closed_at, valve.why = now, why
        if (session := object_session(valve)) is not None:
            alarming.sending_held(session, why, now)


def go(session: Session, by: str, now: datetime) -> None:
    """Lets it send again: a person has looked. Raises Conflict when nothing is held.

    Wherever the database is now counts as its place from here on.
    """
    valve, _ = take(session)
    require_closed(session)
    valve.closed_at, valve.why = None, ""
    valve.generation += 1
    valve.opened_at, valve.opened_by = now, by
    alarming.sending_goes_on(session, now)
    remember(valve, Place())


def remember(valve: Valve, place: Place) -> None:
    """The database is here now."""
    valve.system, valve.database = place.system, place.database
    valve.timeline, valve.replicated = place.timeline, place.replicated


def ledger_of(session: Session, valve: Valve) -> Ledger:
    """What the ledger says of itself. The newest attempt must never be deleted."""
    place = Place(valve.system, valve.database, valve.timeline, valve.replicated)
    return Ledger(valve.ledger_id, valve.generation, highest(session), place)


def highest(session: Session) -> int:
    """The number of the newest attempt, 0 when there is none."""
    return session.scalar(select(func.max(Attempt.id))) or 0


def standing(session: Session, workspace_id: UUID | None = None) -> Standing:
    """Whether sending is held, and what would go out."""
    valve = session.scalar(select(Valve))
    mine = Dispatch.workspace_id == workspace_id if workspace_id is not None else true()
    rows = session.execute(
        select(Dispatch.id, Dispatch.label, func.count(), Dispatch.created_at)
        .join(Delivery, Delivery.dispatch_id == Dispatch.id)
        .where(mine, Delivery.state.in_(("queued", "claimed")), ~IS_BEGUN, Dispatch.hold == "")
        .group_by(Dispatch.id, Dispatch.label, Dispatch.created_at)
        .order_by(Dispatch.id)
    )
    held = valve is not None and valve.closed_at is not None
    return Standing(
        held,
        valve.why if valve else "",
        valve.closed_at if valve else None,
        [Waiting(*row) for row in rows],
    )


def newest(session: Session) -> datetime | None:
    """When the newest attempt that this database knows of was begun."""
    return session.scalar(select(Attempt.begun_at).order_by(Attempt.id.desc()).limit(1))
