"""No relay may send with a campaign's sender: it is paused before all of it fails."""

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import select

from app.alerts.models import Alert
from app.sending import ledger
from app.sending.models import Dispatch
from tests.sending.servers import RelayServer
from tests.sending.world import World

Servers = Callable[..., RelayServer]
NOT_ALLOWED = "554 Message rejected: Email address is not verified."
NOT_ALIGNED = "550 5.7.26 This mail is unauthenticated"


def alerts(world: World) -> list[Alert]:
    with world.database.reading() as session:
        return list(session.scalars(select(Alert).where(Alert.kind == "sender_refused")))


def row(world: World, dispatch: Any) -> Dispatch:
    with world.database.reading() as session:
        return session.get_one(Dispatch, dispatch)


def number(address: str) -> int:
    return int(address.partition("@")[0].removeprefix("p"))


def with_time(world: World, until: Callable[[], bool]) -> Callable[[], bool]:
    def look() -> bool:
        world.clock.turn(seconds=0.3)
        return until()

    return look


@pytest.mark.parametrize("says", [NOT_ALLOWED, NOT_ALIGNED])
def test_the_campaign_is_paused_and_the_others_do_not_fail(
    world: World, server: Servers, says: str
) -> None:
    one = server()
    relay = world.relay(one, "one", max_connections=1)
    one.dot = lambda _: says
    world.people(200)
    dispatch = world.dispatch(from_email="other@shop.example.com")
    world.send(until=lambda: row(world, dispatch).hold == "paused")
    world.send()
    balance = world.balance(dispatch)
    assert balance["failed"] <= 100
    assert balance["failed"] + balance["queued"] + balance.get("deferred", 0) == 200
    assert world.row(relay).fail_streak == 0
    why = row(world, dispatch).hold_reason
    assert why.startswith("no relay may send with this sender: final_dot: 55")
    (alert,) = alerts(world)
    assert (alert.about, alert.closed_at) == (str(dispatch), None)

    one.dot = lambda _: None
    world.clock.turn(seconds=1)
    with world.database.transaction() as session:
        ledger.hold(session, dispatch, hold="", now=world.clock())
    assert alerts(world)[0].closed_at == world.clock()
    failed = balance["failed"]
    expected = {"sent": 200 - failed, "failed": failed}
    world.send(until=with_time(world, lambda: world.balance(dispatch) == expected))
    assert len(set(one.recipients)) == len(one.taken) == 200 - failed


def test_a_few_odd_servers_pause_nothing(world: World, server: Servers) -> None:
    one = server()
    world.relay(one, "one", max_connections=1)
    odd = {60, 90}
    one.dot = lambda to: NOT_ALIGNED if number(to) in odd else None
    world.people(100)
    dispatch = world.dispatch(from_email="other@shop.example.com")
    world.send()
    assert world.balance(dispatch) == {"sent": 98, "failed": 2}
    assert (row(world, dispatch).hold, alerts(world)) == ("", [])


def test_where_another_relay_may_it_goes_on(world: World, server: Servers) -> None:
    one, two = server(), server()
    world.relay(one, "one")
    world.relay(two, "two")
    world.failover()
    one.mail = lambda _: "553 5.7.1 sender not owned by user"
    world.people(30)
    dispatch = world.dispatch(from_email="other@shop.example.com")
    world.send(until=with_time(world, lambda: world.balance(dispatch) == {"sent": 30}))
    assert (row(world, dispatch).hold, alerts(world)) == ("", [])


def test_where_all_has_failed_nothing_is_called_paused(world: World, server: Servers) -> None:
    one = server()
    world.relay(one, "one")
    one.mail = lambda _: "553 5.7.1 sender not owned by user"
    world.people(1)
    dispatch = world.dispatch(from_email="other@shop.example.com")
    world.send(until=with_time(world, lambda: world.balance(dispatch) == {"failed": 1}))
    assert row(world, dispatch).hold == ""
    (alert,) = alerts(world)
    assert "nothing of it waits any more: no relay may send with this sender" in alert.sentence
