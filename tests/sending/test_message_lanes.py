"""Messages never wait behind a campaign: lines, turns and limits of their own."""

import threading
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from uuid import UUID

from app.rules.health.breaker import BreakerSettings
from app.sending import ledger
from app.sending.engine.books import Books, Patience
from app.sending.engine.plan import SMALL_WAVE
from app.sending.senders import leases
from app.sending.senders.watch import Watch
from tests.sending.servers import RelayServer
from tests.sending.test_messages import hand_in
from tests.sending.world import World

Servers = Callable[..., RelayServer]


def test_a_stuck_campaign_leaves_messages_a_line(world: World, server: Servers) -> None:
    one = server()
    world.relay(one, "one", max_connections=2)
    world.people(5)
    campaign = world.dispatch()
    going_on = threading.Event()
    one.hold_back = lambda to: going_on if to.startswith("p") else None
    (message,) = hand_in(world, "jane@example.com")

    def arrived() -> bool:
        stuck = one.connections > 1 and not going_on.is_set()
        if stuck and world.balance(message) == {"sent": 1}:
            assert "sent" not in world.balance(campaign)
            going_on.set()
        return going_on.is_set() and world.is_idle()

    world.send(until=arrived)
    assert world.balance(campaign) == {"sent": 5}
    assert one.recipients[0] == "jane@example.com"


def test_a_relay_never_sees_more_lines_than_it_may(world: World, server: Servers) -> None:
    one = server()
    world.relay(one, "one", max_connections=1)
    world.people(30)
    campaign = world.dispatch()
    hand_in(world, "jane@example.com")
    world.send()
    assert world.balance(campaign) == {"sent": 30}
    assert one.connections == 1


def test_the_next_token_is_a_messages(world: World, server: Servers) -> None:
    one = server()
    world.relay(one, "one", rate_per_second=1)
    world.people(5)
    world.dispatch()
    for number in range(3):
        if number == 1:
            hand_in(world, "jane@example.com")
        world.send(until=lambda number=number: len(one.taken) > number)  # type: ignore[misc]
        world.send(until=lambda: "sending" not in states(world))
        world.clock.turn(seconds=1)
    assert one.recipients[1] == "jane@example.com"


def states(world: World) -> set[str]:
    return {attempt.outcome or "sending" for attempt in world.attempts()}


def test_some_of_the_day_is_kept_for_messages(world: World, server: Servers) -> None:
    one = server()
    world.relay(one, "one", daily_limit=20)
    (first,) = hand_in(world, "jane@example.com")
    world.send()
    world.people(30)
    campaign = world.dispatch()
    world.send(until=lambda: len(one.taken) == 18)
    world.send(until=lambda: "sending" not in world.balance(campaign))
    assert world.balance(campaign) == {"sent": 17, "queued": 13}
    later = hand_in(world, "a@example.com", "b@example.com")
    world.send(until=lambda: all(world.balance(message) == {"sent": 1} for message in later))
    assert world.balance(first) == {"sent": 1}
    assert world.balance(campaign) == {"sent": 17, "queued": 13}


def test_without_messages_campaigns_have_all_of_the_day(world: World, server: Servers) -> None:
    one = server()
    world.relay(one, "one", daily_limit=20)
    world.people(30)
    hand_in(world, "jane@example.com")
    world.send()
    world.clock.turn(days=8)
    world.dispatch()
    world.send(until=lambda: len(one.taken) == 21)


def test_another_failing_relay_is_no_reason_to_wait(
    world: World, server: Servers, dead_port: int
) -> None:
    one = server()
    first = world.relay(one, "one")
    second = world.relay(dead_port, "dead")
    world.people(3)
    campaign = world.dispatch(pin=second)
    (message,) = hand_in(world, "jane@example.com", relay_id=first)
    world.send(until=lambda: world.balance(message) == {"sent": 1})
    assert "sent" not in world.balance(campaign)


def test_one_that_comes_while_a_campaign_runs_is_next(world: World, server: Servers) -> None:
    one = server()
    world.relay(one, "one", max_connections=4)
    world.people(400)
    campaign = world.dispatch()
    made: list[UUID] = []

    def next_one(_: str) -> str | None:
        if len(one.taken) >= 50 and not made:
            made.extend(hand_in(world, "jane@example.com"))
        return None

    one.rcpt = next_one
    world.send(until=lambda: bool(made) and world.balance(made[0]) == {"sent": 1})
    assert world.balance(campaign).get("queued", 0) > 0


def test_waves_of_campaigns_are_small_while_messages_come(
    world: World, server: Servers, tmp_path: Path
) -> None:
    world.relay(9, "one")
    world.people(200)
    world.dispatch()
    me = leases.register(world.database, host="here", boot_id="b", now=world.clock())
    watch = Watch(world.database, tmp_path, world.clock)
    books = Books(world.database, me, Patience(), world.clock, watch)
    assert books.plan(lambda _: 120).planned
    with world.database.transaction() as session:
        ledger.put_back(
            session,
            me,
            in_hand=[],
            now=world.clock(),
            breaker=BreakerSettings(),
            give_up=timedelta(1),
        )
    hand_in(world, "jane@example.com")
    found = books.plan(lambda _: 150).planned
    assert [one.is_message for one in found] == [True] + [False] * SMALL_WAVE
