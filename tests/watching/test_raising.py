"""Alerts are raised with the fact, once while it lasts, and end with it."""

from collections.abc import Callable

import pytest
from sqlalchemy import update

from app.alerts import over, raise_
from app.rules.health.breaker import BreakerSettings
from app.sending.models import Delivery, Dispatch, Relay, Sender
from app.sending.relays.health import set_breaker
from app.sending.senders import valve
from app.watching.looking import look
from tests.sending.servers import RelayServer
from tests.sending.test_messages import hand_in
from tests.watching.conftest import Desk

Servers = Callable[..., RelayServer]


def test_while_it_lasts_it_is_one(desk: Desk) -> None:
    for _ in range(3):
        with desk.database.transaction() as session:
            raise_(
                session, desk.workspace_id, "backlog", "", f"since {desk.clock()}", now=desk.clock()
            )
        desk.clock.turn(minutes=1)
    (alert,) = desk.alerts()
    assert (alert.times, alert.closed_at, alert.sentence) == (
        3,
        None,
        "since 2026-11-22 12:02:00+00:00",
    )
    with desk.database.transaction() as session:
        over(session, desk.workspace_id, "backlog", "", now=desk.clock())
        over(session, desk.workspace_id, "backlog", "somewhere else", now=desk.clock())
    with desk.database.transaction() as session:
        raise_(session, desk.workspace_id, "backlog", "", "again", now=desk.clock())
    assert [alert.closed_at is None for alert in desk.alerts()] == [False, True]


def test_what_is_undone_was_never_raised(desk: Desk) -> None:
    with pytest.raises(RuntimeError), desk.database.transaction() as session:
        raise_(session, desk.workspace_id, "backlog", "", "x", now=desk.clock())
        raise RuntimeError
    assert desk.alerts() == []


def test_a_kind_that_is_none(desk: Desk) -> None:
    with pytest.raises(ValueError, match="no kind"), desk.database.transaction() as session:
        raise_(session, desk.workspace_id, "backlogg", "", "x", now=desk.clock())


def test_a_relay_dies_and_comes_back(desk: Desk, server: Servers, dead_port: int) -> None:
    relay = desk.relay(dead_port, "first", max_connections=1)
    desk.people(3)
    desk.dispatch()
    while desk.row(relay).open_until is None:
        desk.send(until=lambda: desk.is_idle() or desk.row(relay).open_until is not None)
        desk.clock.turn(minutes=61)
    (alert,) = desk.alerts()
    assert (alert.kind, alert.about, alert.closed_at) == ("breaker_open", str(relay), None)
    assert "'first' is left alone until" in alert.sentence
    assert "5 faults in a row" in alert.sentence
    desk.change(relay, port=server().port, updated_at=desk.clock())
    desk.clock.turn(minutes=61)
    desk.send()
    assert [one.closed_at for one in desk.alerts()] == [desk.clock()]


def test_by_hand(desk: Desk) -> None:
    relay = desk.relay(25, "first")
    for state in ("open", "closed"):
        with desk.database.transaction() as session:
            set_breaker(
                session,
                desk.workspace_id,
                relay,
                state,
                now=desk.clock(),
                settings=BreakerSettings(),
            )
        (alert,) = desk.alerts("breaker_open")
        assert (alert.closed_at is None) == (state == "open")
    assert "because somebody opened its breaker by hand." in alert.sentence


def test_a_refused_login_is_told_at_once_and_over_when_it_works(
    desk: Desk, server: Servers
) -> None:
    one = server(password="right")
    relay = desk.relay(one, "first", username="tom", secret="wrong", max_connections=1)
    desk.people(1)
    desk.dispatch()
    desk.send(until=lambda: bool(desk.alerts()))
    (alert,) = desk.alerts()
    assert (alert.kind, alert.about) == ("credentials_refused", str(relay))
    assert "wrong" not in alert.sentence, "a password"
    desk.change(relay, secret="right", updated_at=desk.clock.turn(minutes=2))
    desk.send(until=lambda: one.taken != [])
    desk.send()
    assert desk.alerts()[0].closed_at == desk.clock()


@pytest.mark.parametrize(("limit", "hours"), [("hourly", 1), ("daily", 12)])
def test_a_limit_is_reached_and_over(desk: Desk, server: Servers, limit: str, hours: int) -> None:
    relay = desk.relay(server(), "first", **{f"{limit}_limit": 3})
    desk.people(4)
    desk.dispatch()
    desk.send(until=lambda: [one.outcome for one in desk.attempts()] == ["accepted"] * 3)
    (alert,) = desk.alerts()
    assert (alert.kind, alert.about) == (f"{limit}_limit", str(relay))
    assert "all 3 mails" in alert.sentence
    look(desk.database, desk.clock())
    assert desk.alerts()[0].closed_at is None
    look(desk.database, desk.clock.turn(hours=hours))
    assert desk.alerts(f"{limit}_limit")[0].closed_at == desk.clock()


def test_a_quota_of_the_provider(desk: Desk, server: Servers) -> None:
    one = server()
    one.rcpt = lambda _: "550 5.4.5 Daily user sending limit exceeded"
    desk.relay(one, "first")
    desk.people(1)
    desk.dispatch()
    desk.send(until=lambda: bool(desk.alerts()))
    (alert,) = desk.alerts()
    assert alert.kind == "provider_quota"
    assert "Daily user sending limit exceeded" in alert.sentence
    look(desk.database, desk.clock.turn(hours=2))
    assert desk.alerts("provider_quota")[0].closed_at == desk.clock()


