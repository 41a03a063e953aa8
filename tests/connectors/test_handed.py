"""Rows that programs hand in: found by path, read without being told more than needed."""

from typing import Any

import pytest

from connectors import Incoming
from connectors.reading import handed
from connectors.reading.handed import NoRows, Paths
from connectors.reading.walk import Noticed

AT = "2026-11-22T12:00:00Z"


def read(row: dict[str, Any], **paths: str) -> tuple[Incoming, dict[str, str]]:
    """A row, and where each of its fields goes by itself."""
    noticed = Noticed()
    found = handed.incoming(row, Paths(**paths), noticed, "post:0", AT)
    return found, {field.key: field.target for field in noticed.fresh()}


def test_a_flat_row_needs_no_paths() -> None:
    row, targets = read({"first_name": "Anna", "E-Mail": " a@x.com ", "age": 40, "ok": True})
    assert (row.source_id, row.email, row.said_at) == ("post:0", "a@x.com", AT)
    assert row.fields == {"first_name": "Anna", "E-Mail": "a@x.com", "age": "40"}
    assert targets == {"first_name": "first_name", "E-Mail": "", "age": ""}


def test_a_deep_row_is_read_by_paths() -> None:
    row, targets = read(
        {
            "id": 7,
            "contact": {"mails": ["a@x.com", "b@x.com"], "billing": {"city": "Köln"}},
            "shipping": {"city": "Bonn"},
            "groups": ["One", " Two ", "", 3],
            "labels": "red, green",
        },
        email="contact.mails.1",
        id="id",
        lists="groups",
        tags="labels",
    )
    assert (row.source_id, row.email, row.said_at) == ("own:7", "b@x.com", "")
    assert row.lists == {"One", "Two", "3"}
    assert row.tags == {"red", "green"}
    assert row.fields["contact.billing.city"] == "Köln"
    # the first of a name goes there by itself, breadth first
    assert targets["shipping.city"] == "city"
    assert targets["contact.billing.city"] == ""


def test_the_address_is_found_by_name_then_by_value() -> None:
    assert read({"note": "c@x.com", "your_email": "a@x.com"})[0].email == "a@x.com"
    assert read({"note": "c@x.com", "name": "Anna"})[0].email == "c@x.com"
    assert read({"name": "Anna"})[0].email == ""
    assert read({"email": "a@x.com"}, email="nothing.there")[0].email == ""


def test_names_in_other_languages() -> None:
    _, targets = read({"Vorname": "A", "nachname": "B", "Telefon": "1"})
    assert targets == {"Vorname": "first_name", "nachname": "last_name", "Telefon": "phone"}


def test_what_is_too_deep_or_too_much_is_left_out() -> None:
    deep: dict[str, Any] = {"email": "a@x.com"}
    for _ in range(50):
        deep = {"email": "a@x.com", "in": deep}
    assert len(read(deep)[0].fields) == 8
    assert len(read({f"k{number}": "v" for number in range(5000)})[0].fields) == 200


@pytest.mark.parametrize(
    ("body", "path", "count"),
    [
        ({"email": "a@x.com"}, "", 1),
        ([{"email": "a@x.com"}, {"email": "b@x.com"}], "", 2),
        ({"data": {"rows": [{"a": 1}]}}, "data.rows", 1),
        ({"data": {"row": {"a": 1}}}, "data.row", 1),
    ],
)
def test_where_the_rows_are(body: Any, path: str, count: int) -> None:
    assert len(handed.rows_in(body, Paths(rows=path), 100)) == count


@pytest.mark.parametrize(
    ("body", "path"),
    [
        ("text", ""),
        (None, ""),
        (5, ""),
        ([], ""),
        ([{"a": 1}, "b"], ""),
        ([{}] * 101, ""),
        ({"a": 1}, "rows"),
        ({"a": [1]}, "a.0"),
        ({"a": [1]}, "a.9"),
    ],
)
def test_where_none_are(body: Any, path: str) -> None:
    with pytest.raises(NoRows):
        handed.rows_in(body, Paths(rows=path), 100)
