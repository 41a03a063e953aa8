"""One campaign over several relays, through the real engine (T12)."""

from collections.abc import Callable

from sqlalchemy import select

from app.rules import rotation
from app.sending import ledger
from app.sending.models import Delivery, Dispatch
from tests.sending.servers import RelayServer
from tests.sending.world import World

Servers = Callable[..., RelayServer]


def test_t12_seventy_to_thirty_of_a_thousand(world: World, server: Servers) -> None:
    """Exactly 700 and 300, and the same people on a rerun."""
    servers = [server(), server(), server()]
    world.relay(servers[0], "default")
    pool = [(world.relay(servers[1], "one"), 70), (world.relay(servers[2], "two"), 30)]
    world.people(1000)
    first = world.dispatch(pool=pool)
    world.send(seconds=60)
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


def test_a_refusal_follows_the_switch(world: World, server: Servers, dead_port: int) -> None:
    """Off: its turn is waited for. On: the others of the chain help, and its turn stays its."""
    one = server()
    pool = [(world.relay(one, "one"), 1), (world.relay(dead_port, "two"), 1)]
    world.people(10)
    dispatch = world.dispatch(pool=pool)
    world.send()
    assert world.balance(dispatch)["sent"] == 5
    world.failover()
    world.clock.turn(minutes=1)
    world.send()
    assert world.balance(dispatch) == {"sent": 10}
    assert len(one.taken) == 10


def test_a_member_without_room_does_not_hold_up_the_others(world: World, server: Servers) -> None:
    one, two = server(), server()
    pool = [(world.relay(one, "one", daily_limit=2), 1), (world.relay(two, "two"), 1)]
    world.people(20)
    dispatch = world.dispatch(pool=pool)
    world.send(until=lambda: len(one.taken) == 2 and len(two.taken) == 10)
    assert world.balance(dispatch)["sent"] == 12


def test_another_pool_takes_over_what_is_left(world: World, server: Servers) -> None:
    servers = [server() for _ in range(3)]
    a, b, c = (world.relay(one, name) for one, name in zip(servers, "abc", strict=True))
    world.people(10)
    dispatch = world.dispatch(pool=[(a, 1), (b, 1)])
    with world.database.transaction() as session:
        session.get_one(Dispatch, dispatch).pool = [str(c)]
        ledger.redirect(session, dispatch, rotation.turns([(c, 1)]))
    world.send()
    assert [len(one.taken) for one in servers] == [0, 0, 10]
