"""Leases, journals and what is done for senders that died."""

from datetime import timedelta
from pathlib import Path
from uuid import UUID

import pytest

from app.rules.replies.meaning import Reply
from app.sending import ledger
from app.sending.engine.books import Patience
from app.sending.ledger import Heard, Wanted
from app.sending.models import Sender
from app.sending.senders import leases
from app.wire import journal as journals
from app.wire.journal import Journal
from tests.sending.world import World

BOOT = journals.boot_id()


class Dying:
    """A sender that has begun three deliveries and claimed one more."""

    def __init__(self, world: World, *, boot: str = BOOT, keeps_journal: bool = True) -> None:
        self.world = world
        relay = world.relay(1, "one")
        world.people(5)
        self.dispatch = world.dispatch()
        self.id = leases.register(world.database, host="here", boot_id=boot, now=world.clock())
        self.journal: Journal | None = None
        if keeps_journal:
            path = leases.journal_path(world.folder, self.id)
            self.journal = Journal(path, str(self.id), boot)
        with world.database.transaction() as session:
            claimed = ledger.claim(
                session, self.id, self.dispatch, fresh=4, tried=0, now=world.clock()
            )
            wanted = [Wanted(one.id, relay, "a@b.example", 0, False) for one in claimed[:3]]
            begun = ledger.begin(session, self.id, wanted, world.clock())
        self.attempts = sorted(begun.values())

    def says_two_and_hears_one(self) -> None:
        assert self.journal is not None
        self.journal.said(self.attempts[0])
        self.journal.heard(self.attempts[0], 250, "2.0.0 ok")
        self.journal.said(self.attempts[1])

    def dies(self) -> None:
        if self.journal is not None:
            self.journal.close()


def settle(world: World, *, alone: bool = False, folder: Path | None = None) -> list[UUID]:
    me = leases.register(world.database, host="here", boot_id=BOOT, now=world.clock())
    return list(
        leases.settle_dead(
            world.database,
            folder or world.folder,
            me,
            alone=alone,
            patience=Patience(),
            now=world.clock(),
        )
    )


def test_a_living_sender_is_left_alone(world: World) -> None:
    sender = Dying(world)
    sender.says_two_and_hears_one()
    assert settle(world) == []
    assert world.balance(sender.dispatch) == {"sending": 4, "queued": 1}
    sender.dies()


def test_an_abandoned_journal_is_believed_at_once(world: World) -> None:
    sender = Dying(world)
    sender.says_two_and_hears_one()
    sender.dies()
    assert settle(world) == [sender.id]
    assert world.balance(sender.dispatch) == {"sent": 1, "unknown": 1, "queued": 3}
    assert not leases.journal_path(world.folder, sender.id).exists()
    assert sender.id not in settle(world, alone=True)


def test_a_journal_of_another_boot_proves_only_what_it_heard(world: World) -> None:
    sender = Dying(world, boot="another boot")
    sender.says_two_and_hears_one()
    sender.dies()
    assert settle(world) == [sender.id]
    assert world.balance(sender.dispatch) == {"sent": 1, "unknown": 2, "queued": 2}


def test_a_damaged_journal_proves_nothing(world: World) -> None:
    sender = Dying(world)
    sender.dies()
    leases.journal_path(world.folder, sender.id).write_text("rubbish")
    assert settle(world) == [sender.id]
    assert world.balance(sender.dispatch) == {"unknown": 3, "queued": 2}


def test_elsewhere_the_lease_must_run_out_first(world: World, tmp_path: Path) -> None:
    sender = Dying(world, keeps_journal=False)
    world.clock.turn(seconds=39)
    assert settle(world, folder=tmp_path / "elsewhere") == []
    world.clock.turn(seconds=2)
    assert settle(world, folder=tmp_path / "elsewhere") == [sender.id]
    assert world.balance(sender.dispatch) == {"unknown": 3, "queued": 2}


def test_who_is_alone_need_not_wait(world: World, tmp_path: Path) -> None:
    sender = Dying(world, keeps_journal=False)
    assert settle(world, folder=tmp_path / "elsewhere", alone=True) == [sender.id]


def test_a_heartbeat_extends_the_lease_until_others_settled_it(world: World) -> None:
    sender = Dying(world)
    world.clock.turn(seconds=20)
    assert leases.keep_alive(world.database, sender.id, world.clock())
    with world.database.reading() as session:
        lease = session.get_one(Sender, sender.id).lease_until
    assert lease == world.clock() + leases.LEASE
    sender.dies()
    settle(world)
    assert not leases.keep_alive(world.database, sender.id, world.clock())


@pytest.mark.parametrize("code", [250, 550])
def test_a_slow_senders_truth_wins(world: World, code: int) -> None:
    """It was taken for dead and called unknown; then its reply comes after all."""
    sender = Dying(world)
    sender.says_two_and_hears_one()
    sender.dies()
    settle(world)
    reply = Reply("final_dot", code, "5.7.1 spam" if code == 550 else "ok")
    with world.database.transaction() as session:
        ledger.finish(
            session,
            [Heard(sender.attempts[1], reply)],
            now=world.clock(),
            breaker=Patience().breaker,
            give_up=timedelta(hours=24),
        )
    state = "sent" if code == 250 else "rejected"
    assert world.balance(sender.dispatch).get("unknown") is None
    assert world.balance(sender.dispatch)[state] == (2 if code == 250 else 1)
