"""T15: whose name a mail bears: the pin's, what was said by hand, and what failover makes of it."""

from typing import Any

import pytest
from sqlalchemy import update

from app.workspaces.models import Workspace
from tests.acceptance.conftest import Desk, Servers
from tests.sending.world import World


def settings(world: World, **values: Any) -> None:
    with world.database.transaction() as session:
        session.execute(update(Workspace).values(**values))


def test_t15_a_pin_brings_its_sender(desk: Desk, server: Servers) -> None:
    one = server()
    desk.relay(server(), "default")
    pin = desk.relay(one, "pin", reply_to_email="help@example.com", reply_to_name="Help")
    desk.people(1)
    campaign = desk.campaign(launch=False, relay_id=str(pin))
    filled = desk.asked("GET", f"/campaigns/{campaign}")
    assert (filled["from_email"], filled["from_name"]) == ("pin@relays.example.com", "Pin")
    assert (filled["reply_to_email"], filled["reply_to_name"]) == ("help@example.com", "Help")
    desk.asked("POST", f"/campaigns/{campaign}/launch")
    desk.send()
    body = one.bodies[0].decode()
    assert "From: Pin <pin@relays.example.com>\r\nReply-To: Help <help@example.com>" in body


def test_t15_what_was_said_by_hand_outlives_another_pin(desk: Desk, server: Servers) -> None:
    one = server()
    first, second = desk.relay(server(), "first"), desk.relay(one, "second")
    desk.people(1)
    campaign = desk.campaign(launch=False, relay_id=str(first), from_name="Ada")
    desk.asked("PATCH", f"/campaigns/{campaign}", {"relay_id": str(second)})
    desk.asked("POST", f"/campaigns/{campaign}/launch")
    desk.send()
    assert "From: Ada <second@relays.example.com>" in one.bodies[0].decode()


def test_t15_rewrite_sends_as_the_relay_that_helps(
    world: World, server: Servers, dead_port: int
) -> None:
    spare = server()
    world.relay(dead_port, "main")
    world.relay(spare, "spare")
    world.failover()
    world.people(1)
    world.dispatch(from_email="news@shop.example.com", from_name="Shop")
    world.send()
    body = spare.bodies[0].decode()
    assert "From: Shop <spare@relays.example.com>" in body
    assert "Reply-To: Shop <news@shop.example.com>" in body


@pytest.mark.parametrize("by_hand", ["", "Same@Relays.Example.com"])
def test_t15_same_from_only_skips_who_sends_as_another(
    world: World, server: Servers, dead_port: int, by_hand: str
) -> None:
    other, same = server(), server()
    world.relay(dead_port, "main", from_email="Same@relays.example.com")
    world.relay(other, "other")
    world.relay(same, "same", from_email="Same@RELAYS.example.com")
    world.failover()
    settings(world, failover_from_policy="same_from_only")
    world.people(3)
    dispatch = world.dispatch(from_email=by_hand)
    world.send()
    assert world.balance(dispatch) == {"sent": 3}
    assert (len(other.taken), len(same.taken)) == (0, 3)


def test_t15_same_from_only_waits_where_nobody_has_the_same(
    world: World, server: Servers, dead_port: int
) -> None:
    other = server()
    world.relay(dead_port, "main")
    world.relay(other, "other")
    world.failover()
    settings(world, failover_from_policy="same_from_only")
    world.people(3)
    dispatch = world.dispatch()
    world.send()
    assert other.taken == []
    assert "sent" not in world.balance(dispatch)
