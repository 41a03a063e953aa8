"""Figures are exact: counted twice, late, in doubt, they say what the ledger says."""

from collections.abc import Callable
from uuid import UUID

from sqlalchemy import select, update

from app.rules.health.figures import Figures, hour_of, quantile
from app.sending.models import Attempt
from app.sending.replies import rules
from app.watching import figures, keeping
from app.watching.models import ALL, FOLDED, RelayFigures, Stretch
from tests.sending.servers import RelayServer
from tests.watching.conftest import Ledger

TAKEN = ("accepted", "250 2.0.0 ok")


def hours(ledger: Ledger, relay_id: UUID) -> dict[int, Figures]:
    with ledger.database.reading() as session:
        every = figures.by_hour(session, [relay_id], 1, 10**7)
    return dict(every.get(relay_id, {}))


def whole(ledger: Ledger, relay_id: UUID) -> Figures:
    with ledger.database.reading() as session:
        return figures.ever(session).get(relay_id, Figures())


def test_every_outcome_is_counted_in_its_hour(ledger: Ledger) -> None:
    relay = ledger.relay(25, "one")
    ledger.people(9)
    dispatch = ledger.dispatch()
    ledger.write(
        dispatch,
        relay,
        TAKEN,
        TAKEN,
        ("deferred", "450 4.2.1 later"),
        ("bounced", "550 5.1.1 user unknown"),
        ("bounced", "552 5.2.2 mailbox full"),
        ("void", ""),
        ("unknown", "connection lost"),
        took=256,
        waited=4711,
    )
    ledger.clock.turn(hours=1)
    ledger.write(dispatch, relay, ("throttled", "454 slow down"), took=90_000)
    keeping.keep(ledger.database, ledger.clock())
    first, second = sorted(hours(ledger, relay).items())
    assert second[0] == first[0] + 1 == hour_of(ledger.clock())
    assert dict(first[1].counts) == {
        "attempts": 6,
        "accepted": 2,
        "deferred": 1,
        "hard": 1,
        "soft": 1,
        "unknown": 1,
    }
    assert first[1].reply == {250: 5}, "nobody answered to the one in doubt"
    assert first[1].queue == {4700: 2}
    assert second[1].counts == {"attempts": 1, "throttled": 1}
    assert quantile(second[1].reply, 0.95) == 90_000


def test_counting_again_changes_nothing(ledger: Ledger) -> None:
    relay = ledger.relay(25, "one")
    ledger.people(10)
    ledger.write(ledger.dispatch(), relay, *[TAKEN] * 10)
    assert keeping.keep(ledger.database, ledger.clock(), size=4) == 3
    before = whole(ledger, relay)
    assert before["accepted"] == 10
    for _ in range(3):
        keeping.keep(ledger.database, ledger.clock.turn(seconds=11), size=4)
        assert whole(ledger, relay) == before


def test_what_is_settled_is_folded_and_never_counted_again(ledger: Ledger) -> None:
    relay = ledger.relay(25, "one")
    ledger.people(10)
    ledger.write(ledger.dispatch(), relay, *[TAKEN] * 10)
    keeping.keep(ledger.database, ledger.clock(), size=4)
    keeping.keep(ledger.database, ledger.clock.turn(minutes=6), size=4)
    assert whole(ledger, relay)["accepted"] == 10
    with ledger.database.reading() as session:
        rows = session.scalars(select(RelayFigures)).all()
    assert {row.stretch: row.counts["accepted"] for row in rows} == {FOLDED: 7, ALL: 7, 2: 3}
    assert keeping.keep(ledger.database, ledger.clock.turn(minutes=6), size=4) == 0
    assert sum(one["accepted"] for one in hours(ledger, relay).values()) == 10


def test_open_attempts_are_counted_when_they_end(ledger: Ledger) -> None:
    relay = ledger.relay(25, "one")
    ledger.people(3)
    ledger.write(ledger.dispatch(), relay, TAKEN, (None, ""), TAKEN)
    keeping.keep(ledger.database, ledger.clock(), size=2)
    assert whole(ledger, relay)["attempts"] == 2
    late = ledger.clock.turn(hours=2)
    keeping.keep(ledger.database, late, size=2)
    with ledger.database.transaction() as session:
        ended = {"outcome": "accepted", "finished_at": late}
        session.execute(update(Attempt).where(Attempt.outcome.is_(None)).values(**ended))
    keeping.keep(ledger.database, ledger.clock.turn(seconds=11), size=2)
    assert whole(ledger, relay)["attempts"] == 3
    assert hours(ledger, relay)[hour_of(late)]["accepted"] == 1


def test_what_nobody_knew_moves_when_it_is_known(ledger: Ledger) -> None:
    relay = ledger.relay(25, "one")
    ledger.people(6)
    ledger.write(ledger.dispatch(), relay, *[("unknown", "silence")] * 2, *[TAKEN] * 4)
    keeping.keep(ledger.database, ledger.clock.turn(hours=1), size=4)
    assert whole(ledger, relay)["unknown"] == 2
    with ledger.database.transaction() as session:
        session.execute(update(Attempt).where(Attempt.id == 1).values(outcome="accepted"))
    keeping.keep(ledger.database, ledger.clock.turn(hours=1), size=4)
    found = whole(ledger, relay)
    assert (found["attempts"], found["unknown"], found["accepted"]) == (6, 1, 5)


