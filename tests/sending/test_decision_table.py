"""The five rows of the decision table through the real engine against real SMTP servers."""

from collections.abc import Callable

from tests.sending.servers import RelayServer
from tests.sending.world import World

Servers = Callable[..., RelayServer]


def test_everybody_gets_one(world: World, server: Servers) -> None:
    one = server()
    world.relay(one, "one")
    world.people(30)
    dispatch = world.dispatch()
    world.send()
    assert world.balance(dispatch) == {"sent": 30}
    assert sorted(one.recipients) == sorted(f"p{n}@people.example.com" for n in range(30))
    assert len({message_id for message_id, _ in one.taken}) == 30


def test_row_1_failover_off_pinned_fails_nobody_else_is_asked(
    world: World, server: Servers, dead_port: int
) -> None:
    one = server()
    world.relay(one, "one")
    pinned = world.relay(dead_port, "pinned")
    world.people(3)
    dispatch = world.dispatch(pin=pinned)
    world.send()
    assert one.taken == []
    assert world.balance(dispatch) == {"deferred": 3}


def test_row_1_failover_off_default_fails_nobody_else_is_asked(
    world: World, server: Servers, dead_port: int
) -> None:
    two = server()
    world.relay(dead_port, "default")
    world.relay(two, "two")
    world.people(3)
    dispatch = world.dispatch()
    world.send()
    assert two.taken == []
    assert world.balance(dispatch) == {"deferred": 3}


def test_row_2_failover_on_pinned_healthy_takes_all(world: World, server: Servers) -> None:
    one, two = server(), server()
    world.relay(one, "one")
    pinned = world.relay(two, "two")
    world.failover()
    world.people(10)
    dispatch = world.dispatch(pin=pinned)
    world.send()
    assert (len(one.taken), len(two.taken)) == (0, 10)
    assert world.balance(dispatch) == {"sent": 10}


def test_row_3_failover_on_pinned_fails_next_by_priority(
    world: World, server: Servers, dead_port: int
) -> None:
    late, early = server(), server()
    pinned = world.relay(dead_port, "pinned", failover_priority=50)
    world.relay(late, "late", failover_priority=9)
    world.relay(early, "early", failover_priority=2)
    world.failover()
    world.people(12)
    dispatch = world.dispatch(pin=pinned)
    world.send()
    assert world.balance(dispatch) == {"sent": 12}
    assert (len(early.taken), len(late.taken)) == (12, 0)
    body = early.bodies[0].decode()
    assert "From: Pinned <early@relays.example.com>" in body
    assert "Reply-To: Pinned <pinned@relays.example.com>" in body


def test_row_3_failover_on_default_fails_next_by_priority(
    world: World, server: Servers, dead_port: int
) -> None:
    two = server()
    world.relay(dead_port, "default")
    world.relay(two, "two")
    world.failover()
    world.people(5)
    dispatch = world.dispatch()
    world.send()
    assert world.balance(dispatch) == {"sent": 5}
    assert len(two.taken) == 5


def test_row_4_five_faults_disable_for_five_minutes_then_one_probe(
    world: World, server: Servers, dead_port: int
) -> None:
    relay = world.relay(dead_port, "one")
    world.people(20)
    dispatch = world.dispatch()
    world.send(until=lambda: world.row(relay).open_until is not None)
    row = world.row(relay)
    assert row.fail_streak == 5
    assert len([one for one in world.attempts() if one.outcome == "refused"]) == 5
    world.clock.turn(seconds=299)
    world.send(until=lambda: True)
    assert len([one for one in world.attempts() if one.outcome == "refused"]) == 5
    world.clock.turn(seconds=1)
    asked = len(world.attempts())
    world.send(until=lambda: (world.row(relay).open_until or world.clock()) > world.clock())
    probes = [one for one in world.attempts()[asked:] if one.outcome != "void"]
    assert [one.outcome for one in probes] == ["refused"]
    again = server()
    world.change(relay, port=again.port)
    world.clock.turn(seconds=300)
    world.send(seconds=30)
    world.clock.turn(minutes=90)
    world.send()
    assert world.row(relay).open_until is None
    assert world.balance(dispatch) == {"sent": 20}
    assert len(again.taken) == 20


def test_row_5_excluded_is_never_a_fallback_but_may_be_pinned(
    world: World, server: Servers, dead_port: int
) -> None:
    third = server()
    world.relay(dead_port, "one")
    world.relay(dead_port, "two")
    excluded = world.relay(third, "third", exclude_from_failover=True)
    world.failover()
    world.people(3)
    dispatch = world.dispatch()
    world.send()
    assert third.taken == []
    assert world.balance(dispatch) == {"deferred": 3}
    world.send()
    pinned = world.dispatch(pin=excluded)
    world.send()
    assert world.balance(pinned) == {"sent": 3}
    assert len(third.taken) == 3


def test_switched_off_nobody_stays_with_a_fallback(world: World, server: Servers) -> None:
    """A delivery deferred at the fallback goes back to its primary: row 1 holds for it too."""
    one, two = server(), server()
    pinned = world.relay(one, "one")
    world.relay(two, "two")
    world.failover()
    one.mail = lambda _: "451 4.3.0 local error"
    two.rcpt = lambda _: "451 4.7.1 greylisted"
    world.people(2)
    dispatch = world.dispatch(pin=pinned)
    world.send()
    assert world.balance(dispatch) == {"deferred": 2}
    world.failover(on=False)
    one.mail = lambda _: None
    for _ in range(2):  # the primary refused in this round: it is asked again in the next one
        world.clock.turn(minutes=15)
        world.send()
    assert world.balance(dispatch) == {"sent": 2}
    assert (len(one.taken), len(two.taken)) == (2, 0)


def test_the_switch_acts_on_a_running_dispatch(
    world: World, server: Servers, dead_port: int
) -> None:
    two = server()
    pinned = world.relay(dead_port, "pinned")
    world.relay(two, "two")
    world.people(8)
    dispatch = world.dispatch(pin=pinned)
    world.send(until=lambda: world.row(pinned).open_until is not None)
    assert two.taken == []
    world.failover()
    world.clock.turn(seconds=61)
    world.send()
    assert world.balance(dispatch) == {"sent": 8}
    assert len(two.taken) == 8
