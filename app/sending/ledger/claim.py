"""Takes queued deliveries for one sender, and gives them back."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import (
    ColumnElement,
    Integer,
    and_,
    bindparam,
    literal_column,
    or_,
    select,
    update,
)
from sqlalchemy.orm import Session

from app.sending.models import Attempt, Delivery
from app.sending.models.delivery import IS_BEGUN
from app.statements.many import Rows, among
from app.statements.ready import Ready

#: Outcomes after which a relay is not asked again in the same round; "blocked" is one where the
#: mail may move to another relay, and then no relay is set that it must stay on.
_TURNED_AWAY = or_(
    Attempt.outcome.in_(("refused", "unauthorized")),
    and_(Attempt.outcome == "blocked", Delivery.relay_id.is_(None)),
)


class Claimed(NamedTuple):
    """A delivery in one sender's hand. ``tried``: relay -> outcome, of those that turned it
    away in this round; ``stay``: the relay it must stay on.
    """

    id: int
    contact_id: UUID
    email: str
    address: str
    tries: int
    round: int
    stay: UUID | None
    tried: dict[UUID, str]


def claim(
    session: Session,
    sender_id: UUID,
    dispatch_id: UUID,
    *,
    fresh: int,
    tried: int,
    share: UUID | None = None,
    now: datetime,
) -> list[Claimed]:
    """Up to ``fresh`` due deliveries never tried before and ``tried`` others, oldest due first;
    with ``share`` only those that are this relay's turn.
    """
    whose = {"mine": sender_id, "dispatch": dispatch_id, "share": share, "now": now}
    again, never = (_OF_SHARE_AGAIN, _OF_SHARE) if share is not None else (_AGAIN, _NEVER)
    rows = _take(session, again, whose, tried) + _take(session, never, whose, fresh)
    claimed = sorted(Claimed(*(*row, {})) for row in rows)
    away = turned_away(session, [one.id for one in claimed if one.tries])
    if not away:
        return claimed
    return [one._replace(tried=away.get((one.id, one.round), {})) for one in claimed]


def _take(session: Session, due: Rows, whose: dict[str, Any], most: int) -> list[Sequence[Any]]:
    """Marks rows as claimed; gives back what Claimed begins with, in its order."""
    if most <= 0:
        return []
    rows = list(due.read(session, whose | {"most": most}))
    if rows:
        mine = {"deliveries": [row[0] for row in rows], "mine": whose["mine"]}
        _MARK.run(session, mine)
    return rows


def _due(*which: ColumnElement[bool]) -> Rows:
    """Made once: making a statement costs as much as running it."""
    return Rows(
        select(
            Delivery.id,
            Delivery.contact_id,
            Delivery.email,
            Delivery.address,
            Delivery.tries,
            Delivery.round,
            Delivery.relay_id,
        )
        .where(
            Delivery.dispatch_id == bindparam("dispatch"),
            Delivery.state == literal_column("'queued'"),
            Delivery.due_at <= bindparam("now"),
            *which,
        )
        .order_by(Delivery.due_at, Delivery.id)
        .limit(bindparam("most", type_=Integer()))
        .with_for_update(skip_locked=True)
    )


_MARK = Ready(
    update(Delivery)
    .where(among(Delivery.id, "deliveries"))
    .values(state="claimed", sender_id=bindparam("mine"))
)
# Numbers and states are written out, not bound: only so can a database see that a partial
# index holds these rows.
_TRIED = Delivery.tries > literal_column("0")
_UNTRIED = Delivery.tries == literal_column("0")
_SHARE = Delivery.primary_id == bindparam("share")
_AGAIN, _NEVER = _due(_TRIED), _due(_UNTRIED)
_OF_SHARE_AGAIN, _OF_SHARE = _due(_TRIED, _SHARE), _due(_UNTRIED, _SHARE)


def release(
    session: Session,
    sender_id: UUID,
    deliveries: Iterable[int],
    *,
    due_at: datetime,
    reason: str = "",
    next_round: bool = False,
) -> None:
    """Gives claimed deliveries back: due at ``due_at``, in their next round when that is said."""
    values: dict[str, object] = {"state": "queued", "sender_id": None, "due_at": due_at}
    if next_round:
        values |= {"round": Delivery.round + 1, "relay_id": None}
    if reason:
        values["reason"] = reason
    _claimed(session, sender_id, deliveries, values)


def postpone(
    session: Session, sender_id: UUID, turns: Sequence[tuple[int, datetime]], reason: str
) -> None:
    """Gives claimed deliveries back, each with a turn of its own."""
    statement = (
        update(Delivery)
        .where(
            Delivery.id == bindparam("which"),
            Delivery.sender_id == sender_id,
            Delivery.state == "claimed",
            ~IS_BEGUN,
        )
        .values(state="queued", sender_id=None, due_at=bindparam("turn"), reason=reason)
    )
    given = [{"which": delivery, "turn": turn} for delivery, turn in turns]
    session.connection().execute(statement, given)


def settle(
    session: Session,
    sender_id: UUID,
    deliveries: Iterable[int],
    *,
    state: str,
    reason: str,
    now: datetime,
) -> None:
    """Ends claimed deliveries without an attempt: ``state`` is rejected, failed, ..."""
    values: dict[str, object] = {
        "state": state,
        "sender_id": None,
        "finished_at": now,
        "reason": reason,
    }
    _claimed(session, sender_id, deliveries, values)


def _claimed(
    session: Session, sender_id: UUID, deliveries: Iterable[int], values: dict[str, object]
) -> None:
    session.execute(
        update(Delivery)
        .where(
            Delivery.id.in_(list(deliveries)),
            Delivery.sender_id == sender_id,
            Delivery.state == "claimed",
            ~IS_BEGUN,
        )
        .values(**values)
        .execution_options(synchronize_session=False)
    )


def turned_away(
    session: Session, deliveries: Sequence[int]
) -> dict[tuple[int, int], dict[UUID, str]]:
    """(Delivery, round) -> the relays that turned it away then, and how."""
    found: defaultdict[tuple[int, int], dict[UUID, str]] = defaultdict(dict)
    if deliveries:
        rows = session.execute(
            select(Attempt.delivery_id, Attempt.round, Attempt.relay_id, Attempt.outcome)
            .join(Delivery, Delivery.id == Attempt.delivery_id)
            .where(Attempt.delivery_id.in_(deliveries), _TURNED_AWAY)
        )
        for delivery, round_, relay, outcome in rows:
            found[delivery, round_][relay] = outcome or ""
    return found
