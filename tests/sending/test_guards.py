"""Guards, through the real engine: bad figures stop a campaign or a relay, and say why."""

from collections.abc import Callable
from itertools import count
from typing import Any
from uuid import UUID

from sqlalchemy import select, update

from app.alerts.models import Alert
from app.runtime import Runtime
from app.sending import ledger
from app.sending.guards import guarding
from app.sending.ledger import Event
from app.sending.models import Dispatch, Guard
from app.sending.relays import pausing
from app.vault import Vault
from app.workspaces.models import Workspace
from tests.sending.servers import RelayServer
from tests.sending.test_pausing import at_rest
from tests.sending.world import World

Servers = Callable[..., RelayServer]
#: Small samples, so that a test need not send hundreds.
SMALL = {"sample": 20}


def watch(world: World) -> None:
    vault = Vault(["a master key for tests"])
    guarding.watch(Runtime(world.database, vault, world.clock, "http://127.0.0.1:8080"))


def alerts(world: World) -> list[str]:
    """What is told of and not over."""
    with world.database.reading() as session:
        rows = select(Alert.sentence).where(
            Alert.kind == "guard_tripped", Alert.closed_at.is_(None)
        )
        return list(session.scalars(rows))


def limits(world: World, **words: Any) -> None:
    with world.database.transaction() as session:
        session.execute(update(Workspace).values(guards=SMALL | words))


def levels(world: World) -> dict[str, str]:
    """Kind -> level, of what is not fine."""
    with world.database.reading() as session:
        rows = session.scalars(select(Guard).where(Guard.level != "fine"))
        return {row.kind: row.level for row in rows}


def row(world: World, dispatch: UUID) -> Dispatch:
    with world.database.reading() as session:
        return session.get_one(Dispatch, dispatch)


def every(nth: int, answer: str = "550 5.1.1 no such user") -> Callable[[str], str | None]:
    """Answers so to every ``nth`` recipient that is asked for."""
    asked = count(1)
    return lambda _: answer if next(asked) % nth == 0 else None


def send_a_day(world: World, dispatch: UUID, begun: int) -> None:
    """Until so many were begun in all, and answered."""
    world.send(
        until=lambda: len(world.attempts()) >= begun and "sending" not in world.balance(dispatch)
    )


def test_bounces_stop_a_campaign_and_say_why(world: World, server: Servers) -> None:
    one = server()
    relay = world.relay(one, "one", daily_limit=30)
    one.rcpt = every(10)
    limits(world)
    world.people(60)
    dispatch = world.dispatch(label="News")
    send_a_day(world, dispatch, 30)
    watch(world)
    found = row(world, dispatch)
    assert found.hold == "paused"
    assert found.hold_reason == (
        "guard: 3 of 30 mails (10 %) were returned for good; the limit is 5 %"
    )
    assert levels(world) == {"campaign": "pause"}, "its mails are not held against the relay too"
    assert world.row(relay).paused_at is None
    assert alerts(world) == [
        "A guard has stopped the campaign 'News': 3 of 30 mails (10 %) were returned for good; "
        "the limit is 5 %."
    ]
    world.clock.turn(days=1)
    world.send(until=at_rest(world, dispatch))
    assert world.balance(dispatch) == {"sent": 27, "bounced": 3, "queued": 30}


def test_what_a_person_let_go_on_is_judged_by_what_comes_next(
    world: World, server: Servers
) -> None:
    one = server()
    relay = world.relay(one, "one", daily_limit=30)
    one.rcpt = every(10)
    limits(world)
    world.people(120)
    dispatch = world.dispatch()
    send_a_day(world, dispatch, 30)
    watch(world)
    with world.database.transaction() as session:
        ledger.hold(session, dispatch, hold="", now=world.clock())
    for _ in range(2):
        watch(world)
        assert row(world, dispatch).hold == "", "the same old figures stop nothing twice"
        assert alerts(world) == []
        assert world.row(relay).paused_at is None, "nor its relay"
    one.rcpt = lambda _: None
    world.clock.turn(days=1)
    send_a_day(world, dispatch, 60)
    watch(world)
    assert row(world, dispatch).hold == ""
    one.rcpt = every(3)
    world.clock.turn(days=1)
    send_a_day(world, dispatch, 90)
    watch(world)
    assert row(world, dispatch).hold_reason.startswith("guard: 10 of 60 mails")


