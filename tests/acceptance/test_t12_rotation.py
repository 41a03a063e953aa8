"""T12: one campaign over several relays."""

from sqlalchemy import select

from app.sending.models import Delivery
from tests.acceptance.conftest import Servers
from tests.sending.world import World


def test_t12_seventy_to_thirty_of_a_thousand(world: World, server: Servers) -> None:
    """Exactly 700 and 300, and the same people on a rerun."""
    servers = [server(), server(), server()]
    world.relay(servers[0], "default")
    pool = [(world.relay(servers[1], "one"), 70), (world.relay(servers[2], "two"), 30)]
    world.people(1000)
    first = world.dispatch(pool=pool)
    world.send()
    assert world.balance(first) == {"sent": 1000}
    assert [len(one.taken) for one in servers] == [0, 700, 300]
    with world.database.reading() as session:
        shares = [
            list(
                session.execute(
                    select(Delivery.contact_id, Delivery.primary_id)
                    .where(Delivery.dispatch_id == dispatch)
                    .order_by(Delivery.contact_id)
                )
            )
            for dispatch in (first, world.dispatch(pool=pool))
        ]
    assert shares[0] == shares[1]


def test_t12_a_retry_stays_with_its_relay(world: World, server: Servers) -> None:
    servers = [server(), server()]
    pool = [(world.relay(one, name), 1) for one, name in zip(servers, "ab", strict=True)]
    world.failover()
    world.people(10)
    for one in servers:
        one.rcpt = lambda _: "451 4.7.1 greylisted"
    dispatch = world.dispatch(pool=pool)
    world.send()
    for one in servers:
        one.rcpt = lambda _: None
    world.clock.turn(minutes=5)
    world.send()
    assert world.balance(dispatch) == {"sent": 10}
    assert [len(one.taken) for one in servers] == [5, 5]
    tried: dict[int, set[object]] = {}
    for attempt in world.attempts():
        tried.setdefault(attempt.delivery_id, set()).add(attempt.relay_id)
    assert {len(relays) for relays in tried.values()} == {1}
