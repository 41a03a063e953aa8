"""Streams are kept apart by failover, through the real engine."""

from collections.abc import Callable

import pytest
from sqlalchemy import update

from app.workspaces.models import Workspace
from tests.sending.servers import RelayServer
from tests.sending.world import World

Servers = Callable[..., RelayServer]


@pytest.mark.parametrize(
    ("stream", "allowed", "goes"),
    [
        ("marketing", False, False),
        ("outreach", False, False),
        ("marketing", True, True),
        ("transactional", False, True),
    ],
)
def test_who_may_fail_over_into_a_transactional_relay(
    world: World, server: Servers, dead_port: int, stream: str, allowed: bool, goes: bool
) -> None:
    one = server()
    world.relay(dead_port, "main")
    world.relay(one, "pure", stream="transactional")
    world.failover()
    with world.database.transaction() as session:
        session.execute(update(Workspace).values(failover_into_transactional=allowed))
    world.people(3)
    dispatch = world.dispatch(stream=stream)
    world.send()
    assert ("sent" in world.balance(dispatch)) == goes
    assert len(one.taken) == (3 if goes else 0)


def test_transactional_mail_may_be_helped_by_marketing(
    world: World, server: Servers, dead_port: int
) -> None:
    one = server()
    world.relay(dead_port, "pure", stream="transactional")
    world.relay(one, "other")
    world.failover()
    world.people(2)
    dispatch = world.dispatch(stream="transactional")
    world.send()
    assert world.balance(dispatch) == {"sent": 2}


def test_a_pin_is_a_pin(world: World, server: Servers) -> None:
    one = server()
    pure = world.relay(one, "pure", stream="transactional")
    world.people(2)
    dispatch = world.dispatch(pin=pure)
    world.send()
    assert world.balance(dispatch) == {"sent": 2}