def test_what_nobody_knows(desk: Desk, server: Servers) -> None:
    one = server()
    one.dot = lambda to: "drop" if to.startswith("p1@") else None
    desk.relay(one, "first", max_connections=1)
    desk.people(3)
    dispatch = desk.dispatch(label="News")
    desk.send()
    assert desk.balance(dispatch)["unknown"] >= 1
    (alert,) = desk.alerts("unknown_deliveries")
    assert alert.about == str(dispatch)
    assert "Mails of 'News' that were handed over" in alert.sentence
    look(desk.database, desk.clock())
    assert desk.alerts("unknown_deliveries")[0].closed_at is None
    with desk.database.transaction() as session:
        session.execute(update(Delivery).values(state="sent"))
    look(desk.database, desk.clock())
    assert desk.alerts("unknown_deliveries")[0].closed_at is not None


def test_messages_in_doubt_are_one_alert(desk: Desk, server: Servers) -> None:
    one = server()
    one.dot = lambda _: "drop"
    desk.relay(one, "first", max_connections=1)
    hand_in(desk, "jane@example.com", "kim@example.com")
    desk.send()
    (alert,) = desk.alerts("unknown_deliveries")
    assert alert.about == "messages"
    assert "before the answer: 2." in alert.sentence
    look(desk.database, desk.clock())
    assert desk.alerts("unknown_deliveries")[0].closed_at is None
    with desk.database.transaction() as session:
        session.execute(update(Delivery).values(state="sent"))
    look(desk.database, desk.clock())
    assert desk.alerts("unknown_deliveries")[0].closed_at is not None


def test_a_backlog_and_nobody_who_sends(desk: Desk) -> None:
    desk.people(3)
    dispatch = desk.dispatch()
    sender = Sender(
        host="h", boot_id="b", started_at=desk.clock(), lease_until=desk.clock.turn(hours=9)
    )
    desk.clock.turn(hours=-9)
    with desk.database.transaction() as session:
        session.add(sender)
    look(desk.database, desk.clock.turn(minutes=60))
    assert desk.alerts() == []
    look(desk.database, desk.clock.turn(minutes=1))
    (alert,) = desk.alerts()
    assert alert.kind == "backlog"
    assert alert.sentence.startswith("3 mails are due, and the oldest waits for 61 minutes")
    with desk.database.transaction() as session:
        session.execute(update(Sender).values(stopped_at=desk.clock()))
    look(desk.database, desk.clock())
    assert [alert.kind for alert in desk.alerts()] == ["backlog", "sender_gone"]
    with desk.database.transaction() as session:
        session.execute(update(Delivery).values(state="sent"))
    look(desk.database, desk.clock())
    assert all(alert.closed_at for alert in desk.alerts())
    assert desk.balance(dispatch) == {"sent": 3}


def test_a_sender_has_time_to_begin(desk: Desk) -> None:
    """Who starts after a night without it is not told at once that nothing sends."""
    desk.people(3)
    desk.dispatch()
    began = desk.clock.turn(minutes=30)
    look(desk.database, desk.clock.turn(seconds=30), began=began)
    assert desk.alerts() == []
    look(desk.database, desk.clock.turn(seconds=30), began=began)
    assert [alert.kind for alert in desk.alerts()] == ["sender_gone"]
    look(desk.database, desk.clock(), began=desk.clock())
    assert [alert.closed_at for alert in desk.alerts()] == [None], "it is not over by a start"


def test_a_relay_that_is_gone_has_no_alerts(desk: Desk) -> None:
    relay = desk.relay(25, "first")
    with desk.database.transaction() as session:
        raise_(session, desk.workspace_id, "credentials_refused", str(relay), "x", now=desk.clock())
        session.delete(session.get_one(Relay, relay))
    look(desk.database, desk.clock())
    assert desk.alerts()[0].closed_at is not None


def test_sending_is_held_and_let_go(desk: Desk) -> None:
    """One alert per workspace, not told of as a sender that is gone."""
    desk.people(1)
    desk.dispatch()
    with desk.database.transaction() as session:
        row, _ = valve.take(session)
        valve.close(row, "It is an older copy.", desk.clock())
        valve.close(row, "Found once more.", desk.clock())
    look(desk.database, desk.clock.turn(minutes=10))
    (alert,) = desk.alerts()
    assert (alert.kind, alert.about, alert.times) == ("sending_held", "", 1)
    assert alert.sentence.startswith("All sending is held: It is an older copy. Look at it")
    with desk.database.transaction() as session:
        valve.go(session, "a test", desk.clock())
    assert desk.alerts()[0].closed_at == desk.clock()
    look(desk.database, desk.clock())
    assert [alert.kind for alert in desk.alerts()] == ["sending_held", "sender_gone"]


def test_a_campaign_that_ended_needs_no_other_sender(desk: Desk) -> None:
    desk.people(1)
    dispatch = desk.dispatch()
    with desk.database.transaction() as session:
        raise_(session, desk.workspace_id, "sender_refused", str(dispatch), "x", now=desk.clock())
    look(desk.database, desk.clock())
    assert desk.alerts("sender_refused")[0].closed_at is None
    with desk.database.transaction() as session:
        session.get_one(Dispatch, dispatch).finished_at = desk.clock()
    look(desk.database, desk.clock())
    assert desk.alerts("sender_refused")[0].closed_at is not None
