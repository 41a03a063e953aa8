"""What is over for long is forgotten, and nothing else."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import func, select, update

from app.alerts import over, raise_
from app.alerts.models import Alert, AlertNotice
from app.rules.retention import Kept
from app.sending import ledger
from app.sending.ledger import Event
from app.sending.models import Attempt, Content, Delivery, Dispatch
from app.sending.models import Event as Told
from app.watching import figures, forgetting, keeping
from app.workspaces import retention
from tests.sending.servers import RelayServer
from tests.sending.test_messages import hand_in
from tests.watching.conftest import Desk

Servers = Callable[..., RelayServer]
YEAR = timedelta(days=365)


@pytest.fixture
def one(desk: Desk, server: Servers) -> RelayServer:
    made = server()
    desk.relay(made, "one")
    return made


def count(desk: Desk, *tables: Any) -> list[int]:
    with desk.database.reading() as session:
        return [session.scalar(select(func.count()).select_from(one)) or 0 for one in tables]


def mail(desk: Desk, message: UUID) -> bytes | None:
    with desk.database.reading() as session:
        dispatch = session.get_one(Dispatch, message)
        return session.get_one(Content, dispatch.content_id).finished


def forget(desk: Desk, **days: float) -> None:
    """Time goes by, and what was sent is counted."""
    desk.clock.turn(**days)
    for _ in range(3):
        keeping.keep(desk.database, desk.clock.turn(minutes=6), size=1)
    forgetting.forget(desk.runtime, stretch=1)


def test_first_what_it_says_then_that_there_was_one(desk: Desk, one: RelayServer) -> None:
    (old,) = hand_in(desk, "jane@example.com")
    desk.send()
    with desk.database.transaction() as session:
        number = session.scalars(select(Delivery.id)).one()
        about = f"<{number}.{old.hex}@relays.example.com>"
        assert ledger.hear(session, desk.workspace_id, Event("delivered", about), now=desk.clock())
    forget(desk, days=29)
    assert mail(desk, old) is not None
    (new,) = hand_in(desk, "kim@example.com")
    desk.send()
    forget(desk, days=1)
    assert mail(desk, old) is None
    assert mail(desk, new) is not None
    assert count(desk, Dispatch, Delivery, Attempt, Told) == [2, 2, 2, 1]
    forget(desk, days=336)
    assert count(desk, Dispatch, Delivery, Attempt, Told, Content) == [1, 1, 1, 0, 1]
    assert mail(desk, new) is None, "it is older than thirty days, too"
    with desk.database.reading() as session:
        assert sum(one["attempts"] for one in figures.ever(session).values()) == 2


def test_what_is_still_needed_stays(desk: Desk, one: RelayServer) -> None:
    (waiting,) = hand_in(desk, "jane@example.com", at=desk.clock() + YEAR)
    one.dot = lambda _: "drop"
    (doubtful,) = hand_in(desk, "kim@example.com")
    desk.send(until=lambda: desk.balance(doubtful) == {"unknown": 1})
    forget(desk, days=360)
    assert mail(desk, waiting) is not None
    assert mail(desk, doubtful) is not None
    desk.clock.turn(days=300)
    forget(desk, days=0)
    assert desk.balance(doubtful) == {"unknown": 1}
    with desk.database.transaction() as session:
        ledger.settle_unknown(session, doubtful, went=True, now=desk.clock())
    forget(desk, days=0)
    assert mail(desk, waiting) is not None


def test_of_several_recipients_the_last_one_counts(desk: Desk, one: RelayServer) -> None:
    first, second = hand_in(desk, "jane@example.com", "kim@example.com")
    one.rcpt = lambda to: "450 4.2.1 later" if to.startswith("kim") else None
    desk.send()
    with desk.database.transaction() as session:
        later = desk.clock() + timedelta(days=40)
        session.execute(update(Delivery).where(Delivery.dispatch_id == second).values(due_at=later))
    forget(desk, days=31)
    assert mail(desk, second) is not None
    assert mail(desk, first) == mail(desk, second)


def test_attempts_that_are_counted_again_stay(desk: Desk, one: RelayServer) -> None:
    (message,) = hand_in(desk, "jane@example.com")
    desk.send()
    desk.clock.turn(days=800)
    keeping.keep(desk.database, desk.clock())
    forgetting.forget(desk.runtime)
    assert mail(desk, message) is None
    assert count(desk, Dispatch, Attempt) == [1, 1]


def test_campaigns_are_left_alone(desk: Desk, one: RelayServer) -> None:
    desk.people(2)
    dispatch = desk.dispatch()
    desk.send()
    forget(desk, days=900)
    assert desk.balance(dispatch) == {"sent": 2}
    assert count(desk, Content) == [1]


def test_many_are_forgotten_in_small_batches(
    desk: Desk, one: RelayServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(forgetting, "AT_ONCE", 2)
    hand_in(desk, *(f"p{number}@example.com" for number in range(7)))
    hand_in(desk, "last@example.com")
    desk.send()
    desk.clock.turn(days=400)
    for _ in range(3):
        keeping.keep(desk.database, desk.clock.turn(minutes=6), size=1)
    monkeypatch.setattr(forgetting, "BATCHES", 2)
    forgetting.forget(desk.runtime, stretch=1)
    assert count(desk, Dispatch, Content) == [4, 2]
    forgetting.forget(desk.runtime, stretch=1)
    assert count(desk, Dispatch) == [1], "the newest attempt is never deleted"


def test_alerts_that_are_over(desk: Desk) -> None:
    for about in ("lasts", "over"):
        with desk.database.transaction() as session:
            raise_(session, desk.workspace_id, "backlog", about, "x", now=desk.clock())
    with desk.database.transaction() as session:
        over(session, desk.workspace_id, "backlog", "over", now=desk.clock())
        session.add(
            AlertNotice(
                workspace_id=desk.workspace_id,
                alert_id=session.scalars(select(Alert.id).where(Alert.about == "over")).one(),
                email="a@example.com",
                event="raised",
                body="{}",
                due_at=desk.clock(),
                created_at=desk.clock(),
            )
        )
    desk.clock.turn(days=364)
    forgetting.forget(desk.runtime, stretch=1)
    assert count(desk, Alert, AlertNotice) == [2, 1]
    desk.clock.turn(days=2)
    forgetting.forget(desk.runtime, stretch=1)
    assert count(desk, Alert, AlertNotice) == [1, 0]


def test_a_workspace_may_keep_everything(desk: Desk, one: RelayServer) -> None:
    with desk.database.transaction() as session:
        for_ever = {"content": None, "messages": None, "alerts": None}
        retention.change(session, desk.workspace_id, for_ever, Kept(), now=desk.clock())
    (message,) = hand_in(desk, "jane@example.com")
    desk.send()
    forget(desk, days=4000)
    assert mail(desk, message) is not None
