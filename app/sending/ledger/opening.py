"""The statements that open attempts: one for all that differ in nothing but the recipient."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import (
    Insert,
    Integer,
    SelectBase,
    Text,
    Uuid,
    and_,
    bindparam,
    exists,
    insert,
    literal,
    literal_column,
    or_,
    select,
)
from sqlalchemy.orm import Session

from app.contacts.models import Contact, Suppression
from app.db import UTCDateTime
from app.rules import consent
from app.sending.ledger.dispatches import is_stream_paused
from app.sending.models import Attempt, Delivery, Dispatch
from app.sending.models.delivery import IS_BEGUN
from app.sending.models.dispatch import MESSAGE
from app.sending.models.numbers import Number
from app.statements.many import Rows, among
from app.statements.ready import Ready, written
from app.workspaces.models import Workspace

#: Relay, From, round, fallback: attempts that differ in nothing else are opened together.
Alike = tuple[UUID, str, int, bool]


def open_attempts(
    session: Session, sender_id: UUID, alike: Alike, deliveries: Sequence[int], now: datetime
) -> dict[int, int]:
    """Opens the attempts of those that may still go, and only of those: delivery -> attempt."""
    relay_id, from_email, round_, fallback = alike
    values = {
        "deliveries": deliveries,
        "relay": relay_id,
        "mine": sender_id,
        "in_round": round_,
        "sent_from": from_email,
        "now": now,
    }
    connection = session.connection()
    if connection.dialect.name == "postgresql":
        opening = _OPEN_FALLBACK_TELLING if fallback else _OPEN_TELLING
        return dict(opening.execute(connection, values).fetchall())
    cursor = (_OPEN_FALLBACK if fallback else _OPEN).execute(connection, values)
    return _opened(session, deliveries, cursor.rowcount, cursor.lastrowid)


def _opened(session: Session, deliveries: Sequence[int], count: int, newest: int) -> dict[int, int]:
    """Which attempts SQLite has just opened: ``count`` in a row, in the order of the deliveries, up
    to the ``newest``. It is asked only where some of them did not pass.
    """
    if count <= 0:
        return {}
    oldest = newest - count + 1
    everybody = sorted(set(deliveries))
    if count == len(everybody):
        return dict(zip(everybody, range(oldest, newest + 1), strict=True))
    return dict(map(tuple, _OPENED.read(session, {"deliveries": deliveries, "oldest": oldest})))


_THESE = among(Delivery.id, "deliveries")
_RELAY = bindparam("relay", type_=Uuid())
_MINE = bindparam("mine", type_=Uuid())
_NOW = bindparam("now", type_=UTCDateTime())
_IS_MESSAGE = Dispatch.kind == literal_column(f"'{MESSAGE}'")
_SUPPRESSED = exists().where(
    Suppression.workspace_id == Dispatch.workspace_id,
    Suppression.address == Delivery.address,
    or_(~_IS_MESSAGE, Suppression.stops_messages),
)
#: A campaign is for active contacts; a message also for those who are none, or said no to more.
_IS_OPEN_TO_IT = or_(
    Contact.status == "active",
    and_(
        _IS_MESSAGE,
        or_(Contact.id.is_(None), Contact.status.not_in(written(consent.CLOSED_TO_MESSAGES))),
    ),
)
_COLUMNS = {
    "delivery_id": Delivery.id,
    "relay_id": _RELAY,
    "sender_id": _MINE,
    "round": bindparam("in_round", type_=Integer()),
    "from_email": bindparam("sent_from", type_=Text()),
    "due_at": Delivery.due_at,
    "begun_at": _NOW,
    "phase": literal("", Text()),
    "text": literal("", Text()),
}
#: Everything that may have changed since the claim; begin.py says why one does not pass.
_MAY_GO = (
    select(*_COLUMNS.values())
    .join(Dispatch, Dispatch.id == Delivery.dispatch_id)
    .join(Workspace, Workspace.id == Dispatch.workspace_id)
    .outerjoin(Contact, Contact.id == Delivery.contact_id)
    .where(
        _THESE,
        Delivery.sender_id == _MINE,
        Delivery.state == "claimed",
        ~IS_BEGUN,
        Dispatch.hold == "",
        _IS_OPEN_TO_IT,
        ~_SUPPRESSED,
        ~is_stream_paused(),
    )
    .order_by(Delivery.id)
    # Nobody takes them away from this sender before the commit, see recover.py.
    .with_for_update(of=Delivery, key_share=True)
)
_MAY_HELP = _MAY_GO.where(
    Workspace.failover_enabled,
    or_(Workspace.backup_relay_id.is_(None), Workspace.backup_relay_id == _RELAY),
)


def _opening(may_go: SelectBase) -> Insert:
    return insert(Attempt).from_select(list(_COLUMNS), may_go, include_defaults=False)


_PAIR = (Attempt.delivery_id, Attempt.id)
_OPENINGS = _opening(_MAY_GO), _opening(_MAY_HELP)
_OPEN, _OPEN_FALLBACK = (Ready(one) for one in _OPENINGS)
_OPEN_TELLING, _OPEN_FALLBACK_TELLING = (Ready(one.returning(*_PAIR)) for one in _OPENINGS)
_OPENED = Rows(
    select(*_PAIR).where(
        among(Attempt.delivery_id, "deliveries"),
        Attempt.outcome.is_(None),
        Attempt.id >= bindparam("oldest", type_=Number),
    )
)