def test_a_number_that_comes_into_sight_late_is_not_missed(ledger: Ledger) -> None:
    """A transaction that began earlier may commit later: 3 is seen before 2 is."""
    relay = ledger.relay(25, "one")
    ledger.people(6)
    ledger.write(ledger.dispatch(), relay, *[TAKEN] * 6)
    with ledger.database.transaction() as session:
        row = session.get_one(Attempt, 2)
        kept = {column.name: getattr(row, column.name) for column in Attempt.__table__.columns}
        session.delete(row)
    keeping.keep(ledger.database, ledger.clock.turn(seconds=1), size=3)
    assert whole(ledger, relay)["accepted"] == 5
    with ledger.database.transaction() as session:
        session.add(Attempt(**kept))
    keeping.keep(ledger.database, ledger.clock.turn(minutes=6), size=3)
    assert whole(ledger, relay)["accepted"] == 6


def test_two_that_count_at_once_do_not_count_twice(ledger: Ledger) -> None:
    """The slower one finds that the stretch has changed since it looked, and leaves it."""
    relay = ledger.relay(25, "one")
    ledger.people(4)
    dispatch = ledger.dispatch()
    ledger.write(dispatch, relay, *[TAKEN] * 3)
    keeping.keep(ledger.database, ledger.clock(), size=100)
    with ledger.database.reading() as session:
        version = session.get_one(Stretch, 0).version
        old = keeping.count(session, 0, 99)
    ledger.write(dispatch, relay, TAKEN)
    keeping.keep(ledger.database, ledger.clock(), size=100)
    with ledger.database.transaction() as session:
        keeping._write(session, 0, version, old, None)
    assert whole(ledger, relay)["accepted"] == 4


def test_counted_anew_it_is_the_same(ledger: Ledger) -> None:
    relay = ledger.relay(25, "one")
    ledger.people(2)
    dispatch = ledger.dispatch()
    for _ in range(3):
        ledger.write(dispatch, relay, TAKEN, ("bounced", "550 5.1.1 unknown"), took=40)
        keeping.keep(ledger.database, ledger.clock.turn(minutes=31), size=3)
    before = hours(ledger, relay)
    keeping.forget(ledger.database)
    assert hours(ledger, relay) == {}
    keeping.keep(ledger.database, ledger.clock(), size=5)
    assert hours(ledger, relay) == before


def test_an_empty_ledger(ledger: Ledger) -> None:
    assert keeping.keep(ledger.database, ledger.clock()) == 0


def test_a_large_ledger_is_counted_turn_by_turn(ledger: Ledger) -> None:
    relay = ledger.relay(25, "one")
    ledger.people(120)
    ledger.write(ledger.dispatch(), relay, *[TAKEN] * 120)
    assert keeping.keep(ledger.database, ledger.clock(), size=2) == keeping.MOST
    keeping.keep(ledger.database, ledger.clock(), size=2)
    assert whole(ledger, relay)["accepted"] == 120


def test_what_a_sender_does_is_counted(ledger: Ledger, server: Callable[..., RelayServer]) -> None:
    """Through the real engine: a relay that refuses one of five, who waited five seconds."""
    one = server()
    one.rcpt = lambda to: "550 5.1.1 user unknown" if to.startswith("p1@") else None
    relay = ledger.relay(one, "one")
    ledger.people(5)
    ledger.dispatch()
    ledger.clock.turn(seconds=5)
    ledger.send()
    keeping.keep(ledger.database, ledger.clock())
    found = whole(ledger, relay)
    assert dict(found.counts) == {"attempts": 5, "accepted": 4, "hard": 1}
    assert found.queue == {5000: 4}


def test_what_is_hard_people_may_say_themselves(ledger: Ledger) -> None:
    relay = ledger.relay(25, "one")
    ledger.people(2)
    said = {"name": "mine", "text": "has left", "outcome": "bounced", "suppress": True}
    with ledger.database.transaction() as session:
        rules.create(session, ledger.workspace_id, said, now=ledger.clock())
    ledger.write(
        ledger.dispatch(),
        relay,
        ("bounced", "550 she has left"),
        ("bounced", "550 she may come back"),
    )
    keeping.keep(ledger.database, ledger.clock())
    found = whole(ledger, relay).counts
    assert (found["hard"], found["soft"]) == (1, 1)


def test_a_stretch_that_was_full_to_its_last_number_is_settled_later(ledger: Ledger) -> None:
    relay = ledger.relay(25, "one")
    ledger.people(4)
    dispatch = ledger.dispatch()
    ledger.write(dispatch, relay, *[TAKEN] * 3)
    keeping.keep(ledger.database, ledger.clock.turn(hours=1), size=4)
    with ledger.database.reading() as session:
        assert keeping.counted_below(session, size=4) == 0
    ledger.write(dispatch, relay, TAKEN)
    keeping.keep(ledger.database, ledger.clock.turn(hours=1), size=4)
    with ledger.database.reading() as session:
        assert keeping.counted_below(session, size=4) == 4
    assert whole(ledger, relay)["accepted"] == 4
