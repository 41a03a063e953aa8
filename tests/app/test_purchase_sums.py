"""What people bought in all is the same to the last digit, whatever database adds it up."""

from decimal import ROUND_HALF_EVEN, Decimal

from connectors import Incoming, Purchase
from tests.app.pulling import World
from tests.app.test_sources_deeds import row, tell, world

__all__ = ["world"]
PEOPLE, ORDERS = 7, 240
CURRENCIES = ("EUR", "EUR", "JPY", "CZK")


def _amount(number: int) -> str:
    """Odd ones, large ones, tiny ones, and what was paid back."""
    amount = Decimal(number * 7919 % 100_003) / 100
    if number % 17 == 0:
        amount *= 10**6
    return str(-amount if number % 13 == 0 else amount)


def _order(number: int, again: bool) -> Incoming:
    bought = Purchase(
        # Several orders of a person are of the same second, in several currencies.
        f"2026-01-{1 + number // 28:02}T00:00:00Z",
        _amount(number + 1 if again and number % 3 == 0 else number),
        CURRENCIES[number % len(CURRENCIES)],
        number % 5 != 0 and not (again and number % 11 == 0),
    )
    address = f"p{number % PEOPLE}@x.com"
    return row(f"order:{number}", address, said_at=bought.placed_at, purchase=bought)


def _expected(orders: list[Incoming], address: str) -> dict[str, str]:
    said = [one.purchase for one in orders if one.email == address and one.purchase]
    paid = [one for one in said if one.is_paid]
    _, newest = max((one.placed_at, one.currency) for one in paid)
    total = sum((Decimal(one.amount) for one in paid if one.currency == newest), Decimal(0))
    cents = total.quantize(Decimal("0.01"), ROUND_HALF_EVEN)
    return {"order_count": str(len(paid)), "total_spent": str(cents)}


def _shown(world: World) -> dict[str, dict[str, str]]:
    return {address: dict(one.fields) for address, one in world.contacts().items()}


def test_sums_are_exact(world: World) -> None:
    first = [_order(number, again=False) for number in range(ORDERS)]
    tell(world, *first, per_page=50)
    people = {one.email for one in first}
    assert _shown(world) == {address: _expected(first, address) for address in people}
    # Some are paid back, some cost something else by now; one comes twice in a page.
    then = [_order(number, again=True) for number in range(ORDERS)]
    tell(world, *first[:5], *then, per_page=100)
    assert _shown(world) == {address: _expected(then, address) for address in people}
