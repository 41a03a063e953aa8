"""Which value goes where, and who is left out and why."""

from typing import Any

import pytest

from app.rules import email_address
from connectors import Incoming, SourceField
from sync import mapping
from sync.mapping import Skipped, Wanted

FIELDS = (
    SourceField("first", "First name", "first_name"),
    SourceField("site", "Website"),
    SourceField("role", "Role"),
)
KNOWN = {"first_name", "last_name", "fields.role"}


def address_of(email: str) -> str | None:
    parsed = email_address.parse(email)
    return parsed.address if parsed else None


def wanted(email: str = "a@example.com", fields: Any = None, **more: Any) -> Wanted | Skipped:
    row = Incoming("7", email, fields or {}, **more)
    return mapping.wanted(row, {"first": "first_name", "role": "fields.role"}, address_of)


@pytest.mark.parametrize(
    ("chosen", "found"),
    [
        ({}, {"first": "first_name"}),
        ({"first": "last_name"}, {"first": "last_name"}),
        ({"first": ""}, {}),
        ({"role": "fields.role"}, {"first": "first_name", "role": "fields.role"}),
        ({"role": "fields.gone"}, {"first": "first_name"}),
        ({"unknown": "last_name"}, {"first": "first_name"}),
        ({"first": "email"}, {}),
        ({"first": "status"}, {}),
    ],
)
def test_targets(chosen: dict[str, str], found: dict[str, str]) -> None:
    assert mapping.targets(FIELDS, chosen, KNOWN) == found


@pytest.mark.parametrize(
    ("email", "address"),
    [
        ("a@example.com", "a@example.com"),
        ("  PERSON@EXAMPLE.COM ", "person@example.com"),
        ("a+b@example.com", "a+b@example.com"),
        ("jörg@bücher.example", "jörg@xn--bcher-kva.example"),
        ("Jo\u0308rg@example.com", "jörg@example.com"),
    ],
)
def test_addresses(email: str, address: str) -> None:
    found = wanted(email)
    assert isinstance(found, Wanted)
    assert found.address == address


@pytest.mark.parametrize(
    ("email", "reason"),
    [
        ("", "no_email"),
        ("   ", "no_email"),
        ("nobody", "invalid_email"),
        ("a@b", "invalid_email"),
        ("a@example.com\nBcc: x@example.com", "invalid_email"),
        ("a\x00@example.com", "invalid_email"),
        ("a\ud800@example.com", "invalid_email"),
        ("a@example.com, b@example.com", "invalid_email"),
        ("x" * 100_000 + "@example.com", "invalid_email"),
    ],
)
def test_who_is_left_out(email: str, reason: str) -> None:
    assert wanted(email) == Skipped("7", reason)


def test_a_source_may_leave_rows_out_itself() -> None:
    assert wanted(skip="trashed_or_spam") == Skipped("7", "trashed_or_spam")


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("Anna", "Anna"),
        ("  Anna ", "Anna"),
        ("Jo\u0308rg", "Jörg"),
        ("A\x00B\r\nC", "A B  C"),
        ("broken \ud83d pair", "broken   pair"),
        ("👩‍👩‍👧", "👩‍👩‍👧"),
        ("محمد", "محمد"),
        ("x" * 100_000, "x" * mapping.LONGEST),
    ],
)
def test_values_can_be_stored(text: str, kept: str) -> None:
    assert mapping.storable(text) == kept
    kept.encode()


def test_empty_values_are_not_wanted() -> None:
    found = wanted(fields={"first": "  ", "role": "customer"})
    assert isinstance(found, Wanted)
    assert found.fields == {"fields.role": "customer"}
