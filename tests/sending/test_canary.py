"""A few first, through the real engine: the others follow, or the campaign halts itself."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import delete, select, update

from app.contacts.models import Contact
from app.rules.health import canary as rule
from app.rules.pace.spread import Spread
from app.runtime import Runtime
from app.sending import ledger
from app.sending.guards import canaries
from app.sending.ledger import Event
from app.sending.models import Attempt, Delivery, Dispatch
from app.sending.schedule.due import Due
from app.vault import Vault
from tests.sending.servers import RelayServer
from tests.sending.test_guards import alerts
from tests.sending.test_pausing import at_rest
from tests.sending.world import World

Servers = Callable[..., RelayServer]
WORDS = {"share": 0.25, "wait_minutes": 30}


def launched(world: World, words: dict[str, Any] = WORDS, spread: Spread | None = None) -> UUID:
    """A dispatch with a canary, as a launch makes it."""
    made = world.dispatch()
    due = Due(world.clock(), spread=spread, canary=rule.from_words(words), seed=7)
    with world.database.transaction() as session:
        session.execute(delete(Delivery).where(Delivery.dispatch_id == made))
        people = select(Contact.id, Contact.email, Contact.address)
        size = ledger.enqueue(
            session, dispatch_id=made, contacts=people, due_at=world.clock(), due=due
        )
        session.get_one(Dispatch, made).canary = canaries.begun(words, due, size)
    return made


def sent_first(world: World, server: Servers, **more: Any) -> tuple[RelayServer, UUID]:
    """A relay that took the five canaries of twenty, and their dispatch."""
    one = server()
    world.relay(one, "one")
    world.people(20)
    dispatch = launched(world, **more)
    world.send()
    return one, dispatch


def watch(world: World) -> None:
    vault = Vault(["a master key for tests"])
    canaries.watch(Runtime(world.database, vault, world.clock, "http://127.0.0.1:8080"))


def state(world: World, dispatch: UUID) -> str:
    with world.database.reading() as session:
        found = canaries.view(session, dispatch, world.clock())
        assert found is not None
        return found.state


def look(world: World, dispatch: UUID) -> None:
    """A sender looks for a while, though there is nothing that it may send."""
    world.send(until=at_rest(world, dispatch))


def test_the_others_follow_when_nothing_bad_was_heard(world: World, server: Servers) -> None:
    one, dispatch = sent_first(world, server)
    first = set(one.recipients)
    assert world.balance(dispatch) == {"sent": 5, "queued": 15}
    world.clock.turn(minutes=29)
    watch(world)
    world.clock.turn(minutes=1)
    look(world, dispatch)
    assert len(one.taken) == 5, "nobody follows before it was looked at them"
    watch(world)
    assert state(world, dispatch) == "passed"
    world.send()
    assert world.balance(dispatch) == {"sent": 20}
    assert len(set(one.recipients)) == 20
    launched(world)
    one.taken.clear()
    world.send()
    assert set(one.recipients) == first, "the same audience, the same canaries"


def test_it_halts_itself_and_a_person_decides(world: World, server: Servers) -> None:
    one = server()
    world.relay(one, "one")
    one.rcpt = lambda _: "550 5.1.1 no such user"
    world.people(20)
    dispatch = launched(world)
    world.send()
    watch(world)
    with world.database.reading() as session:
        found = session.get_one(Dispatch, dispatch)
    assert (found.hold, state(world, dispatch)) == ("paused", "halted")
    assert found.hold_reason == (
        "canary: 5 of 5 mails (100 %) were returned for good; the limit is 5 %"
    )
    assert len(alerts(world)) == 1
    one.rcpt = lambda _: None
    world.clock.turn(hours=1)
    look(world, dispatch)
    assert world.balance(dispatch) == {"bounced": 5, "queued": 15}
    with world.database.transaction() as session:
        ledger.hold(session, dispatch, hold="", now=world.clock())
    for _ in range(2):
        watch(world)
    assert (alerts(world), state(world, dispatch)) == ([], "passed")
    world.send()
    assert world.balance(dispatch) == {"bounced": 5, "sent": 15}


def test_a_complaint_while_it_is_waited(world: World, server: Servers) -> None:
    _, dispatch = sent_first(world, server)
    with world.database.transaction() as session:
        taken = session.scalars(select(Attempt.id).limit(1)).one()
        event = Event("complained", taken, "abuse")
        ledger.hear(session, world.workspace_id, event, now=world.clock())
    watch(world)
    assert state(world, dispatch) == "halted"


def test_go_on_now(world: World, server: Servers) -> None:
    _, dispatch = sent_first(world, server)
    with world.database.transaction() as session:
        assert canaries.go_on(session, dispatch, now=world.clock())
        assert not canaries.go_on(session, dispatch, now=world.clock())
    world.send()
    assert world.balance(dispatch) == {"sent": 20}


@pytest.mark.parametrize("late", [0, 60])
def test_a_spread_begins_when_the_canary_has_passed(
    world: World, server: Servers, late: int
) -> None:
    spread = Spread(True, 0, 20 * 60_000, 1)
    one, dispatch = sent_first(world, server, spread=spread)
    world.clock.turn(minutes=30 + late)
    watch(world)
    assert state(world, dispatch) == "passed"
    for _ in range(2):
        world.send()
        before = len(one.taken)
        world.clock.turn(minutes=9)
        world.send()
        assert 4 <= len(one.taken) - before <= 10
    world.clock.turn(minutes=2)
    world.send()
    assert world.balance(dispatch) == {"sent": 20}


def test_canaries_fail_over_and_are_retried_while_it_is_tested(
    world: World, server: Servers
) -> None:
    one, two = server(), server()
    world.relay(one, "one")
    world.relay(two, "two")
    world.failover()
    one.mail = lambda _: "421 4.3.2 no"
    world.people(20)
    dispatch = launched(world)
    world.send()
    assert len(two.taken) == 5
    watch(world)
    assert state(world, dispatch) == "testing"


def test_a_paused_campaign_is_not_decided(world: World, server: Servers) -> None:
    _, dispatch = sent_first(world, server)
    with world.database.transaction() as session:
        session.execute(update(Dispatch).values(hold="paused"))
    world.clock.turn(hours=1)
    watch(world)
    assert state(world, dispatch) == "testing"
