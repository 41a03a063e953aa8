"""What a person bought in all."""

from datetime import UTC, datetime

import pytest

from sync.purchases import Sum, parts, summary

JUNE, JULY = datetime(2026, 6, 1, tzinfo=UTC), datetime(2026, 7, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("amount", "count"),
    [
        ("9.99", 99_900),
        ("-0.01", -100),
        ("0", 0),
        ("", 0),
        ("free", 0),
        ("NaN", 0),
        ("Infinity", 0),
        ("1E+30", 0),
        ("1000000000000", 10**16),
    ],
)
def test_amounts_are_whole_parts(amount: str, count: int) -> None:
    assert parts(amount) == count


def test_cents_add_up() -> None:
    assert sum(parts("0.10") for _ in range(30)) == parts("3")


def test_nothing_bought() -> None:
    assert summary([]) == {"order_count": "0", "total_spent": "0.00"}


def test_one_currency() -> None:
    assert summary([Sum("EUR", 3, parts("100"), JUNE, JULY)]) == {
        "order_count": "3",
        "total_spent": "100.00",
        "average_order": "33.33",
        "first_order_at": "2026-06-01T00:00:00Z",
        "last_order_at": "2026-07-01T00:00:00Z",
        "order_currency": "EUR",
    }


def test_amounts_are_those_of_the_currency_paid_in_last() -> None:
    euros, yen = Sum("EUR", 1, parts("10"), JUNE, JUNE), Sum("JPY", 2, parts("5000"), JULY, JULY)
    found = summary([euros, yen])
    assert (found["total_spent"], found["order_currency"]) == ("5000.00", "JPY")
    assert (found["order_count"], found["first_order_at"]) == ("3", "2026-06-01T00:00:00Z")
