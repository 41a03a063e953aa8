"""The ledger by itself: claim, begin, finish, recover, hold; the balance always closes."""

from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import select, update

from app import ids
from app.contacts.models import Contact, Suppression
from app.contacts.suppression import suppress
from app.rules.health.breaker import BreakerSettings
from app.rules.replies.meaning import Reply
from app.sending import ledger
from app.sending.ledger import Claimed, Heard, Wanted
from app.sending.models import Attempt, Delivery, Dispatch, Relay
from app.workspaces.models import Workspace
from tests.sending.world import World

OK = Reply("final_dot", 250, "2.0.0 queued")
SILENCE = Reply("final_dot", None, "connection lost")
ME = ids.new_id()
OTHER = ids.new_id()
RULES = {"breaker": BreakerSettings(), "give_up": timedelta(hours=24)}


class Hand:
    """A sender's hand on the ledger."""

    def __init__(self, world: World, relay: UUID, me: UUID = ME) -> None:
        self.world, self.relay, self.me = world, relay, me

    def claim(self, dispatch: UUID, fresh: int = 100, tried: int = 100) -> list[Claimed]:
        with self.world.database.transaction() as session:
            return ledger.claim(
                session, self.me, dispatch, fresh=fresh, tried=tried, now=self.world.clock()
            )

    def begin(self, claimed: Sequence[Claimed], *, fallback: bool = False) -> dict[int, int]:
        wanted = [Wanted(one.id, self.relay, "x@y.example", one.round, fallback) for one in claimed]
        with self.world.database.transaction() as session:
            return ledger.begin(session, self.me, wanted, self.world.clock())

    def finish(self, *heard: Heard) -> None:
        with self.world.database.transaction() as session:
            ledger.finish(session, heard, now=self.world.clock(), **RULES)


@pytest.fixture
def dispatch(world: World) -> UUID:
    world.people(5)
    return world.dispatch()


@pytest.fixture
def hand(world: World) -> Hand:
    return Hand(world, world.relay(1, "one"))


def test_two_claims_never_take_the_same(world: World, hand: Hand, dispatch: UUID) -> None:
    mine = hand.claim(dispatch, fresh=3)
    others = Hand(world, hand.relay, OTHER).claim(dispatch)
    assert len(mine) == 3
    assert len(others) == 2
    assert not {one.id for one in mine} & {one.id for one in others}
    assert world.balance(dispatch) == {"sending": 5}


def test_each_attempt_keeps_the_words_it_was_answered_with(
    world: World, hand: Hand, dispatch: UUID
) -> None:
    words = ["queued as 'A\u00dc'", 'with "quotes" \\ and {}', "", "\u65e5\u672c", "x" * 700]
    begun = sorted(hand.begin(hand.claim(dispatch)).values())
    pairs = zip(begun, words, strict=True)
    hand.finish(*(Heard(one, Reply("final_dot", 250 + n, w)) for n, (one, w) in enumerate(pairs)))
    with world.database.reading() as session:
        found = session.execute(
            select(Attempt.id, Attempt.outcome, Attempt.code, Attempt.text).order_by(Attempt.id)
        ).all()
    assert [tuple(row) for row in found] == [
        (one, "accepted", 250 + n, w[:500])
        for n, (one, w) in enumerate(zip(begun, words, strict=True))
    ]


def test_only_the_owner_begins(world: World, hand: Hand, dispatch: UUID) -> None:
    claimed = hand.claim(dispatch)
    assert Hand(world, hand.relay, OTHER).begin(claimed) == {}
    assert len(hand.begin(claimed)) == 5
    assert hand.begin(claimed) == {}


def test_an_unsubscribe_between_claim_and_begin_is_obeyed(
    world: World, hand: Hand, dispatch: UUID
) -> None:
    claimed = hand.claim(dispatch)
    with world.database.transaction() as session:
        suppress(
            session, world.workspace_id, [claimed[0].address], "unsubscribed", "", world.clock()
        )
    begun = hand.begin(claimed)
    assert claimed[0].id not in begun
    assert world.balance(dispatch) == {"sending": 4, "suppressed": 1}


