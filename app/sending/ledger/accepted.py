"""The usual end of an attempt, written for many at once: the relay took the message."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import BigInteger, Integer, Text, bindparam, func, select, update
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Session

from app.db import UTCDateTime
from app.rules.replies import Reply
from app.sending.models import Attempt, Delivery

#: So many different answers get a statement each; more are written row by row.
_FEW = 4


@dataclass(frozen=True, slots=True)
class Begun:
    """An open attempt of a delivery that was begun."""

    id: int
    delivery_id: int
    relay_id: UUID


def still_begun(session: Session, attempts: Sequence[int]) -> dict[int, Begun]:
    """Those of ``attempts`` whose end is not written yet."""
    if not attempts:
        return {}
    rows = session.execute(_STILL_BEGUN, {"attempts": attempts})
    return {row.id: Begun(*row) for row in rows}


def write(session: Session, taken: Sequence[tuple[Begun, Reply]], now: datetime) -> None:
    """Closes the attempts, each with its reply; their deliveries are sent."""
    if not taken:
        return
    answers: defaultdict[Reply, list[int]] = defaultdict(list)
    for one, reply in taken:
        answers[reply].append(one.id)
    if len(answers) <= _FEW:
        for reply, attempts in answers.items():
            values: dict[str, object] = {"said": reply.code, "words": reply.text[:500]}
            _close(session, attempts, values, now)
    else:
        _close(session, [one.id for one, _ in taken], {}, now)
        _write_words(session, taken)
    _sent(session, [one.delivery_id for one, _ in taken], now)


def _close(
    session: Session, attempts: Sequence[int], values: dict[str, object], now: datetime
) -> None:
    given = {"attempts": attempts, "now": now, "said": None, "words": ""} | values
    session.connection().execute(_CLOSE, given)


def _write_words(session: Session, taken: Sequence[tuple[Begun, Reply]]) -> None:
    """What each server said, in one statement where the database takes columns of values."""
    ids = [one.id for one, _ in taken]
    codes = [reply.code for _, reply in taken]
    texts = [reply.text[:500] for _, reply in taken]
    connection = session.connection()
    if connection.dialect.name == "postgresql":
        connection.execute(_ALL_WORDS, {"ids": ids, "codes": codes, "texts": texts})
    else:
        rows = zip(ids, codes, texts, strict=True)
        connection.execute(
            _WORDS, [{"which": id_, "said": code, "words": text} for id_, code, text in rows]
        )


def _sent(session: Session, deliveries: Sequence[int], now: datetime) -> None:
    session.connection().execute(_SENT, {"deliveries": deliveries, "now": now})


# Made once, with the values bound: making a statement of hundreds of values costs more than
# running it.
_THESE = Attempt.id.in_(bindparam("attempts", expanding=True))
_NOW = bindparam("now", type_=UTCDateTime())
_STILL_BEGUN = (
    select(Attempt.id, Attempt.delivery_id, Attempt.relay_id)
    .join(Delivery, Delivery.id == Attempt.delivery_id)
    .where(_THESE, Attempt.outcome.is_(None), Delivery.state == "begun")
)
_CLOSE = (
    update(Attempt)
    .where(_THESE)
    .values(
        outcome="accepted",
        finished_at=_NOW,
        phase="final_dot",
        code=bindparam("said"),
        text=bindparam("words"),
    )
)
_SENT = (
    update(Delivery)
    .where(Delivery.id.in_(bindparam("deliveries", expanding=True)))
    .values(
        state="sent",
        sender_id=None,
        tries=Delivery.tries + 1,
        due_at=_NOW,
        relay_id=None,
        reason="",
        finished_at=_NOW,
    )
)
_WORDS = (
    update(Attempt)
    .where(Attempt.id == bindparam("which"))
    .values(code=bindparam("said"), text=bindparam("words"))
)
_GIVEN = (
    func.unnest(
        bindparam("ids", type_=ARRAY(BigInteger)),
        bindparam("codes", type_=ARRAY(Integer)),
        bindparam("texts", type_=ARRAY(Text)),
    )
    .table_valued("id", "code", "text")
    .render_derived()
)
_ALL_WORDS = (
    update(Attempt).where(Attempt.id == _GIVEN.c.id).values(code=_GIVEN.c.code, text=_GIVEN.c.text)
)
