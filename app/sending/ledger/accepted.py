"""The usual end of an attempt, written for many at once: the relay took the message."""

import json
from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import Connection, Integer, Text, bindparam, func, select, update
from sqlalchemy.orm import Session

from app.db import UTCDateTime
from app.rules.replies.meaning import Reply
from app.sending.models import Attempt, Delivery
from app.sending.models.numbers import Number
from app.statements.many import Many, Rows, among
from app.statements.ready import Ready


class Begun(NamedTuple):
    """An open attempt of a delivery that was begun."""

    id: int
    delivery_id: int
    relay_id: UUID


def still_begun(session: Session, attempts: Sequence[int]) -> dict[int, Begun]:
    """Those of ``attempts`` whose end is not written yet."""
    if not attempts:
        return {}
    rows = _STILL_BEGUN.read(session, {"attempts": attempts})
    return {row[0]: Begun(*row) for row in rows}


def write(session: Session, taken: Sequence[tuple[Begun, Reply]], now: datetime) -> None:
    """Closes the attempts, each with its reply; their deliveries are sent."""
    if taken:
        connection = session.connection()
        _close(connection, taken, now)
        sent = [one.delivery_id for one, _ in taken]
        _SENT.execute(connection, {"deliveries": sent, "now": now})


def _close(connection: Connection, taken: Sequence[tuple[Begun, Reply]], now: datetime) -> None:
    """In one statement: what they say travels as columns of values."""
    ids = [one.id for one, _ in taken]
    codes = [reply.code for _, reply in taken]
    texts = [reply.text[:500] for _, reply in taken]
    if connection.dialect.name == "postgresql":
        columns = {"ids": ids, "codes": codes, "texts": texts}
        _CLOSE.execute(connection, columns | {"now": now})
    else:
        rows = json.dumps(list(zip(ids, codes, texts, strict=True)))
        _CLOSE_ON_SQLITE.execute(connection, {"rows": rows, "now": now})


_NOW = bindparam("now", type_=UTCDateTime())
_CLOSED = {"outcome": "accepted", "finished_at": _NOW, "phase": "final_dot"}
_STILL_BEGUN = Rows(
    select(Attempt.id, Attempt.delivery_id, Attempt.relay_id)
    .join(Delivery, Delivery.id == Attempt.delivery_id)
    .where(among(Attempt.id, "attempts"), Attempt.outcome.is_(None), Delivery.state == "claimed")
)
_SAID = (
    func.unnest(
        bindparam("ids", type_=Many(Number)),
        bindparam("codes", type_=Many(Integer())),
        bindparam("texts", type_=Many(Text())),
    )
    .table_valued("id", "code", "text")
    .render_derived()
)
_CLOSE = Ready(
    update(Attempt)
    .where(Attempt.id == _SAID.c.id)
    .values(_CLOSED | {"code": _SAID.c.code, "text": _SAID.c.text})
)
_ROW = func.json_each(bindparam("rows", type_=Text())).table_valued("value").c.value
_CLOSE_ON_SQLITE = Ready(
    update(Attempt)
    .where(Attempt.id == _ROW.op("->>")(0))
    .values(_CLOSED | {"code": _ROW.op("->>")(1), "text": _ROW.op("->>")(2)})
)
_SENT = Ready(
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