def test_a_suppression_without_a_contact_is_obeyed(
    world: World, hand: Hand, dispatch: UUID
) -> None:
    claimed = hand.claim(dispatch)
    with world.database.transaction() as session:
        session.add(
            Suppression(
                workspace_id=world.workspace_id,
                address=claimed[1].address,
                reason="manual",
                created_at=world.clock(),
            )
        )
        session.delete(session.get_one(Contact, claimed[2].contact_id))
    assert len(hand.begin(claimed)) == 3
    reasons = {one.reason for one in world.deliveries(dispatch) if one.state == "suppressed"}
    assert reasons == {"manual", "the contact was deleted"}


def test_pause_and_cancel_let_nothing_begin(world: World, hand: Hand, dispatch: UUID) -> None:
    claimed = hand.claim(dispatch, fresh=2)
    with world.database.transaction() as session:
        ledger.hold(session, dispatch, hold="paused", now=world.clock())
    assert hand.begin(claimed) == {}
    assert world.balance(dispatch) == {"queued": 5}
    with world.database.transaction() as session:
        ledger.hold(session, dispatch, hold="", now=world.clock())
    claimed = hand.claim(dispatch, fresh=2)
    begun = hand.begin(claimed[:1])
    with world.database.transaction() as session:
        ledger.hold(session, dispatch, hold="cancelled", reason="enough", now=world.clock())
    assert hand.begin(claimed[1:]) == {}
    assert world.balance(dispatch) == {"sending": 1, "cancelled": 4}
    hand.finish(Heard(begun[claimed[0].id], Reply("connect", None, "refused")))
    with world.database.transaction() as session:
        ledger.close_finished(session, world.clock())
    assert world.balance(dispatch) == {"cancelled": 5}
    with world.database.reading() as session:
        assert session.get_one(Dispatch, dispatch).finished_at == world.clock()


def test_the_failover_switch_is_looked_at_again(world: World, hand: Hand, dispatch: UUID) -> None:
    claimed = hand.claim(dispatch)
    assert hand.begin(claimed[:2], fallback=True) == {}
    world.failover()
    claimed = hand.claim(dispatch)
    assert len(hand.begin(claimed, fallback=True)) == 2


def test_a_backup_that_is_named_meanwhile_is_the_only_one_who_may_help(
    world: World, hand: Hand, dispatch: UUID
) -> None:
    world.failover()
    claimed, other = hand.claim(dispatch), world.relay(2, "other")
    with world.database.transaction() as session:
        session.execute(update(Workspace).values(backup_relay_id=other))
    assert hand.begin(claimed[:2], fallback=True) == {}
    assert len(hand.begin(claimed[2:])) == 3
    helping = Hand(world, other)
    assert len(helping.begin(helping.claim(dispatch), fallback=True)) == 2


def test_limits_hold_at_begin(world: World, hand: Hand, dispatch: UUID) -> None:
    world.change(hand.relay, daily_limit=3)
    begun = hand.begin(hand.claim(dispatch))
    assert len(begun) == 3
    assert world.balance(dispatch) == {"sending": 3, "queued": 2}
    assert world.row(hand.relay).day_count == 3
    attempts = sorted(begun.values())
    hand.finish(Heard(attempts[0], None), Heard(attempts[1], OK))
    assert world.row(hand.relay).day_count == 2
    assert world.balance(dispatch) == {"sending": 1, "queued": 3, "sent": 1}


def test_a_probing_relay_gets_one(world: World, hand: Hand, dispatch: UUID) -> None:
    world.change(hand.relay, open_until=world.clock() - timedelta(seconds=1), fail_streak=5)
    begun = hand.begin(hand.claim(dispatch))
    assert len(begun) == 1
    assert hand.begin(hand.claim(dispatch)) == {}
    hand.finish(Heard(next(iter(begun.values())), None))
    assert len(hand.begin(hand.claim(dispatch))) == 1


