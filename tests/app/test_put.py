"""Rows of which some may be there already are written alike by both databases."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, timezone
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from app import ids
from app.contacts import proofs
from app.contacts.models import Contact, Tag
from app.contacts.proofs import Proof
from app.db import Database
from app.statements.put import Put
from tests.app.conftest import Client

AT = datetime(2026, 11, 22, 4, 5, 6, 789, UTC)
ODD = "\u00c4 'quoted' \"twice\" \\ \t \u65e5\u672c\nline %s \U0001f642"
NAMES = ("id", "workspace_id", "name", "description", "color", "created_at")
LEAVE = Put(Tag, NAMES)
OVER = Put(Tag, NAMES, key=("workspace_id", "name"), changes=("description", "created_at"))


@pytest.fixture
def session(owner: Client, database: Database) -> Iterator[Session]:
    with database.transaction() as made:
        yield made


def tag(owner: Client, name: str, about: str = "", at: datetime = AT) -> tuple[Any, ...]:
    return (ids.new_id(), owner.workspace_id, name, about, "", at)


def told(session: Session) -> dict[str, tuple[str, datetime]]:
    session.expire_all()
    found = session.scalars(select(Tag))
    return {one.name: (one.description, one.created_at) for one in found}


def test_rows_come_as_they_are(session: Session, owner: Client) -> None:
    elsewhere = AT.astimezone(timezone(timedelta(hours=5)))
    LEAVE.rows(session, [tag(owner, ODD, ODD), tag(owner, "other", at=elsewhere)])
    LEAVE.rows(session, [])
    assert told(session) == {ODD: (ODD, AT), "other": ("", AT)}


def test_what_is_there_stays(session: Session, owner: Client) -> None:
    LEAVE.rows(session, [tag(owner, "one", "first"), tag(owner, "one", "in the same go")])
    LEAVE.rows(session, [tag(owner, "one", "later"), tag(owner, "two", "new")])
    assert told(session) == {"one": ("first", AT), "two": ("new", AT)}


def test_what_is_there_is_written_over(session: Session, owner: Client) -> None:
    later = AT + timedelta(days=1)
    OVER.rows(session, [tag(owner, "one", "first")])
    before = session.scalars(select(Tag.id)).one()
    OVER.rows(session, [tag(owner, "one", "later", later), tag(owner, "two")])
    assert told(session) == {"one": ("later", later), "two": ("", AT)}
    assert before in set(session.scalars(select(Tag.id)))


def test_a_time_without_a_zone_is_refused(session: Session, owner: Client) -> None:
    with pytest.raises(ValueError, match="zone"):
        LEAVE.rows(session, [tag(owner, "one", at=AT.replace(tzinfo=None))])


def test_a_proof_is_kept_once(session: Session, owner: Client) -> None:
    who = owner.workspace_id
    person = Contact(
        workspace_id=who, email="a@x.com", address="a@x.com", created_at=AT, updated_at=AT
    )
    session.add(person)
    session.flush()
    form = {"row": "7", "form": "2", "field": "gdpr", "text": ODD, "value": "on", "said_at": AT}
    one = Proof(person.id, True, "checkbox", UUID(int=1), "forms", "https://x", **form)  # type: ignore[arg-type]
    named = Proof(
        person.id, True, "checkbox", UUID(int=1), "forms", "https://x", form_title="A", **form
    )  # type: ignore[arg-type]
    proofs.record(session, who, [one, one, named], AT)
    proofs.record(session, who, [named, Proof(person.id, False, "status")], AT)
    found = proofs.listed(session, who, person.id, number=1, per_page=9).items
    assert sorted((kept.way, kept.is_yes, kept.value, kept.said_at) for kept in found) == [
        ("checkbox", True, "on", AT),
        ("status", False, "", None),
    ]


def test_proofs_of_yesterday_are_known_today() -> None:
    """What proves to be kept already is known by these very characters."""
    proof = Proof(UUID(int=5), True, "field", None, "s", "h", "1", "f", "t", "k", "x", "v", AT)
    assert proofs._digest(proof) == "477c48fc9730fdffc79fdf28c74753e5"
