"""Spread and sending windows through the real engine, with a clock that is turned."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import delete, select, update

from app.contacts.models import Contact
from app.rules.pace.spread import Spread
from app.rules.pace.windows import from_words
from app.sending import ledger
from app.sending.models import Delivery, Dispatch
from app.sending.schedule.due import Due
from app.workspaces.models import Workspace
from tests.sending.servers import RelayServer
from tests.sending.test_pausing import at_rest
from tests.sending.world import World

Servers = Callable[..., RelayServer]
DAILY = {"days": ["mon", "tue", "wed", "thu", "fri", "sat", "sun"], "zone": "workspace"}
#: The clock of the tests stands at Sunday noon in UTC.
AFTERNOON = DAILY | {"from": "14:00", "to": "15:00"}


def launched(world: World, due: Due, **more: Any) -> UUID:
    """A dispatch whose deliveries are due as ``due`` says."""
    made = world.dispatch(**more)
    with world.database.transaction() as session:
        session.execute(delete(Delivery).where(Delivery.dispatch_id == made))
        people = select(Contact.id, Contact.email, Contact.address)
        ledger.enqueue(session, dispatch_id=made, contacts=people, due_at=world.clock(), due=due)
    return made


def test_evenly_over_an_hour(world: World, server: Servers) -> None:
    one = server()
    world.relay(one, "one")
    world.people(6)
    launched(world, Due(world.clock(), spread=Spread(True, 0, 3_600_000, 1)))
    for sent in range(1, 7):
        world.send()
        assert len(one.taken) == sent
        world.clock.turn(minutes=10)


def test_nothing_goes_outside_the_window(world: World, server: Servers) -> None:
    one = server()
    world.relay(one, "one")
    world.people(3)
    dispatch = world.dispatch(sending_window=AFTERNOON)
    world.clock.turn(hours=1, minutes=59)
    world.send(until=at_rest(world, dispatch))
    assert one.taken == []
    world.clock.turn(minutes=1)
    world.send()
    assert world.balance(dispatch) == {"sent": 3}


def test_what_is_deferred_keeps_to_the_window(world: World, server: Servers) -> None:
    one = server()
    world.relay(one, "one")
    world.people(2)
    one.rcpt = lambda _: "451 4.2.0 later"
    dispatch = world.dispatch(sending_window=AFTERNOON)
    world.clock.turn(hours=2, minutes=57)
    world.send()
    assert world.balance(dispatch) == {"deferred": 2}
    one.rcpt = lambda _: None
    world.clock.turn(minutes=10)
    world.send(until=at_rest(world, dispatch))
    assert world.balance(dispatch) == {"queued": 2}, "due, but it is five past three"
    world.clock.turn(hours=23)
    world.send()
    assert world.balance(dispatch) == {"sent": 2}


def test_a_daily_limit_does_not_carry_mail_into_the_night(world: World, server: Servers) -> None:
    one = server()
    world.relay(one, "one", daily_limit=2)
    world.people(3)
    dispatch = world.dispatch(sending_window=AFTERNOON)
    world.clock.turn(hours=2)
    world.send(until=lambda: len(one.taken) == 2 and "sending" not in world.balance(dispatch))
    world.clock.turn(hours=11)
    world.send(until=at_rest(world, dispatch))
    assert len(one.taken) == 2, "the new day's limit is there, but it is one o'clock at night"
    world.clock.turn(hours=13)
    world.send()
    assert world.balance(dispatch) == {"sent": 3}


def test_the_recipient_s_clock(world: World, server: Servers) -> None:
    """Nine o'clock: in Tokyo first, then where nothing is known (the workspace, Berlin), then in
    New York; a window that closed before she was reached opens the next day.
    """
    one = server()
    world.relay(one, "one")
    world.people(4)
    zones = ("Asia/Tokyo", "Nowhere/Known", "America/New_York", "")
    with world.database.transaction() as session:
        session.execute(update(Workspace).values(timezone="Europe/Berlin"))
        for number, zone in enumerate(zones):
            hers = Contact.address == f"p{number}@people.example.com"
            session.execute(update(Contact).where(hers).values(timezone=zone))
    words = DAILY | {"from": "09:00", "to": "10:00", "zone": "recipient"}
    due = Due(world.clock(), "Europe/Berlin", None, from_words(words))
    dispatch = launched(world, due, sending_window=words)

    def sent_by(moment: str, *expected: str) -> bool:
        world.clock.time = datetime.fromisoformat(moment).replace(tzinfo=UTC)
        all_of_them = len(expected)
        world.send(until=at_rest(world, dispatch, done=lambda: len(one.taken) >= all_of_them))
        return sorted(recipient[:2] for recipient in one.recipients) == list(expected)

    assert sent_by("2026-11-22T13:59")
    assert sent_by("2026-11-22T14:30", "p2")
    assert sent_by("2026-11-22T23:59", "p2")
    assert sent_by("2026-11-23T01:30", "p2"), "Tokyo was asleep again when the sender came"
    assert sent_by("2026-11-23T08:30", "p1", "p2", "p3")
    assert sent_by("2026-11-24T00:30", "p0", "p1", "p2", "p3")


def test_many_that_wait_for_an_opening_are_put_off_together(world: World, server: Servers) -> None:
    one = server()
    relay = world.relay(one, "one", rate_per_second=1)
    world.people(40)
    with world.database.transaction() as session:
        session.execute(update(Contact).values(timezone="Asia/Tokyo"))
    words = DAILY | {"from": "09:00", "to": "10:00", "zone": "recipient"}
    dispatch = world.dispatch(sending_window=words)
    opening = datetime(2026, 11, 23, 0, 0, tzinfo=UTC)

    def all_put_off() -> bool:
        return {one.due_at for one in world.deliveries(dispatch)} == {opening}

    world.send(until=at_rest(world, dispatch, done=all_put_off))
    assert (one.taken, world.row(relay).day_count) == ([], 0)
    with world.database.reading() as session:
        assert session.scalars(select(Dispatch.hold)).all() == [""]