def test_finish_twice_is_finish_once(world: World, hand: Hand, dispatch: UUID) -> None:
    begun = hand.begin(hand.claim(dispatch))
    for attempt in begun.values():
        hand.finish(Heard(attempt, OK))
        hand.finish(Heard(attempt, SILENCE), Heard(attempt, None))
    assert world.balance(dispatch) == {"sent": 5}


def test_what_was_heard_first_counts(world: World, hand: Hand, dispatch: UUID) -> None:
    one, two, *_ = hand.begin(hand.claim(dispatch)).values()
    hand.finish(Heard(one, SILENCE), Heard(one, OK), Heard(two, None), Heard(two, OK))
    assert world.balance(dispatch) == {"unknown": 1, "queued": 1, "sending": 3}


def test_each_attempt_keeps_its_own_words(world: World, hand: Hand, dispatch: UUID) -> None:
    begun = list(hand.begin(hand.claim(dispatch)).values())
    said = {
        one: Reply("final_dot", 250 + place, f"queued as {one}") for place, one in enumerate(begun)
    }
    hand.finish(*[Heard(one, reply) for one, reply in said.items()])
    with world.database.reading() as session:
        rows = session.execute(select(Attempt.id, Attempt.phase, Attempt.code, Attempt.text)).all()
    assert {row.id: Reply(row.phase, row.code, row.text) for row in rows} == said
    assert world.balance(dispatch) == {"sent": 5}


def test_a_late_reply_settles_an_unknown(world: World, hand: Hand, dispatch: UUID) -> None:
    begun = list(hand.begin(hand.claim(dispatch)).values())
    hand.finish(*[Heard(one, SILENCE) for one in begun])
    assert world.balance(dispatch) == {"unknown": 5}
    hand.finish(Heard(begun[0], OK), Heard(begun[1], SILENCE))
    assert world.balance(dispatch) == {"unknown": 4, "sent": 1}


def test_a_hard_bounce_suppresses(world: World, hand: Hand, dispatch: UUID) -> None:
    claimed = hand.claim(dispatch, fresh=1)
    begun = hand.begin(claimed)
    hand.finish(Heard(begun[claimed[0].id], Reply("rcpt_to", 550, "5.1.1 user unknown")))
    assert world.balance(dispatch) == {"queued": 4, "bounced": 1}
    with world.database.reading() as session:
        contact = session.get_one(Contact, claimed[0].contact_id)
        assert contact.status == "bounced"
        assert session.scalars(select(Suppression.reason)).all() == ["bounced"]
    assert world.row(hand.relay).fail_streak == 0


def test_recovery_believes_the_journal(world: World, hand: Hand, dispatch: UUID) -> None:
    claimed = hand.claim(dispatch, fresh=4)
    begun = hand.begin(claimed[:3])
    void, taken, doubt = sorted(begun.values())
    with world.database.transaction() as session:
        left = ledger.recover(
            session, ME, said={taken, doubt}, heard={taken: (250, "ok")}, now=world.clock(), **RULES
        )
    assert (left.void, left.finished, left.unknown) == (1, 1, 1)
    assert world.balance(dispatch) == {"queued": 3, "sent": 1, "unknown": 1}
    assert world.row(hand.relay).day_count == 2
    assert {one.id: one.outcome for one in world.attempts()} == {
        void: "void",
        taken: "accepted",
        doubt: "unknown",
    }


def test_without_a_journal_everything_begun_is_unknown(
    world: World, hand: Hand, dispatch: UUID
) -> None:
    hand.begin(hand.claim(dispatch, fresh=2))
    hand.claim(dispatch, fresh=1)
    with world.database.transaction() as session:
        ledger.recover(session, ME, said=None, heard={}, now=world.clock(), **RULES)
    assert world.balance(dispatch) == {"queued": 3, "unknown": 2}


