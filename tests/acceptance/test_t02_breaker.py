"""T2: only faults in a row open the breaker; after five minutes one mail tries the relay."""

from datetime import timedelta
from itertools import count

from tests.acceptance.conftest import Servers
from tests.acceptance.looks import some
from tests.sending.servers import Says
from tests.sending.world import World


def sick_but_for(*healthy: int) -> Says:
    """Refuses every mail, by no fault of its sender, but for those with these numbers."""
    numbers = count(1)
    return lambda _: None if next(numbers) in healthy else "451 4.3.0 local error"


def faults(world: World) -> int:
    return [one.outcome for one in world.attempts()].count("refused")


def test_t02_a_success_between_four_and_four_faults_keeps_it_closed(
    world: World, server: Servers
) -> None:
    one = server()
    relay = world.relay(one, "one", max_connections=1)
    one.mail = sick_but_for(5)
    world.people(9)
    dispatch = world.dispatch()
    world.send()
    assert world.balance(dispatch) == {"sent": 1, "deferred": 8}
    row = world.row(relay)
    assert (row.fail_streak, row.open_until) == (4, None)


def test_t02_five_in_a_row_open_it(world: World, server: Servers) -> None:
    one = server()
    relay = world.relay(one, "one", max_connections=1)
    one.mail = sick_but_for(5)
    world.people(10)
    world.dispatch()
    world.send(until=lambda: world.row(relay).open_until is not None)
    assert world.row(relay).open_until == world.clock() + timedelta(seconds=300)


def test_t02_skipped_at_299_seconds_and_one_trial_at_300(
    world: World, server: Servers, dead_port: int
) -> None:
    relay = world.relay(dead_port, "one")
    world.people(20)
    dispatch = world.dispatch()
    world.send(until=lambda: world.row(relay).open_until is not None)
    assert faults(world) == 5
    world.clock.turn(seconds=299)
    world.send(until=some())
    assert faults(world) == 5
    world.clock.turn(seconds=1)
    world.send(until=lambda: (world.row(relay).open_until or world.clock()) > world.clock())
    assert faults(world) == 6
    assert world.row(relay).open_until == world.clock() + timedelta(seconds=300)
    world.clock.turn(seconds=299)
    world.send(until=some())
    assert faults(world) == 6
    again = server()
    world.change(relay, port=again.port)
    world.clock.turn(seconds=1)
    for _ in range(3):
        world.send()
        world.clock.turn(minutes=30)
    assert world.balance(dispatch) == {"sent": 20}
    assert world.row(relay).open_until is None
    assert len(again.taken) == 20
