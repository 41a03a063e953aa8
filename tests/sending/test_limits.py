"""Limits of a relay through the real engine: a minute, and any 24 hours."""

from collections.abc import Callable

from tests.sending.servers import RelayServer
from tests.sending.world import World

Servers = Callable[..., RelayServer]


def test_a_minute_lets_through_so_many_and_no_more(world: World, server: Servers) -> None:
    one = server()
    world.relay(one, "one", minute_limit=30)
    world.people(6)
    dispatch = world.dispatch()
    for turn in range(6):
        world.send(until=lambda turn=turn: len(one.taken) > turn)  # type: ignore[misc]
        assert len(one.taken) == turn + 1
        world.clock.turn(seconds=2)
    assert world.balance(dispatch) == {"sent": 6}


def test_any_24_hours_see_no_more_than_the_limit(world: World, server: Servers) -> None:
    one = server()
    relay = world.relay(one, "one", daily_limit=4, rolling_day=True)
    world.people(6)
    dispatch = world.dispatch()
    world.send(until=lambda: len(one.taken) == 4)
    world.clock.turn(hours=23)
    looked: list[int] = []
    world.send(until=lambda: len(looked.append(1) or looked) > 5)  # type: ignore[func-returns-value]
    assert len(one.taken) == 4, "the calendar day is over, the 24 hours are not"
    assert sum(count for _, count in world.row(relay).hours) == 4
    world.clock.turn(hours=2)
    world.send()
    assert world.balance(dispatch) == {"sent": 6}
    assert len(set(one.recipients)) == 6