def test_put_back_leaves_what_is_on_its_way(world: World, hand: Hand, dispatch: UUID) -> None:
    begun = list(hand.begin(hand.claim(dispatch, fresh=3)).values())
    hand.claim(dispatch, fresh=1)
    with world.database.transaction() as session:
        ledger.put_back(session, ME, in_hand={begun[0]}, now=world.clock(), **RULES)
    assert world.balance(dispatch) == {"sending": 1, "queued": 4}


def test_a_deferred_recipient_stays_on_its_relay_and_waits(
    world: World, hand: Hand, dispatch: UUID
) -> None:
    claimed = hand.claim(dispatch, fresh=1)
    begun = hand.begin(claimed)
    hand.finish(Heard(begun[claimed[0].id], Reply("rcpt_to", 451, "4.7.1 greylisted")))
    assert world.balance(dispatch) == {"queued": 4, "deferred": 1}
    assert hand.claim(dispatch, fresh=0) == []
    world.clock.turn(minutes=5)
    again = hand.claim(dispatch, fresh=0)
    assert [(one.stay, one.tries) for one in again] == [(hand.relay, 1)]


def test_another_pin_frees_what_waited_for_the_old_relay(
    world: World, hand: Hand, dispatch: UUID
) -> None:
    claimed = hand.claim(dispatch, fresh=1)
    hand.finish(Heard(hand.begin(claimed)[claimed[0].id], Reply("rcpt_to", 451, "later")))
    with world.database.transaction() as session:
        ledger.redirect(session, dispatch)
    world.clock.turn(minutes=5)
    assert [one.stay for one in hand.claim(dispatch, fresh=0)] == [None]


def test_given_up_after_a_day(world: World, hand: Hand, dispatch: UUID) -> None:
    claimed = hand.claim(dispatch, fresh=1)
    hand.finish(Heard(hand.begin(claimed)[claimed[0].id], Reply("rcpt_to", 451, "later")))
    world.clock.turn(hours=24)
    again = hand.claim(dispatch, fresh=0)
    hand.finish(Heard(hand.begin(again)[again[0].id], Reply("rcpt_to", 451, "later")))
    assert world.balance(dispatch) == {"queued": 4, "failed": 1}
    failed = next(one for one in world.deliveries(dispatch) if one.state == "failed")
    assert failed.reason == "given up after 24 hours: rcpt_to: 451 later"
    assert [one.code for one in failed.attempts] == [451, 451]


def test_a_quota_makes_the_relay_unavailable_and_frees_the_delivery(
    world: World, hand: Hand, dispatch: UUID
) -> None:
    claimed = hand.claim(dispatch, fresh=1)
    reply = Reply("final_dot", 454, "Throttling failure: Daily message quota exceeded")
    hand.finish(Heard(hand.begin(claimed)[claimed[0].id], reply))
    row = world.row(hand.relay)
    assert row.quota_until is not None
    assert row.fail_streak == 0
    assert hand.claim(dispatch, fresh=0)[0].stay is None


def test_a_deleted_relay_does_not_lose_what_was_heard(
    world: World, hand: Hand, dispatch: UUID
) -> None:
    begun = list(hand.begin(hand.claim(dispatch)).values())
    with world.database.transaction() as session:
        session.delete(session.get_one(Relay, hand.relay))
    hand.finish(*[Heard(one, OK) for one in begun])
    assert world.balance(dispatch) == {"sent": 5}


def test_the_same_person_is_never_twice_in_a_dispatch(world: World, dispatch: UUID) -> None:
    with world.database.transaction() as session:
        session.execute(update(Contact).values(status="active"))
        people = select(Contact.id, Contact.email, Contact.address)
        with pytest.raises(Exception, match=r"(?i)unique"), session.begin_nested():
            ledger.enqueue(session, dispatch_id=dispatch, contacts=people, due_at=world.clock())
    with world.database.reading() as session:
        assert len(session.scalars(select(Delivery.id)).all()) == 5
