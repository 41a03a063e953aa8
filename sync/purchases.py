"""What a person bought in all, out of the sums that the database adds up."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import ROUND_HALF_EVEN, Decimal, InvalidOperation

#: Amounts are kept as whole numbers of this part of a unit, so that sums are exact.
PARTS = 10_000
_CENTS = Decimal("0.01")
#: More than any order is worth: beyond it a database's whole numbers end.
_MOST = Decimal(10**12)


@dataclass(frozen=True, slots=True)
class Sum:
    """The paid purchases of one person in one currency."""

    currency: str
    count: int
    parts: int
    first_at: datetime
    last_at: datetime


def parts(amount: str) -> int:
    """A decimal number as whole parts; what is none counts as nothing."""
    try:
        value = Decimal(amount)
    except InvalidOperation:
        return 0
    return int(value * PARTS) if value.is_finite() and abs(value) <= _MOST else 0


def summary(sums: Sequence[Sum]) -> Mapping[str, str]:
    """What is known of a person by ``sums``: the amounts in the currency she last paid in."""
    if not sums:
        return {"order_count": "0", "total_spent": "0.00"}
    newest = max(sums, key=lambda one: (one.last_at, one.currency))
    total = Decimal(newest.parts) / PARTS
    return {
        "order_count": str(sum(one.count for one in sums)),
        "total_spent": _money(total),
        "average_order": _money(total / newest.count),
        "first_order_at": _instant(min(one.first_at for one in sums)),
        "last_order_at": _instant(newest.last_at),
        "order_currency": newest.currency,
    }


def _money(amount: Decimal) -> str:
    return str(amount.quantize(_CENTS, ROUND_HALF_EVEN))


def _instant(at: datetime) -> str:
    return at.strftime("%Y-%m-%dT%H:%M:%SZ")
