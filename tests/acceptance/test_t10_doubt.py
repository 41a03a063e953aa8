"""T10: what may have been taken is not sent again."""

from itertools import count

import pytest

from tests.acceptance.conftest import Servers
from tests.sending.world import World


@pytest.mark.parametrize("taken", [True, False], ids=["taken", "not taken"])
def test_t10_cut_after_the_dot_is_unknown_and_goes_nowhere_else(
    world: World, server: Servers, taken: bool
) -> None:
    one, two = server(), server()
    world.relay(one, "one", max_connections=1)
    world.relay(two, "two")
    world.failover()
    numbers = count(1)
    cut = "take and drop" if taken else "drop"
    one.dot = lambda _: cut if next(numbers) == 4 else None
    world.people(10)
    dispatch = world.dispatch()
    for _ in range(3):
        world.send()
        world.clock.turn(hours=1)
    assert world.balance(dispatch) == {"sent": 9, "unknown": 1}
    (doubtful,) = (one.email for one in world.deliveries(dispatch) if one.state == "unknown")
    everybody = one.recipients + two.recipients
    assert everybody.count(doubtful) == taken
    assert len(set(everybody)) == len(everybody) == 9 + taken
