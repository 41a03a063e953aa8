"""A person in a submission: her address, her name, and whether she consented."""

from typing import Any

import pytest

from connectors import Incoming, Pull
from connectors.reading.forms import FIELDS, LONG_AGO, Said, Submission, address_in, incoming
from connectors.reading.walk import Noticed


def row(
    *said: Said, at: str = "2026-01-01T00:00:00Z", out: bool = False, **options: Any
) -> Incoming:
    sent = Submission(7, "3", "Contact", at, said, out)
    return incoming(sent, Pull(options=options), Noticed(FIELDS))


@pytest.mark.parametrize(
    ("said", "address"),
    [
        ([Said("a", "A", "x@example.com", "email")], "x@example.com"),
        (
            [Said("a", "A", "", "email"), Said("b", "B", " y@example.com ", "email")],
            "y@example.com",
        ),
        (
            [Said("a", "A", "broken@", "email"), Said("b", "B", "y@example.com", "email")],
            "y@example.com",
        ),
        ([Said("a", "A", "broken@", "email"), Said("b", "B", "y@example.com")], "broken@"),
        ([Said("a", "A", "Anna"), Said("b", "B", "y@example.com")], "y@example.com"),
        ([Said("a", "A", "write to y@example.com, please")], ""),
        ([Said("a", "A", ["y@example.com"])], ""),
        ([], ""),
    ],
)
def test_the_address_by_type_then_by_value(said: list[Said], address: str) -> None:
    assert address_in(said) == address


@pytest.mark.parametrize(
    ("one", "fields"),
    [
        (Said("names", "Name", {"first_name": "A", "last_name": "B"}, "name"), ("A", "B")),
        (Said("names", "Name", {"first_name": "A", "last_name": "B"}), ("A", "B")),
        (Said("your-name", "your-name", "Anna van der Berg"), ("Anna", "van der Berg")),
        (Said("0", "Name", "Anna", "name"), ("Anna", "")),
        (Said("x", "Ihr vollständiger Name", "Anna Berg"), ("Anna", "Berg")),
        (Said("vorname", "Vorname", "Anna"), ("Anna", "")),
        (Said("x", "Prénom", "Chloé"), ("Chloé", "")),
        (Said("nachname", "x", "Berg"), ("", "Berg")),
        (Said("x", "Name of your pet", "Rex"), ("", "")),
        (Said("x", "Comment", "My first idea"), ("", "")),
    ],
)
def test_names(one: Said, fields: tuple[str, str]) -> None:
    found = row(one).fields
    assert (found.get("first_name", ""), found.get("last_name", "")) == fields


CONSENT = Said("gdpr", "I agree", "on", "consent")
NO_CONSENT = Said("gdpr", "I agree", "", "consent")


@pytest.mark.parametrize(
    ("said", "options", "skip", "consent"),
    [
        ([CONSENT], {}, "", "I agree"),
        ([NO_CONSENT], {}, "no_consent", None),
        ([NO_CONSENT, CONSENT], {}, "", "I agree"),
        ([NO_CONSENT], {"require_consent": False}, "", None),
        ([], {}, "", None),
    ],
)
def test_consent(said: list[Said], options: dict[str, Any], skip: str, consent: str | None) -> None:
    found = row(*said, **options)
    assert (found.skip, found.fields.get("consent")) == (skip, consent)


def test_spam_is_left_out_for_being_spam() -> None:
    assert row(NO_CONSENT, out=True).skip == "trashed_or_spam"


def test_every_other_field_can_be_mapped() -> None:
    noticed = Noticed(FIELDS)
    said = [Said("size", "Shoe size", "40"), Said("mail", "Mail", "a@example.com", "email")]
    found = incoming(Submission(7, "3", "Contact", "", said), Pull(), noticed)
    assert found.fields["3.size"] == "40"
    assert [(field.key, field.label) for field in noticed.fresh()] == [
        ("3.size", "Contact: Shoe size"),
        ("3.mail", "Contact: Mail"),
    ]
    assert noticed.fresh() == ()
    assert [(form.key, form.title) for form in noticed.fresh_forms()] == [("3", "Contact")]
    assert noticed.fresh_forms() == ()
    assert found.said_at == LONG_AGO
    assert incoming(
        Submission(7, "3", "Contact", "", said), Pull(options={"tag_forms": True}), noticed
    ).tags == {"Contact"}
