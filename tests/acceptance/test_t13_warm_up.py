"""T13: a new relay gets little on its first day."""

from tests.acceptance.conftest import Servers
from tests.sending.world import World

PLAN = {"start": "2026-11-22", "first_day": 50, "growth": 2.0, "target": 1000}


def test_t13_the_fifty_first_goes_the_next_day(world: World, server: Servers) -> None:
    one = server()
    world.relay(one, "one", warm_up=PLAN)
    world.people(151)
    dispatch = world.dispatch()
    world.send(until=lambda: len(one.taken) >= 50 and "sending" not in world.balance(dispatch))
    assert len(one.taken) == 50
    world.clock.turn(hours=11, minutes=59)
    world.send(until=lambda: "sending" not in world.balance(dispatch))
    assert len(one.taken) == 50
    world.clock.turn(minutes=2)
    world.send(until=lambda: len(one.taken) >= 150 and "sending" not in world.balance(dispatch))
    assert len(one.taken) == 150
    world.clock.turn(days=1)
    world.send()
    assert world.balance(dispatch) == {"sent": 151}


def test_t13_or_through_another_relay(world: World, server: Servers) -> None:
    one, two = server(), server()
    world.relay(one, "one", warm_up=PLAN)
    world.relay(two, "two")
    world.failover()
    world.people(60)
    dispatch = world.dispatch()
    world.send()
    assert world.balance(dispatch) == {"sent": 60}
    assert (len(one.taken), len(two.taken)) == (50, 10)
