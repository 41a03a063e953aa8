"""Values as fields want them, in one form each; what is none of its kind says why."""

from typing import Any

import pytest

from connectors import Incoming
from sync import mapping
from sync.coerce import KINDS, BadValue, coerced
from sync.mapping import Fault, Wanted


@pytest.mark.parametrize(
    ("kind", "text", "value"),
    [
        ("text", " as it is ", "as it is"),
        ("number", "12", "12"),
        ("number", "+12.50", "12.5"),
        ("number", "-0012,5", "-12.5"),
        ("number", "-0", "0"),
        ("number", "0.00", "0"),
        ("number", "1.234", "1.234"),
        ("number", "1.234,50", "1234.5"),
        ("number", "1,234.50", "1234.5"),
        ("number", "1 234", "1234"),
        ("number", "10.0000000", "10"),
        ("date", "2026-11-22", "2026-11-22"),
        ("date", "2026-1-2 10:00:00", "2026-01-02"),
        ("date", "22.11.2026", "2026-11-22"),
        ("date", "22/11/2026", "2026-11-22"),
        ("date", "11/22/2026", "2026-11-22"),
        ("date", "5/5/2026", "2026-05-05"),
        ("instant", "2026-11-22T12:00:00+01:00", "2026-11-22T11:00:00Z"),
        ("instant", "2026-11-22T12:00:00Z", "2026-11-22T12:00:00Z"),
        ("boolean", "Yes", "true"),
        ("boolean", "on", "true"),
        ("boolean", "0", "false"),
        ("boolean", "Nein", "false"),
    ],
)
def test_one_form(kind: str, text: str, value: str) -> None:
    assert coerced(kind, text) == value
    assert coerced(kind, value) == value


@pytest.mark.parametrize(
    ("kind", "text", "why"),
    [
        ("number", "1,234", "thousands"),
        ("number", "twelve", "not a number"),
        ("number", "1e5", "not a number"),
        ("number", "NaN", "not a number"),
        ("number", "9" * 400, "not a number"),
        ("date", "0000-00-00", "does not exist"),
        ("date", "31.02.2026", "does not exist"),
        ("date", "1/2/2026", "month first"),
        ("date", "soon", "not a date"),
        ("instant", "2026-11-22 12:00:00", "time zone"),
        ("instant", "0001-01-01T00:00:00+14:00", "out of range"),
        ("instant", "soon", "not a time"),
        ("boolean", "perhaps", "neither"),
    ],
)
def test_what_is_none_of_its_kind(kind: str, text: str, why: str) -> None:
    with pytest.raises(BadValue, match=why):
        coerced(kind, text)


def test_every_kind_has_its_way() -> None:
    for kind in KINDS:
        coerced(kind, {"text": "x", "boolean": "1", "number": "1"}.get(kind, "2026-01-01T00:00Z"))


def test_a_row_keeps_what_fits_and_says_what_does_not() -> None:
    same: Any = lambda email: email  # noqa: E731
    row = Incoming("1", "a@x.com", {"a": "1,5", "b": "soon", "c": "text"})
    targets = {"a": "fields.a", "b": "fields.b", "c": "fields.c"}
    kinds = {"fields.a": "number", "fields.b": "date", "fields.other": "date"}
    found = mapping.wanted(row, targets, same, kinds)
    assert isinstance(found, Wanted)
    assert found.fields == {"fields.a": "1.5", "fields.c": "text"}
    assert found.faults == (Fault("fields.b", "soon", "is not a date such as 2026-11-22"),)
