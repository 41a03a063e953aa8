"""A relay that refuses everybody, and a message that nobody wants, through the real engine."""

from collections.abc import Callable
from typing import Any

from sqlalchemy import select

from app.alerts.models import Alert
from app.contacts.models import Contact, Suppression
from app.contacts.suppression import suppress
from app.rules.health.breaker import BreakerSettings
from app.sending import ledger
from app.sending.models import Dispatch
from app.sending.relays import health
from tests.sending.servers import RelayServer
from tests.sending.world import World

Servers = Callable[..., RelayServer]
UNKNOWN = "550 5.1.1 user unknown"


def number(address: str) -> int:
    return int(address.partition("@")[0].removeprefix("p"))


def suppressions(world: World) -> list[str]:
    with world.database.reading() as session:
        return list(session.scalars(select(Suppression.address)))


def statuses(world: World) -> set[str]:
    with world.database.reading() as session:
        return set(session.scalars(select(Contact.status)))


def settled(world: World, dispatch: Any) -> Callable[[], bool]:
    """Nothing is on its way, ten looks in a row: what is left waits for the relay."""
    calm: list[int] = []

    def look() -> bool:
        calm.append(1)
        if "sending" in world.balance(dispatch):
            calm.clear()
        return len(calm) > 10

    return look


def with_time(world: World, dispatch: Any, expected: dict[str, int]) -> Callable[[], bool]:
    """The clock goes on by a second at every look."""

    def look() -> bool:
        world.clock.turn(seconds=1)
        return world.balance(dispatch) == expected

    return look


def alerts(world: World, kind: str) -> list[Alert]:
    with world.database.reading() as session:
        return list(session.scalars(select(Alert).where(Alert.kind == kind)))


def dispatch_row(world: World, dispatch: Any) -> Dispatch:
    with world.database.reading() as session:
        return session.get_one(Dispatch, dispatch)


def test_twenty_refused_in_a_row_is_the_relays_trouble(world: World, server: Servers) -> None:
    sick, healthy = server(), server()
    relay = world.relay(sick, "sick", max_connections=1)
    world.relay(healthy, "healthy")
    world.failover()
    sick.rcpt = lambda _: UNKNOWN
    world.people(60)
    dispatch = world.dispatch()
    world.send(until=with_time(world, dispatch, {"sent": 60}))
    assert len(set(healthy.recipients)) == len(healthy.taken) == 60
    assert suppressions(world) == []
    assert statuses(world) == {"active"}
    row = world.row(relay)
    assert row.distrusted_since is not None
    assert row.open_until is not None
    assert "nobody is bounced: rcpt_to: 550" in row.last_fault
    assert "bounced" not in {one.outcome for one in world.attempts()}
    (alert,) = alerts(world, "relay_suspect")
    assert (alert.about, alert.closed_at) == (str(relay), None)
    assert "'sick' refused 20 recipients in a row" in alert.sentence
    (alert,) = alerts(world, "breaker_open")
    assert "because it refused 20 recipients in a row" in alert.sentence


def test_alone_it_is_waited_for_until_it_takes_a_mail(world: World, server: Servers) -> None:
    one = server()
    relay = world.relay(one, "one", max_connections=1)
    mood = {"sick": True}
    one.rcpt = lambda _: UNKNOWN if mood["sick"] else None
    world.people(40)
    dispatch = world.dispatch()
    world.send(until=lambda: world.row(relay).distrusted_since is not None)
    world.send(until=settled(world, dispatch))
    assert "bounced" not in world.balance(dispatch)
    for _ in range(3):
        world.clock.turn(minutes=20)
        world.send(until=settled(world, dispatch))
    assert "bounced" not in world.balance(dispatch)
    assert world.row(relay).distrusted_since is not None
    mood["sick"] = False
    for _ in range(4):
        world.clock.turn(hours=1)
        world.send(until=settled(world, dispatch))
    assert world.balance(dispatch) == {"sent": 40}
    assert world.row(relay).distrusted_since is None
    assert alerts(world, "relay_suspect")[0].closed_at is not None
    assert len(set(one.recipients)) == len(one.taken) == 40


