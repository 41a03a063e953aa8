"""Very many contacts, made by the database itself: a million of them in seconds."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CTE, ColumnElement, Text, Uuid, cast, func, insert, literal, select
from sqlalchemy.orm import Session

from app.contacts.models import CONTACT_FIELDS, Contact
from app.db import Json, UTCDateTime
from bench import letters


def add(session: Session, workspace_id: UUID, count: int, now: datetime) -> None:
    """``count`` active contacts, as letters.person() makes them."""
    columns = _columns(session, workspace_id, count, now)
    rows = select(*columns.values())
    session.execute(insert(Contact).from_select(list(columns), rows, include_defaults=False))


def _columns(
    session: Session, workspace_id: UUID, count: int, now: datetime
) -> dict[str, ColumnElement[Any]]:
    number = _numbers(count).c.number
    word = cast(number, Text())
    email = "person" + word + "@people.example.com"
    alike: dict[str, str] = dict.fromkeys(CONTACT_FIELDS, "") | letters.person(0)
    return {name: literal(value, Text()) for name, value in alike.items()} | {
        "id": _id(session, number),
        "workspace_id": literal(workspace_id, Uuid()),
        "email": email,
        "address": email,
        "status": literal("active", Text()),
        "source": literal("manual", Text()),
        "first_name": "Ada " + word,
        "fields": literal({}, Json),
        "edited": literal([], Json),
        "created_at": literal(now, UTCDateTime()),
        "updated_at": literal(now, UTCDateTime()),
    }


def _numbers(count: int) -> CTE:
    numbers = select(literal(0).label("number")).cte("numbers", recursive=True)
    following = select(numbers.c.number + 1).where(numbers.c.number < count - 1)
    return numbers.union_all(following)


def _id(session: Session, number: ColumnElement[int]) -> ColumnElement[Any]:
    if session.get_bind().dialect.name == "sqlite":
        return func.printf("%032x", number)
    return cast(func.lpad(func.to_hex(number), 32, "0"), Uuid())
