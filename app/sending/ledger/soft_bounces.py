"""Soft bounces add up: an address to which nothing gets through is not written to any more."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, delete, func, select
from sqlalchemy.orm import Session

from app.contacts.suppression import suppress
from app.db import insert
from app.rules.replies import soft_bounces
from app.sending.models import Delivery, SoftBounce
from app.sending.models.delivery import NOBODY
from app.sending.models.dispatch import MESSAGE


@dataclass(frozen=True, slots=True)
class CameBack:
    """A mail that came back softly. ``kind``: of soft bounce; ``of``: the kind of its dispatch."""

    workspace_id: UUID
    delivery_id: int
    contact_id: UUID
    address: str
    of: str
    kind: str
    words: str


def count(session: Session, one: CameBack, now: datetime) -> None:
    """Counts it, each mail once, and suppresses the address when that is enough.

    What was delivered in between takes everything before it back: it is looked up here, so that
    the usual mail, which is delivered, costs nothing. Only contacts are counted: who is none gets
    messages that somebody waits for, and no campaigns. Two that are told in the same moment may
    miss each other; then it is the next one that suppresses.
    """
    if one.contact_id == NOBODY or (one.of == MESSAGE and _is_counted(session, one, now)):
        return
    row = insert(session, SoftBounce).values(
        delivery_id=one.delivery_id,
        workspace_id=one.workspace_id,
        address=one.address,
        kind=one.kind,
        heard_at=now,
    )
    session.execute(row.on_conflict_do_nothing())
    kinds = _in_a_row(session, one)
    if soft_bounces.is_enough(kinds):
        words = f"came back {len(kinds)} times in a row, the last time: {one.words}"
        suppress(session, one.workspace_id, [one.address], "bounced", words, now)
        # A person who writes to her again begins anew.
        session.execute(delete(SoftBounce).where(*_of_address(one)))


def forget(session: Session, deliveries: Collection[int]) -> None:
    """These turned out not to be true."""
    session.execute(delete(SoftBounce).where(SoftBounce.delivery_id.in_(deliveries)))


def _is_counted(session: Session, one: CameBack, now: datetime) -> bool:
    lately = SoftBounce.heard_at > now - soft_bounces.APART
    return session.scalar(select(func.count()).where(*_of_address(one), lately)) != 0


def _in_a_row(session: Session, one: CameBack) -> list[str]:
    """The kinds of those after the last mail that got through."""
    through = session.scalar(
        select(func.max(Delivery.id)).where(
            Delivery.contact_id == one.contact_id, Delivery.state == "sent"
        )
    )
    rows = select(SoftBounce.kind).where(*_of_address(one), SoftBounce.delivery_id > (through or 0))
    return list(session.scalars(rows))


def _of_address(one: CameBack) -> tuple[ColumnElement[bool], ...]:
    return SoftBounce.workspace_id == one.workspace_id, SoftBounce.address == one.address
