"""T15: whose name a mail bears: the pin's, what was said by hand, and what failover makes of it."""

from typing import Any

import pytest
from sqlalchemy import update

from app.workspaces.models import Workspace
from tests.acceptance.conftest import Desk, Servers
from tests.acceptance.looks import some
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


def verified(*names: str) -> list[dict[str, str]]:
    return [{"sender": name, "how": "declared", "at": "2026-11-22T12:00:00Z"} for name in names]


@pytest.mark.parametrize("by_hand", ["", "Main@relays.example.com"])
@pytest.mark.parametrize("name", ["main@relays.example.com", "@relays.example.com"])
def test_t15_keep_if_verified_keeps_the_sender_where_it_may_be_used(
    world: World, server: Servers, dead_port: int, by_hand: str, name: str
) -> None:
    """And skips who may not send under it."""
    other, may = server(), server()
    world.relay(dead_port, "main")
    world.relay(other, "other", verified_senders=verified("@elsewhere.example.com"))
    world.relay(may, "may", from_email="may@may.example.com", verified_senders=verified(name))
    world.failover()
    settings(world, failover_from_policy="keep_if_verified")
    world.people(3)
    dispatch = world.dispatch(from_email=by_hand, from_name="Shop")
    world.send()
    assert world.balance(dispatch) == {"sent": 3}
    assert (other.connections, len(may.taken)) == (0, 3)
    body = may.bodies[0].decode()
    assert f"From: Shop <{by_hand or 'main@relays.example.com'}>" in body
    assert "Reply-To" not in body


def test_t15_keep_if_verified_waits_where_nobody_may_use_the_sender(
    world: World, server: Servers, dead_port: int
) -> None:
    other = server()
    world.relay(dead_port, "main")
    world.relay(other, "other", verified_senders=verified("main@sub.relays.example.com"))
    world.failover()
    settings(world, failover_from_policy="keep_if_verified")
    world.people(3)
    dispatch = world.dispatch()
    world.send()
    assert other.connections == 0
    assert "sent" not in world.balance(dispatch)


def test_t15_a_test_mail_shows_under_which_name_a_relay_may_send(
    desk: Desk, server: Servers, dead_port: int
) -> None:
    spare = server()
    desk.relay(dead_port, "main")
    second = desk.relay(spare, "spare")
    policy = {"failover_enabled": True, "failover_from_policy": "keep_if_verified"}
    assert "verified_senders" in str(desk.asked("PATCH", "/workspace", policy)["warnings"])
    desk.people(2)
    campaign = desk.campaign()
    desk.send(until=some())
    assert spare.connections == 0
    body = {"to": "me@example.com", "from_email": "Main@relays.example.com"}
    assert desk.asked("POST", f"/relays/{second}/test", body)["ok"] is True
    assert desk.asked("GET", "/workspace")["warnings"] == []
    desk.clock.turn(minutes=2)
    desk.send()
    assert desk.states(campaign) == {"sent": 2}
    assert all("From: Main <main@relays.example.com>" in one.decode() for one in spare.bodies[1:])


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
