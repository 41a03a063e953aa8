"""Due times are made by one statement, and are what the rules say, row by row."""

from datetime import UTC, datetime, time
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import delete, select, update

from app.contacts.models import Contact
from app.rules.pace import spread as spreading
from app.rules.pace.spread import Spread
from app.rules.pace.windows import Window
from app.sending import ledger
from app.sending.models import Delivery
from app.sending.schedule.due import Due
from tests.sending.world import World

OFFICE = Window(frozenset(range(5)), time(9), time(17))
HERS = Window(frozenset(range(5)), time(9), time(17), recipient=True)
EVENLY = Spread(True, 0, 600 * 60_000, 11)
BY_CHANCE = Spread(False, 0, 900 * 60_000, 2**31 - 2)
ZONES = ("", "Europe/Berlin", "America/New_York", "Mars/Olympus", "Asia/Kathmandu")


def queued(world: World, due: Due) -> list[tuple[str, datetime]]:
    """(time zone of the contact, due at) in the order of the ledger."""
    dispatch = world.dispatch()
    with world.database.transaction() as session:
        session.execute(delete(Delivery).where(Delivery.dispatch_id == dispatch))
        people = select(Contact.id, Contact.email, Contact.address)
        ledger.enqueue(session, dispatch_id=dispatch, contacts=people, due_at=due.start, due=due)
        rows = session.execute(
            select(Contact.timezone, Delivery.due_at)
            .join(Contact, Contact.id == Delivery.contact_id)
            .order_by(Delivery.id)
        )
        return [(zone, at) for zone, at in rows]


def expected(due: Due, place: int, audience: int, zone: str) -> datetime:
    hers = due.window is not None and due.window.recipient and zone in ZONES[1:3] + ZONES[4:]
    stretches = spreading.stretches(
        due.window,
        ZoneInfo(zone if hers else due.zone),
        due.start,
        due.spread.most if due.spread else 0,
    )
    waits = spreading.offset(due.spread, place, audience) if due.spread else 0
    return datetime.fromtimestamp(spreading.moment(stretches, waits) / 1000, UTC)


@pytest.mark.parametrize("window", [None, OFFICE, HERS], ids=["always", "office", "hers"])
@pytest.mark.parametrize("spread", [None, EVENLY, BY_CHANCE], ids=["once", "evenly", "by chance"])
def test_each_is_due_when_the_rules_say(
    world: World, window: Window | None, spread: Spread | None
) -> None:
    people = 60
    world.people(people)
    with world.database.transaction() as session:
        ids: list[UUID] = list(session.scalars(select(Contact.id).order_by(Contact.id)))
        for number, one in enumerate(ids):
            zone = ZONES[number % len(ZONES)]
            session.execute(update(Contact).where(Contact.id == one).values(timezone=zone))
    due = Due(world.clock(), "Asia/Tokyo", spread, window)
    found = queued(world, due)
    wanted: Any = [
        (zone, expected(due, place, people, zone)) for place, (zone, _) in enumerate(found)
    ]
    assert found == wanted


def test_a_spread_that_does_not_fit_is_refused(world: World) -> None:
    world.people(1)
    minutely = Window(frozenset({0}), time(9), time(9, 1))
    with pytest.raises(ValueError, match="does not fit"):
        queued(world, Due(world.clock(), "UTC", EVENLY, minutely))
