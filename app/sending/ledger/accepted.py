"""The usual end of an attempt, written for many at once: the relay took the message."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import Connection, Integer, Text, bindparam, func, select, update
from sqlalchemy.orm import Session

from app.db import UTCDateTime
from app.rules.replies import Reply
from app.sending.many import Many, among
from app.sending.models import Attempt, Delivery
from app.sending.models.numbers import Number


class Begun(NamedTuple):
    """An open attempt of a delivery that was begun."""

    id: int
    delivery_id: int
    relay_id: UUID


def still_begun(session: Session, attempts: Sequence[int]) -> dict[int, Begun]:
    """Those of ``attempts`` whose end is not written yet."""
    if not attempts:
        return {}
    rows = session.connection().execute(_STILL_BEGUN, {"attempts": attempts})
    return {row[0]: Begun(*row) for row in rows.all()}


def write(session: Session, taken: Mapping[Begun, Reply], now: datetime) -> None:
    """Closes the attempts, each with its reply; their deliveries are sent."""
    if taken:
        connection = session.connection()
        _close(connection, taken, now)
        sent = [one.delivery_id for one in taken]
        connection.execute(_SENT, {"deliveries": sent, "now": now})


def _close(connection: Connection, taken: Mapping[Begun, Reply], now: datetime) -> None:
    """In one statement, where all say the same or the database takes columns of values."""
    ids = [one.id for one in taken]
    codes = [reply.code for reply in taken.values()]
    texts = [reply.text[:500] for reply in taken.values()]
    if len(set(codes)) == len(set(texts)) == 1:
        values = {"attempts": ids, "now": now, "said": codes[0], "words": texts[0]}
        connection.execute(_CLOSE, values)
    elif connection.dialect.name == "postgresql":
        columns = {"ids": ids, "codes": codes, "texts": texts}
        connection.execute(_CLOSE_EACH, columns | {"now": now})
    else:
        rows = zip(ids, codes, texts, strict=True)
        connection.execute(
            _CLOSE_ONE,
            [{"attempt": key, "said": code, "words": text, "now": now} for key, code, text in rows],
        )


_NOW = bindparam("now", type_=UTCDateTime())
_CLOSED = {"outcome": "accepted", "finished_at": _NOW, "phase": "final_dot"}
_SAID: dict[str, Any] = {"code": bindparam("said"), "text": bindparam("words")}
_STILL_BEGUN = (
    select(Attempt.id, Attempt.delivery_id, Attempt.relay_id)
    .join(Delivery, Delivery.id == Attempt.delivery_id)
    .where(among(Attempt.id, "attempts"), Attempt.outcome.is_(None), Delivery.state == "begun")
)
_CLOSE = update(Attempt).where(among(Attempt.id, "attempts")).values(_CLOSED | _SAID)
_CLOSE_ONE = update(Attempt).where(Attempt.id == bindparam("attempt")).values(_CLOSED | _SAID)
_EACH = (
    func.unnest(
        bindparam("ids", type_=Many(Number)),
        bindparam("codes", type_=Many(Integer())),
        bindparam("texts", type_=Many(Text())),
    )
    .table_valued("id", "code", "text")
    .render_derived()
)
_CLOSE_EACH = (
    update(Attempt)
    .where(Attempt.id == _EACH.c.id)
    .values(_CLOSED | {"code": _EACH.c.code, "text": _EACH.c.text})
)
_SENT = (
    update(Delivery)
    .where(among(Delivery.id, "deliveries"))
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
