"""Amounts of money as they stand in an order."""

from collections.abc import Iterable
from decimal import Decimal, InvalidOperation
from typing import Any


def paid(total: Any, refunds: Iterable[Any]) -> str:
    """What was paid in the end: refunds are told as negative totals."""
    return str(sum(map(_decimal, refunds), _decimal(total)))


def _decimal(value: Any) -> Decimal:
    try:
        found = Decimal(str(value))
    except InvalidOperation:
        return Decimal(0)
    return found if found.is_finite() else Decimal(0)
