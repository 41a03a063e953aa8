"""What nobody knew: a person settles it, or a later event does."""

from uuid import UUID

import pytest
from sqlalchemy import select

from app.contacts.models import Suppression
from app.sending import ledger
from app.sending.ledger import Event, Heard, Settled
from app.sending.models import Attempt, Delivery, Dispatch
from tests.sending.test_ledger import OK, SILENCE, Hand
from tests.sending.world import World


@pytest.fixture
def hand(world: World) -> Hand:
    return Hand(world, world.relay(1, "one"))


@pytest.fixture
def dispatch(world: World, hand: Hand) -> UUID:
    """Three deliveries in doubt, one sent."""
    world.people(4)
    made = world.dispatch()
    doubtful = sorted(hand.begin(hand.claim(made)).values())[:3]
    known = {one.id for one in world.attempts()} - set(doubtful)
    hand.finish(*[Heard(one, SILENCE) for one in doubtful], *[Heard(one, OK) for one in known])
    with world.database.transaction() as session:
        ledger.close_finished(session, world.clock())
    assert world.balance(made) == {"sent": 1, "unknown": 3}
    return made


def settle(world: World, dispatch: UUID, *addresses: str, went: bool) -> Settled:
    with world.database.transaction() as session:
        return ledger.settle_unknown(
            session, dispatch, went=went, addresses=addresses or None, now=world.clock()
        )


def hear(world: World, event: Event, workspace: UUID | None = None) -> bool:
    with world.database.transaction() as session:
        return ledger.hear(session, workspace or world.workspace_id, event, now=world.clock())


def doubtful(world: World) -> list[tuple[int, str, str]]:
    """(attempt, Message-ID, address)."""
    with world.database.reading() as session:
        rows = session.execute(
            select(Attempt.id, Delivery.id, Delivery.dispatch_id, Delivery.address)
            .join(Delivery, Delivery.id == Attempt.delivery_id)
            .where(Attempt.outcome == "unknown")
            .order_by(Attempt.id)
        )
        return [(a, f"<{d}.{i.hex}@shop.example.com>", address) for a, d, i, address in rows]


def test_it_went(world: World, dispatch: UUID) -> None:
    one = doubtful(world)[0][2]
    assert settle(world, dispatch, one, went=True) == Settled(1)
    assert settle(world, dispatch, one, went=True) == Settled(0, not_in_doubt=(one,))
    assert world.balance(dispatch) == {"sent": 2, "unknown": 2}
    assert settle(world, dispatch, went=True) == Settled(2)
    assert world.balance(dispatch) == {"sent": 4}


def test_send_again_waits_until_no_answer_can_come(
    world: World, hand: Hand, dispatch: UUID
) -> None:
    world.clock.turn(minutes=14)
    assert settle(world, dispatch, went=False) == Settled(0, too_early=3)
    world.clock.turn(minutes=1)
    assert settle(world, dispatch, doubtful(world)[0][2], went=False) == Settled(1, 0)
    assert world.balance(dispatch) == {"queued": 1, "sent": 1, "unknown": 2}
    with world.database.reading() as session:
        assert session.get_one(Dispatch, dispatch).finished_at is None
    (again,) = hand.claim(dispatch)
    assert again.stay == hand.relay, "only the relay that had it may recognise it"
    hand.finish(*[Heard(one, OK) for one in hand.begin([again]).values()])
    assert world.balance(dispatch) == {"sent": 2, "unknown": 2}


def test_a_later_event_settles_it(world: World, dispatch: UUID) -> None:
    (attempt, _, _), (_, message_id, _), (_, bare, _) = doubtful(world)
    assert hear(world, Event("delivered", attempt))
    assert hear(world, Event("delivered", message_id))
    assert hear(world, Event("complained", bare.strip("<>")))
    assert world.balance(dispatch) == {"sent": 4}
    assert {one.outcome for one in world.attempts()} == {"accepted"}
    with world.database.reading() as session:
        assert session.scalars(select(Suppression.reason)).all() == ["complained"]


def test_what_arrived_is_not_sent_again(world: World, hand: Hand, dispatch: UUID) -> None:
    world.clock.turn(minutes=15)
    settle(world, dispatch, went=False)
    for _, message_id, _ in doubtful(world):
        hear(world, Event("delivered", message_id))
    assert hand.claim(dispatch) == []
    assert world.balance(dispatch) == {"sent": 4}


@pytest.mark.parametrize(("hard", "suppressed"), [(True, ["bounced"]), (False, [])])
def test_a_bounce_that_comes_later(
    world: World, hand: Hand, dispatch: UUID, hard: bool, suppressed: list[str]
) -> None:
    sent = next(one for one in world.attempts() if one.outcome == "accepted")
    bounce = Event("bounced", sent.id, "550 5.1.1 user unknown", hard=hard)
    world.change(hand.relay, fail_streak=3)
    assert hear(world, bounce)
    assert hear(world, bounce)
    assert world.balance(dispatch) == {"bounced": 1, "unknown": 3}
    with world.database.reading() as session:
        assert list(session.scalars(select(Suppression.reason))) == suppressed
    row = world.row(hand.relay)
    assert (row.fail_streak, row.open_until) == (3, None), "the breaker hears nothing of it"


def test_what_is_not_ours_changes_nothing(world: World, dispatch: UUID) -> None:
    attempt, message_id, _ = doubtful(world)[0]
    other = UUID(int=7)
    strange = ("", "<1@elsewhere>", message_id.replace(dispatch.hex, other.hex), "<9.x@y>", 10**9)
    for about in strange:
        assert not hear(world, Event("delivered", about))
    assert not hear(world, Event("delivered", attempt), workspace=other)
    assert world.balance(dispatch) == {"sent": 1, "unknown": 3}


def test_an_event_about_what_was_never_in_doubt(world: World, dispatch: UUID) -> None:
    world.people(1, "late.example.com")
    with world.database.reading() as session:
        sent = session.scalars(select(Delivery).where(Delivery.state == "sent")).one()
    about = f"<{sent.id}.{dispatch.hex}@shop.example.com>"
    assert hear(world, Event("delivered", about))
    assert world.balance(dispatch) == {"sent": 1, "unknown": 3}


def test_at_least_once_tries_again_with_the_same_relay(world: World, hand: Hand) -> None:
    world.people(1)
    made = world.dispatch(promise="at_least_once")
    (claimed,) = hand.claim(made)
    hand.finish(*[Heard(one, SILENCE) for one in hand.begin([claimed]).values()])
    assert world.balance(made) == {"deferred": 1}
    world.clock.turn(minutes=14)
    assert hand.claim(made) == []
    world.clock.turn(minutes=1)
    (again,) = hand.claim(made)
    assert again.stay == hand.relay
    world.clock.turn(hours=24)
    hand.finish(*[Heard(one, SILENCE) for one in hand.begin([again]).values()])
    assert world.balance(made) == {"unknown": 1}, "not for ever"
