"""T4: a relay that asks for patience gets it."""

from tests.acceptance.conftest import Servers
from tests.sending.world import World


def test_t04_twenty_throttlings_open_no_breaker_and_lose_nothing(
    world: World, server: Servers
) -> None:
    """All mails go out through the same relay in the end."""
    one, two = server(), server()
    first = world.relay(one, "one")
    world.relay(two, "two")
    world.failover()
    said: list[str] = []

    def throttle(to: str) -> str | None:
        if len(said) < 20:
            said.append(to)
            return "454 Throttling failure: Maximum sending rate exceeded"
        return None

    one.dot = throttle
    world.people(15)
    dispatch = world.dispatch()
    for _ in range(40):
        world.send()
        if world.balance(dispatch) == {"sent": 15}:
            break
        world.clock.turn(minutes=10)
    assert world.balance(dispatch) == {"sent": 15}
    assert two.connections == 0
    assert len(set(one.recipients)) == len(one.taken) == 15
    assert world.row(first).fail_streak == 0
