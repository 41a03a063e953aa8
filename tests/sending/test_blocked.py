"""A destination blocks a relay for its reputation, through the real engine: whose mail moves."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlalchemy import select, update

from app.alerts.models import Alert
from app.sending.models import Delivery
from app.watching import looking
from app.workspaces.models import Workspace
from tests.sending.servers import RelayServer
from tests.sending.world import World

Servers = Callable[..., RelayServer]
BLOCKED = "550 5.7.1 part of their network is on our block list (S3150)"


def alerts(world: World) -> list[Alert]:
    with world.database.reading() as session:
        return list(session.scalars(select(Alert).where(Alert.kind == "relay_blocked")))


def with_time(world: World, until: Callable[[], bool]) -> Callable[[], bool]:
    def look() -> bool:
        world.clock.turn(seconds=20)
        return until()

    return look


@pytest.mark.parametrize(
    ("stream", "option", "moves"),
    [
        ("transactional", False, True),
        ("marketing", False, False),
        ("outreach", False, False),
        ("marketing", True, True),
    ],
)
def test_whose_mail_moves_to_another_relay(
    world: World, server: Servers, stream: str, option: bool, moves: bool
) -> None:
    sick, spare = server(), server()
    first = world.relay(sick, "one")
    world.relay(spare, "two")
    world.failover()
    with world.database.transaction() as session:
        session.execute(update(Workspace).values(failover_when_blocked=option))
    sick.rcpt = lambda _: BLOCKED
    world.people(3)
    dispatch = world.dispatch(stream=stream)
    world.send()
    assert world.balance(dispatch) == ({"sent": 3} if moves else {"deferred": 3})
    assert len(spare.taken) == (3 if moves else 0)
    assert world.row(first).fail_streak == 0


def test_where_no_other_may_help_it_waits_for_an_hour(world: World, server: Servers) -> None:
    one, two = server(), server()
    world.relay(one, "one")
    world.relay(two, "two")
    world.failover()
    one.rcpt = two.rcpt = lambda _: BLOCKED
    world.people(1)
    dispatch = world.dispatch(stream="transactional")
    world.send()
    assert [one.outcome for one in world.attempts()] == ["blocked", "blocked"]
    with world.database.reading() as session:
        due = session.scalars(select(Delivery.due_at)).one()
    assert due == world.clock() + timedelta(hours=1)
    two.rcpt = lambda _: None
    world.clock.turn(hours=1)
    world.send()
    assert world.balance(dispatch) == {"sent": 1}
    assert len(two.taken) == 1


def test_more_than_three_destinations_are_an_alert(world: World, server: Servers) -> None:
    one = server()
    relay = world.relay(one, "one", max_connections=1)
    one.rcpt = lambda to: None if to.endswith("@fine.example.com") else BLOCKED
    for name in ("a", "b", "c", "fine"):
        world.people(2, f"{name}.example.com")
    world.dispatch()
    world.send()
    assert alerts(world) == [], "three may be bad luck"
    world.people(1, "d.example.com")
    world.dispatch()
    world.send()
    (alert,) = alerts(world)
    assert (alert.about, alert.closed_at) == (str(relay), None)
    assert "a.example.com, b.example.com, c.example.com, d.example.com" in alert.sentence
    assert "block list" in alert.sentence
    looking.look(world.database, world.clock())
    assert alerts(world)[0].closed_at is None
    one.rcpt = lambda _: None
    world.clock.turn(hours=1)
    world.send(until=with_time(world, lambda: len(one.taken) == 17))
    looking.look(world.database, world.clock())
    assert alerts(world)[0].closed_at is not None, "they take its mail again"
