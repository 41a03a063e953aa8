"""A relay that warms up, through the real engine."""

from collections.abc import Callable

from sqlalchemy import update

from app.workspaces.models import Workspace
from tests.sending.servers import RelayServer
from tests.sending.world import World

Servers = Callable[..., RelayServer]
PLAN = {"start": "2026-11-22", "first_day": 50, "growth": 2.0, "target": 1000}


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
