"""Soft bounces add up, through the real engine: what is delivered takes them back."""

from collections.abc import Callable
from uuid import UUID

import pytest
from sqlalchemy import func, select, update

from app.contacts.edit import set_status
from app.contacts.models import Contact, Suppression
from app.sending import ledger
from app.sending.ledger import Event
from app.sending.models import Content, Delivery, Dispatch, SoftBounce
from app.sending.models.delivery import NOBODY
from tests.sending.servers import RelayServer
from tests.sending.world import World

Servers = Callable[..., RelayServer]
FULL = "552 5.2.2 mailbox full"
STRANGE = "550 computer says no"
HER = "p0@people.example.com"


def suppression(world: World) -> Suppression | None:
    with world.database.reading() as session:
        return session.scalars(select(Suppression)).one_or_none()


def status(world: World) -> str:
    with world.database.reading() as session:
        return session.scalars(select(Contact.status)).one()


def counted(world: World) -> int:
    with world.database.reading() as session:
        return session.scalar(select(func.count()).select_from(SoftBounce)) or 0


def write(world: World, *answers: str | None, one: RelayServer) -> UUID:
    """A campaign to her for each of the answers; the last of them."""
    for answer in answers:
        one.rcpt = lambda _, answer=answer: answer  # type: ignore[misc]
        dispatch = world.dispatch()
        world.send()
    return dispatch


@pytest.fixture
def one(world: World, server: Servers) -> RelayServer:
    made = server()
    world.relay(made, "one")
    world.people(1)
    return made


@pytest.mark.parametrize(("answer", "times"), [(STRANGE, 2), (FULL, 3)])
def test_so_many_in_a_row_are_enough(
    world: World, one: RelayServer, answer: str, times: int
) -> None:
    write(world, *[answer] * (times - 1), one=one)
    assert (suppression(world), status(world)) == (None, "active")
    write(world, answer, one=one)
    assert (found := suppression(world)) is not None
    assert (found.address, found.reason, found.stops_messages) == (HER, "bounced", True)
    assert found.detail == f"came back {times} times in a row, the last time: rcpt_to: {answer}"
    assert status(world) == "bounced"


def test_what_is_delivered_takes_back_what_was_before(world: World, one: RelayServer) -> None:
    write(world, FULL, FULL, None, FULL, FULL, one=one)
    assert suppression(world) is None
    write(world, FULL, one=one)
    assert suppression(world) is not None


def test_after_a_person_wrote_to_her_again_it_begins_anew(world: World, one: RelayServer) -> None:
    write(world, STRANGE, STRANGE, one=one)
    with world.database.transaction() as session:
        her = session.scalars(select(Contact.id)).one()
        set_status(session, world.workspace_id, her, "active", now=world.clock())
    write(world, STRANGE, one=one)
    assert (suppression(world), counted(world)) == (None, 1)


def test_a_mail_that_was_put_off_until_it_was_given_up_is_one(
    world: World, one: RelayServer
) -> None:
    one.rcpt = lambda _: "450 4.2.1 later"
    dispatch = world.dispatch()
    for _ in range(20):
        world.send()
        world.clock.turn(hours=3)
    assert world.balance(dispatch) == {"failed": 1}
    with world.database.reading() as session:
        assert session.scalars(select(SoftBounce.kind)).all() == ["given_up"]


def test_what_was_refused_by_a_relay_that_nobody_believes_is_forgotten(
    world: World, server: Servers
) -> None:
    sick = server()
    relay = world.relay(sick, "sick", max_connections=1)
    world.people(30)
    sick.rcpt = lambda _: STRANGE
    world.dispatch()
    world.send(until=lambda: world.row(relay).distrusted_since is not None)
    assert (suppression(world), counted(world)) == (None, 0)


def event(world: World, dispatch: UUID, soft: str) -> None:
    with world.database.transaction() as session:
        number = session.scalars(select(Delivery.id).where(Delivery.dispatch_id == dispatch)).one()
        about = f"<{number}.{dispatch.hex}@shop.example.com>"
        told = Event("bounced", about, "552 5.2.2 full", hard=False, soft=soft)
        assert ledger.hear(session, world.workspace_id, told, now=world.clock())


def test_what_is_told_later_counts_too(world: World, one: RelayServer) -> None:
    """Each mail once, however often it is told; a mail that nothing was told of got through."""
    sent = [write(world, None, one=one) for _ in range(5)]
    for number in (0, 2, 2, 3):
        event(world, sent[number], "full")
    assert suppression(world) is None, "the last one got through"
    event(world, sent[4], "full")
    assert (found := suppression(world)) is not None
    assert found.detail.startswith("came back 3 times in a row")


def message(world: World, *, to: UUID) -> None:
    """One that was handed in, to her as a contact or as nobody."""
    dispatch = world.dispatch(kind="message", stream="transactional")
    with world.database.transaction() as session:
        mine = update(Delivery).where(Delivery.dispatch_id == dispatch)
        session.execute(mine.values(contact_id=to))
        content = session.get_one(Dispatch, dispatch).content_id
        session.get_one(Content, content).finished = b"Subject: s\r\n\r\nt\r\n"


def test_messages_that_come_close_together_count_once(world: World, one: RelayServer) -> None:
    with world.database.reading() as session:
        her = session.scalars(select(Contact.id)).one()
    one.rcpt = lambda _: FULL
    for _ in range(4):
        message(world, to=her)
        world.send()
    assert (counted(world), suppression(world)) == (1, None)
    for _ in range(2):
        world.clock.turn(hours=2)
        message(world, to=her)
        world.send()
    assert suppression(world) is not None


def test_who_is_no_contact_is_not_counted(world: World, one: RelayServer) -> None:
    one.rcpt = lambda _: STRANGE
    for _ in range(3):
        message(world, to=NOBODY)
        world.send()
    assert (counted(world), suppression(world)) == (0, None)