def test_who_said_no_meanwhile_stays_out(world: World, server: Servers) -> None:
    sick, healthy = server(), server()
    world.relay(sick, "sick", max_connections=1)
    world.relay(healthy, "healthy")
    world.failover()
    seen: list[str] = []

    def refuse(to: str) -> str:
        if len(seen) == 15:
            with world.database.transaction() as session:
                gone = [seen[0], seen[1]]
                suppress(session, world.workspace_id, gone, "unsubscribed", "", world.clock())
        seen.append(to)
        return UNKNOWN

    sick.rcpt = refuse
    world.people(30)
    dispatch = world.dispatch()
    world.send(until=with_time(world, dispatch, {"sent": 28, "suppressed": 2}))
    assert sorted(suppressions(world)) == sorted(seen[:2])
    assert statuses(world) == {"active", "unsubscribed"}


def test_refusals_between_mails_that_are_taken_are_believed(world: World, server: Servers) -> None:
    one = server()
    relay = world.relay(one, "one", max_connections=1)
    one.rcpt = lambda to: UNKNOWN if number(to) % 2 else None
    world.people(80)
    dispatch = world.dispatch()
    world.send()
    assert world.balance(dispatch) == {"sent": 40, "bounced": 40}
    assert len(suppressions(world)) == 40
    assert world.row(relay).distrusted_since is None


def test_a_person_who_trusts_it_ends_it(world: World, server: Servers) -> None:
    """They really do not exist: refused again after somebody said that the relay works."""
    one = server()
    relay = world.relay(one, "one", max_connections=1)
    one.rcpt = lambda _: UNKNOWN
    world.people(25)
    dispatch = world.dispatch()
    world.send(until=lambda: world.row(relay).distrusted_since is not None)
    world.send(until=settled(world, dispatch))
    with world.database.transaction() as session:
        health.set_breaker(
            session,
            world.workspace_id,
            relay,
            "closed",
            now=world.clock(),
            settings=BreakerSettings(),
        )
    assert world.row(relay).distrusted_since is None
    world.clock.turn(hours=2)
    world.send()
    assert world.balance(dispatch) == {"bounced": 25}
    assert len(suppressions(world)) == 25


def test_two_campaigns_make_one_streak(world: World, server: Servers) -> None:
    one = server()
    relay = world.relay(one, "one", max_connections=1)
    one.rcpt = lambda _: UNKNOWN
    world.people(12)
    first = world.dispatch()
    world.send()
    assert world.balance(first) == {"bounced": 12}
    assert dispatch_row(world, first).finished_at is not None
    world.people(12, "others.example.com")
    second = world.dispatch()
    world.send(until=lambda: world.row(relay).distrusted_since is not None)
    world.send(until=settled(world, second))
    assert "bounced" not in world.balance(first) | world.balance(second)
    assert dispatch_row(world, first).finished_at is None
    assert suppressions(world) == []


def test_a_message_that_servers_reject_is_held_before_all_have_it(
    world: World, server: Servers
) -> None:
    one = server()
    relay = world.relay(one, "one", max_connections=1)
    one.dot = lambda to: "554 5.7.1 message detected as spam" if number(to) % 2 else None
    world.people(200)
    dispatch = world.dispatch()
    world.send(until=lambda: dispatch_row(world, dispatch).hold == "paused")
    world.send(until=settled(world, dispatch))
    balance = world.balance(dispatch)
    assert balance["queued"] > 50
    assert "detected as spam" in dispatch_row(world, dispatch).hold_reason
    (alert,) = alerts(world, "guard_tripped")
    assert alert.about == str(dispatch)
    assert world.row(relay).fail_streak == 0
    world.clock.turn(seconds=1)
    with world.database.transaction() as session:
        ledger.hold(session, dispatch, hold="", now=world.clock())
    assert alerts(world, "guard_tripped")[0].closed_at == world.clock()
    asked: list[str] = []
    one.dot = lambda to: "554 5.7.1 spam" if asked.append(to) or len(asked) <= 2 else None
    world.send()
    balance = world.balance(dispatch)
    assert "queued" not in balance
    assert sum(balance.values()) == 200