def test_many_small_campaigns_stop_their_relay(world: World, server: Servers) -> None:
    one, two = server(), server()
    first, second = world.relay(one, "one"), world.relay(two, "two")
    one.rcpt = every(5)
    limits(world)
    world.people(10)
    sick = [world.dispatch(pin=first) for _ in range(3)]
    well = [world.dispatch(pin=second) for _ in range(3)]
    world.send()
    assert {one.hold for one in (row(world, each) for each in sick + well)} == {""}
    watch(world)
    assert "were returned for good" in world.row(first).paused_reason
    assert world.row(second).paused_at is None
    with world.database.transaction() as session:
        pausing.resume_relay(session, world.workspace_id, first)
    watch(world)
    assert world.row(first).paused_at is None, "the same old figures stop nothing twice"


def test_a_stream_is_warned_of_and_stopped_only_where_that_is_wished(
    world: World, server: Servers
) -> None:
    one = server()
    world.relay(one, "one")
    one.rcpt = every(5)
    limits(world, pauses=[])
    world.people(30)
    world.dispatch()
    world.send()
    watch(world)
    assert levels(world) == {"relay": "warn", "stream": "warn"}
    limits(world, pauses=["stream"])
    watch(world)
    with world.database.reading() as session:
        stream = pausing.stream(session, world.workspace_id, "marketing")
    assert stream.reason == "guard: 6 of 30 mails (20 %) were returned for good; the limit is 5 %"


def complain(world: World, *attempts: int) -> None:
    with world.database.transaction() as session:
        for attempt in attempts:
            event = Event("complained", attempt, "abuse")
            ledger.hear(session, world.workspace_id, event, now=world.clock())


def test_complaints(world: World, server: Servers) -> None:
    one = server()
    relay = world.relay(one, "one", daily_limit=30)
    limits(world)
    world.people(40)
    dispatch = world.dispatch()
    send_a_day(world, dispatch, 30)
    watch(world)
    assert levels(world) == {}
    first, second = [one.id for one in world.attempts()][:2]
    complain(world, first, first)
    watch(world)
    assert levels(world)["campaign"] == "warn", "one person is no rate"
    complain(world, second)
    watch(world)
    why = "guard: 2 of 30 mails (6.67 %) were complained about as spam; the limit is 0.3 %"
    assert row(world, dispatch).hold_reason == why
    world.change(relay, daily_limit=None)


def test_deferrals_are_warned_of(world: World, server: Servers) -> None:
    one = server()
    world.relay(one, "one")
    one.rcpt = every(4, "451 4.2.0 later")
    limits(world)
    world.people(40)
    dispatch = world.dispatch()
    world.send()
    watch(world)
    assert levels(world) == {"campaign": "warn", "relay": "warn", "stream": "warn"}
    assert row(world, dispatch).hold == ""
    one.rcpt = lambda _: None
    world.clock.turn(hours=1)
    world.send()
    watch(world)
    assert "campaign" not in levels(world)


def test_a_warm_up_does_not_grow_on_bad_figures(world: World, server: Servers) -> None:
    one = server()
    plan = {"start": "2026-11-22", "first_day": 20, "growth": 2.0, "target": 1000}
    relay = world.relay(one, "one", warm_up=plan)
    one.rcpt = every(4)
    limits(world, pauses=[])
    world.people(100)
    dispatch = world.dispatch()
    send_a_day(world, dispatch, 20)
    for _ in range(2):
        watch(world)
    assert world.row(relay).warm_up_frozen == ["2026-11-22"]
    one.rcpt = lambda _: None
    for begun_on_it, begun in ((20, 40), (40, 80)):
        world.clock.turn(days=1)
        send_a_day(world, dispatch, begun)
        watch(world)
        assert world.row(relay).day_count == begun_on_it


def test_a_small_campaign_is_not_judged(world: World, server: Servers) -> None:
    one = server()
    world.relay(one, "one")
    one.rcpt = every(1)
    limits(world)
    world.people(19)
    dispatch = world.dispatch()
    world.send()
    watch(world)
    assert levels(world) == {}
    assert world.balance(dispatch) == {"bounced": 19}


def test_a_watch_that_is_killed_or_doubled_is_harmless(world: World, server: Servers) -> None:
    one = server()
    world.relay(one, "one", daily_limit=30)
    one.rcpt = every(2)
    limits(world)
    world.people(40)
    dispatch = world.dispatch()
    send_a_day(world, dispatch, 30)
    for _ in range(3):
        watch(world)
    assert levels(world) == {"campaign": "pause"}
    assert world.balance(dispatch) == {"sent": 15, "bounced": 15, "queued": 10}
