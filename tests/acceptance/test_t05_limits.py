"""T5: a used-up hour or day, in the workspace's time zone: elsewhere, or later."""

import pytest
from sqlalchemy import update

from app.workspaces.models import Workspace
from tests.acceptance.conftest import Servers
from tests.acceptance.looks import quiet, some
from tests.sending.world import World

#: At 12:00 UTC it is 17:45 in Kathmandu: its hour ends in 15 minutes, its day in 6 h 15 min.
each_window = pytest.mark.parametrize(
    ("limit", "minutes", "next_one"),
    [("hourly_limit", 15, {"hours": 1}), ("daily_limit", 375, {"days": 1})],
    ids=["hour", "day"],
)


def kathmandu(world: World) -> None:
    with world.database.transaction() as session:
        session.execute(update(Workspace).values(timezone="Asia/Kathmandu"))


@each_window
def test_t05_failover_off_it_waits_for_the_reset(
    world: World, server: Servers, limit: str, minutes: int, next_one: dict[str, int]
) -> None:
    one, two = server(), server()
    world.relay(one, "one", **{limit: 4})
    world.relay(two, "two")
    kathmandu(world)
    world.people(10)
    dispatch = world.dispatch()
    world.send(until=quiet(world, dispatch, lambda: len(one.taken) >= 4))
    world.clock.turn(minutes=minutes, seconds=-1)
    world.send(until=some())
    assert world.balance(dispatch) == {"sent": 4, "queued": 6}
    world.clock.turn(seconds=1)
    world.send(until=quiet(world, dispatch, lambda: len(one.taken) >= 8))
    assert world.balance(dispatch) == {"sent": 8, "queued": 2}
    world.clock.turn(**next_one)
    world.send()
    assert world.balance(dispatch) == {"sent": 10}
    assert len(set(one.recipients)) == len(one.taken) == 10
    assert two.connections == 0


@each_window
def test_t05_failover_on_the_next_relay_takes_the_rest(
    world: World, server: Servers, limit: str, minutes: int, next_one: dict[str, int]
) -> None:
    one, two = server(), server()
    first = world.relay(one, "one", **{limit: 4})
    world.relay(two, "two")
    kathmandu(world)
    world.failover()
    world.people(10)
    dispatch = world.dispatch()
    world.send()
    assert world.balance(dispatch) == {"sent": 10}
    assert (len(one.taken), len(two.taken)) == (4, 6)
    assert len(set(one.recipients + two.recipients)) == 10
    assert world.row(first).fail_streak == 0
    world.clock.turn(minutes=minutes)
    world.dispatch()
    world.send()
    assert (len(one.taken), len(two.taken)) == (8, 12)
