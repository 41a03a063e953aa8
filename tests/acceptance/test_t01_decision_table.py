"""T1: the five rows of the decision table, with failover on and off, with a pin and without."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from tests.acceptance.conftest import Servers
from tests.acceptance.looks import quiet, some
from tests.sending.servers import RelayServer
from tests.sending.world import World

each_way = pytest.mark.parametrize("failover", [False, True], ids=["off", "on"])
each_primary = pytest.mark.parametrize("pinned", [False, True], ids=["default", "pin"])


def primary(world: World, server: RelayServer | int, pinned: bool, **more: Any) -> UUID:
    """Who is asked first: the workspace's default, or one that is to be pinned."""
    return world.relay(server, "primary", mail_type="none" if pinned else "all", **more)


def other(
    world: World, server: RelayServer | int, name: str, default: bool = False, **more: Any
) -> UUID:
    """Who could help; the workspace's default when that is not the primary."""
    return world.relay(server, name, mail_type="all" if default else "none", **more)


def launched(world: World, pin: UUID | None, people: int) -> UUID:
    world.people(people)
    return world.dispatch(pin=pin)


@each_way
@each_primary
def test_t01_row_1_only_the_primary_unless_failover_is_on(
    world: World, server: Servers, dead_port: int, failover: bool, pinned: bool
) -> None:
    healthy = server()
    first = primary(world, dead_port, pinned)
    other(world, healthy, "other", default=pinned)
    world.failover(failover)
    dispatch = launched(world, first if pinned else None, 3)
    world.send()
    assert world.balance(dispatch) == ({"sent": 3} if failover else {"deferred": 3})
    assert len(healthy.taken) == (3 if failover else 0)
    assert healthy.connections > 0 or not failover


@each_way
@each_primary
def test_t01_row_2_a_healthy_primary_takes_all(
    world: World, server: Servers, failover: bool, pinned: bool
) -> None:
    one, two = server(), server()
    other(world, one, "other", default=pinned)
    first = primary(world, two, pinned)
    world.failover(failover)
    dispatch = launched(world, first if pinned else None, 10)
    world.send()
    assert world.balance(dispatch) == {"sent": 10}
    assert (one.connections, len(two.taken)) == (0, 10)


@each_way
@each_primary
def test_t01_row_3_a_failing_primary_is_helped_by_the_next_in_order(
    world: World, server: Servers, failover: bool, pinned: bool
) -> None:
    sick, late, early = server(), server(), server()
    sick.mail = lambda _: "451 4.3.0 local error"
    first = primary(world, sick, pinned, failover_priority=50)
    other(world, late, "late", default=pinned, failover_priority=9)
    other(world, early, "early", failover_priority=2)
    world.failover(failover)
    dispatch = launched(world, first if pinned else None, 12)
    world.send()
    if failover:
        assert world.balance(dispatch) == {"sent": 12}
        body = early.bodies[0].decode()
        assert "From: Primary <early@relays.example.com>" in body
        assert "Reply-To: Primary <primary@relays.example.com>" in body
    else:
        assert "sent" not in world.balance(dispatch)
    assert (len(sick.taken), len(early.taken), len(late.taken)) == (0, 12 if failover else 0, 0)


@each_way
@each_primary
def test_t01_row_4_five_failures_in_a_row_disable_it_for_five_minutes(
    world: World, server: Servers, failover: bool, pinned: bool
) -> None:
    """Then it is tried again by itself, failover or not; whoever waited for it is sent."""
    sick, healthy = server(), server()
    sick.stop()
    first = primary(world, sick, pinned)
    other(world, healthy, "other", default=pinned)
    world.failover(failover)
    dispatch = launched(world, first if pinned else None, 20)
    world.send(until=lambda: world.row(first).open_until is not None)
    assert world.row(first).open_until == world.clock() + timedelta(minutes=5)
    world.send(until=quiet(world, dispatch, lambda: len(healthy.taken) == 20 * failover))
    assert [one.outcome for one in world.attempts()].count("refused") == 5
    sick.start()
    world.clock.turn(seconds=299)
    world.send(until=some())
    assert (sick.taken, len(healthy.taken)) == ([], 20 if failover else 0)
    world.clock.turn(seconds=1)
    if failover:
        dispatch = world.dispatch(pin=first if pinned else None)
    for _ in range(4):  # who was refused waits for the next round
        world.send()
        world.clock.turn(minutes=15)
    assert world.balance(dispatch) == {"sent": 20}
    assert world.row(first).open_until is None
    assert len(sick.taken) >= 1
    assert len(sick.taken) == 20 or failover


@each_way
@each_primary
def test_t01_row_5_an_excluded_one_never_helps(
    world: World, server: Servers, dead_port: int, failover: bool, pinned: bool
) -> None:
    healthy = server()
    first = primary(world, dead_port, pinned)
    if pinned:
        other(world, dead_port, "other", default=True)
    excluded = other(world, healthy, "excluded", exclude_from_failover=True)
    world.failover(failover)
    dispatch = launched(world, first if pinned else None, 3)
    world.send()
    assert healthy.connections == 0
    assert world.balance(dispatch) == {"deferred": 3}
    by_hand = world.dispatch(pin=excluded)
    world.send()
    assert world.balance(by_hand) == {"sent": 3}
    assert len(healthy.taken) == 3
