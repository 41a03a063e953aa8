"""A relay that warms up, through the real engine (T13)."""

from collections.abc import Callable

from sqlalchemy import update

from app.workspaces.models import Workspace
from tests.sending.servers import RelayServer
from tests.sending.world import World

Servers = Callable[..., RelayServer]
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


def test_the_day_is_the_workspace_s(world: World, server: Servers) -> None:
    """At noon in UTC it is tomorrow already on Kiritimati: the second day of the plan."""
    one = server()
    world.relay(one, "one", warm_up={**PLAN, "first_day": 5})
    with world.database.transaction() as session:
        session.execute(update(Workspace).values(timezone="Pacific/Kiritimati"))
    world.people(20)
    world.dispatch()
    world.send(until=lambda: len(one.taken) >= 10)
    assert world.row(world.attempts()[0].relay_id).day_count == 10


def test_a_plan_that_has_not_begun_waits(world: World, server: Servers) -> None:
    one = server()
    world.relay(one, "one", warm_up={**PLAN, "start": "2026-11-23"})
    world.people(3)
    dispatch = world.dispatch()
    world.clock.turn(hours=11)
    world.send(until=lambda: world.balance(dispatch) == {"queued": 3})
    assert one.taken == []
    world.clock.turn(hours=1)
    world.send()
    assert world.balance(dispatch) == {"sent": 3}
