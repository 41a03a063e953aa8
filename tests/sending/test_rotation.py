"""One campaign over several relays, through the real engine."""

from collections.abc import Callable

from app.rules.routing import rotation
from app.sending import ledger
from app.sending.models import Dispatch
from tests.sending.servers import RelayServer
from tests.sending.world import World

Servers = Callable[..., RelayServer]


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
