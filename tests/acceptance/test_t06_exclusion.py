"""T6: a relay that is excluded from failover is used only by hand."""

from tests.acceptance.conftest import Servers
from tests.sending.world import World


def test_t06_of_three_two_are_down_and_the_excluded_one_is_only_used_when_pinned(
    world: World, server: Servers, dead_port: int
) -> None:
    third = server()
    world.relay(dead_port, "one")
    world.relay(dead_port, "two")
    excluded = world.relay(third, "third", exclude_from_failover=True)
    world.failover()
    world.people(3)
    dispatch = world.dispatch()
    for _ in range(3):
        world.send()
        assert world.balance(dispatch) == {"deferred": 3}
        world.clock.turn(minutes=6)
    assert third.connections == 0
    pinned = world.dispatch(pin=excluded)
    world.send()
    assert world.balance(pinned) == {"sent": 3}
    assert len(third.taken) == 3
