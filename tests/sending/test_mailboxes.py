"""What comes back is read from a real IMAP server, of mails that a real engine sent."""

import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date, timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select, update

from app.contacts.models import Suppression
from app.rules.mail import verp
from app.sending import ledger
from app.sending.letters.letter import Post
from app.sending.mailboxes import can_hear, heard_relays, reading, settings
from app.sending.mailboxes.reading import Reader
from app.sending.models import Delivery, Event, Mailbox
from app.vault import Vault
from tests.rules import returned as mails
from tests.sending.servers import RelayServer
from tests.sending.world import World
from tests.wire.imap_server import PASSWORD, USERNAME, Kept, Server, imap_server

Servers = Callable[..., RelayServer]
VAULT = Vault(["a master key of these tests"])
PATH = "bounces+{token}@bounces.example.com"


@pytest.fixture
def imap() -> Iterator[Server]:
    with imap_server() as server:
        yield server


@pytest.fixture(autouse=True)
def _signed(world: World) -> None:
    keys = (VAULT.key_for("unsubscribe"), VAULT.key_for(verp.PURPOSE))
    world.post = Post("http://127.0.0.1:8080", *keys)


@pytest.fixture
def mailbox(world: World, imap: Server) -> UUID:
    values = {
        "name": "Bounces",
        "host": "127.0.0.1",
        "port": imap.port,
        "encryption": "none",
        "username": USERNAME,
        "password": PASSWORD,
        "addresses": ["@bounces.example.com"],
        "after": "move",
        "move_to": "Done",
    }
    imap.folders["Done"] = []
    with world.database.transaction() as session:
        made = settings.create(
            session, world.workspace_id, values, vault=VAULT, allow_private=True, now=world.clock()
        )
        return made.id


@pytest.fixture
def sent(world: World, server: Servers) -> list[tuple[str, str, str]]:
    """Three mails that a relay took: (return path, Message-ID, recipient)."""
    return _sent(world, server())


def _sent(world: World, one: RelayServer, **more: Any) -> list[tuple[str, str, str]]:
    values = {"return_path": PATH, "return_path_learned": "in_use", "max_connections": 1}
    world.relay(one, "one", **(values | more))
    senders: list[str] = []
    one.mail = lambda sender: senders.append(sender)
    world.people(3)
    world.dispatch()
    world.send()
    assert len(one.taken) == 3
    return [(sender, *taken) for sender, taken in zip(senders, one.taken, strict=True)]


def about(mail: str, message_id: str, address: str) -> str:
    return mail.replace(mails.OURS, message_id).replace(mails.TO, address)


def to(mail: str, return_path: str) -> str:
    """A report that names our mail by its return path alone."""
    hidden = mail.replace(mails.OURS, "<hidden>").replace(mails.TO, "somebody@else.example")
    return hidden.replace("bounces@bounces.example.com", return_path)


def reader(world: World, **more: Any) -> Reader:
    return replace(Reader(world.database, VAULT, world.clock, allow_private=True), **more)


def read(world: World) -> None:
    world.clock.turn(minutes=2)
    reader(world).read_due()


def row(world: World, mailbox: UUID) -> Mailbox:
    with world.database.reading() as session:
        return session.get_one(Mailbox, mailbox)


def states(world: World) -> dict[str, str]:
    with world.database.reading() as session:
        return dict(session.execute(select(Delivery.address, Delivery.state)).all())


def noes(world: World) -> dict[str, str]:
    with world.database.reading() as session:
        return dict(session.execute(select(Suppression.address, Suppression.reason)).all())


def told(world: World) -> list[tuple[str, bool]]:
    with world.database.reading() as session:
        rows = session.execute(select(Event.kind, Event.hard).order_by(Event.id))
        return [(kind, hard) for kind, hard in rows]


def test_a_report_is_matched_by_its_return_path(
    world: World, imap: Server, mailbox: UUID, sent: list[tuple[str, str, str]]
) -> None:
    path, _, who = sent[1]
    imap.put(to(mails.POSTFIX, path.upper()))
    read(world)
    assert states(world)[who] == "bounced"
    assert noes(world) == {who: "bounced"}
    found = row(world, mailbox)
    assert (found.mails, found.matched, found.bounces, found.not_ours) == (1, 1, 1, 0)
    assert (found.last_uid, found.uid_validity, found.read_at) == (1, 7, world.clock())
    assert [len(imap.folders[name]) for name in ("INBOX", "Done")] == [0, 1]


@pytest.mark.parametrize(
    ("mail", "state", "no", "event"),
    [
        (mails.POSTFIX, "bounced", "bounced", ("bounced", True)),
        (mails.QMAIL, "bounced", "bounced", ("bounced", True)),
        (mails.FULL, "bounced", "", ("bounced", False)),
        (mails.DELAYED, "sent", "", ("delayed", False)),
        (mails.DELIVERED, "sent", "", ("delivered", False)),
        (mails.COMPLAINT, "sent", "complained", ("complained", False)),
    ],
)
def test_or_by_message_id_and_address(
    world: World,
    imap: Server,
    mailbox: UUID,
    sent: list[tuple[str, str, str]],
    mail: str,
    state: str,
    no: str,
    event: tuple[str, bool],
) -> None:
    _, message_id, who = sent[0]
    for _ in range(2):  # two copies have one effect
        imap.put(about(mail, message_id, who))
    read(world)
    assert states(world)[who] == state
    assert noes(world) == ({who: no} if no else {})
    assert told(world) == [event]
    assert world.row(world.attempts()[0].relay_id).fail_streak == 0


def test_a_complaint_without_addresses_is_matched_by_the_link_in_it(
    world: World, imap: Server, mailbox: UUID, server: Servers
) -> None:
    one = server()
    _, _, who = _sent(world, one)[2]
    link = re.search(rb"List-Unsubscribe: <[^>]+>", one.bodies[2])
    assert link
    redacted = mails.COMPLAINT.replace(mails.TO, "redacted@isp.example.net")
    redacted = redacted.replace(f"Message-ID: {mails.OURS}", link[0].decode())
    imap.put(redacted)
    read(world)
    assert noes(world) == {who: "complained"}


def test_what_was_unknown_is_known_by_what_comes_back(
    world: World, imap: Server, mailbox: UUID, server: Servers
) -> None:
    one = server()
    world.relay(one, "one", max_connections=1)
    one.dot = lambda _: "take and drop"
    world.people(1)
    dispatch = world.dispatch()
    world.send()
    assert world.balance(dispatch) == {"unknown": 1}
    [(message_id, who)] = one.taken
    imap.put(about(mails.DELAYED, message_id, who))
    read(world)
    assert world.balance(dispatch) == {"sent": 1}


@pytest.mark.parametrize(
    "mail", [mails.VACATION, mails.CHALLENGE, mails.RECEIPT, mails.ANSWER, mails.NOT_SPAM]
)
def test_what_is_no_report_changes_nothing_and_stays(
    world: World, imap: Server, mailbox: UUID, sent: list[tuple[str, str, str]], mail: str
) -> None:
    path, message_id, who = sent[0]
    mine = about(mail, message_id, who).replace("bounces@bounces.example.com", path)
    imap.put(mine)
    read(world)
    assert set(states(world).values()) == {"sent"}
    assert (noes(world), told(world)) == ({}, [])
    assert (len(imap.folders["INBOX"]), row(world, mailbox).last_uid) == (1, 1)


def test_forged_reports_are_nobody_s(
    world: World, imap: Server, mailbox: UUID, sent: list[tuple[str, str, str]]
) -> None:
    """Whoever got one mail of a campaign cannot report the mails of others."""
    path, message_id, who = sent[0]
    other = sent[1][1]
    token = verp.token(b"x" * 32, 1)
    imap.put(
        about(mails.POSTFIX, other, who),
        about(mails.POSTFIX, other, "stranger@example.com"),
        about(mails.POSTFIX, message_id.replace(".", ".0", 1), who),
        to(mails.POSTFIX, f"bounces+{token}@bounces.example.com"),
        to(mails.POSTFIX, re.sub(r"\+\w+-", "+zz-", path)),
        mails.POSTFIX,
    )
    read(world)
    assert set(states(world).values()) == {"sent"}
    assert noes(world) == {}
    assert (row(world, mailbox).not_ours, len(imap.folders["INBOX"])) == (6, 6)


def test_another_workspace_s_mailbox_hears_nothing_of_ours(
    world: World, imap: Server, mailbox: UUID, sent: list[tuple[str, str, str]], tmp_path: Any
) -> None:
    other = World(world.database, world.clock, tmp_path)
    with world.database.transaction() as session:
        session.execute(update(Mailbox).values(workspace_id=other.workspace_id))
    path, message_id, who = sent[0]
    imap.put(to(mails.POSTFIX, path), about(mails.POSTFIX, message_id, who))
    read(world)
    assert set(states(world).values()) == {"sent"}
    assert row(world, mailbox).not_ours == 2


def test_each_mail_is_read_once_also_after_a_crash(
    world: World, imap: Server, mailbox: UUID, sent: list[tuple[str, str, str]]
) -> None:
    """Cut off before each command to the server in turn: in the end each report has one effect,
    and none was skipped.
    """
    for path, _, _ in sent:
        imap.put(to(mails.POSTFIX, path))
    for number in range(1, 40):
        left = iter(range(number))

        def cut(_: str, left: Iterator[int] = left) -> None:
            if next(left, None) is None:
                raise OSError

        imap.before = cut
        world.clock.turn(hours=1)
        reader(world).read_due()
        if row(world, mailbox).failures == 0:
            break
    assert set(states(world).values()) == {"bounced"}
    found = row(world, mailbox)
    assert (found.mails, found.bounces, found.last_failure) == (3, 3, "")
    assert told(world) == [("bounced", True)] * 3


def test_a_crash_in_the_middle_of_writing_takes_nothing(
    world: World,
    imap: Server,
    mailbox: UUID,
    sent: list[tuple[str, str, str]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    imap.put(to(mails.POSTFIX, sent[0][0]))
    hear = ledger.hear

    def dies(*args: Any, **more: Any) -> bool:
        hear(*args, **more)
        raise KeyboardInterrupt

    monkeypatch.setattr(ledger, "hear", dies)
    with pytest.raises(KeyboardInterrupt):
        reader(world).read_due()
    assert (set(states(world).values()), noes(world)) == ({"sent"}, {})
    assert row(world, mailbox).last_uid == 0
    monkeypatch.undo()
    reader(world).read_due()
    assert noes(world) == {}, "somebody still has it"
    world.clock.turn(minutes=10)
    reader(world).read_due()
    assert noes(world) == {sent[0][2]: "bounced"}


def test_a_folder_that_was_made_anew_is_read_again(
    world: World, imap: Server, mailbox: UUID, sent: list[tuple[str, str, str]]
) -> None:
    with world.database.transaction() as session:
        session.execute(update(Mailbox).values(after="leave"))
    imap.put(to(mails.POSTFIX, sent[0][0]), to(mails.POSTFIX, sent[1][0]))
    read(world)
    imap.folders["INBOX"].pop(0)
    imap.put(to(mails.POSTFIX, sent[2][0]))
    imap.made_anew()
    read(world)
    assert set(states(world).values()) == {"bounced"}
    assert told(world) == [("bounced", True)] * 3
    assert (row(world, mailbox).uid_validity, row(world, mailbox).last_uid) == (8, 2)


def test_many_are_read_in_turns(
    world: World,
    imap: Server,
    mailbox: UUID,
    sent: list[tuple[str, str, str]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(reading, "TURN", 4)
    imap.put(*["a: b\n\n"] * 9, to(mails.POSTFIX, sent[0][0]))
    read(world)
    assert row(world, mailbox).mails == 10
    assert [one.split()[0] for one in imap.commands].count("LOGIN") == 3
    assert noes(world) == {sent[0][2]: "bounced"}


def test_a_large_folder_is_looked_through_once(
    world: World, imap: Server, sent: list[tuple[str, str, str]], mailbox: UUID
) -> None:
    """Of a mailbox that was never read only the last days count, and what was too old then is not
    looked at again.
    """
    old = date(2020, 1, 1)
    imap.folders["INBOX"] += [Kept(uid, b"a: b\r\n\r\n", day=old) for uid in range(1, 100_001)]
    read(world)
    found = row(world, mailbox)
    assert (found.last_uid, found.mails, found.last_failure) == (100_000, 0, "")
    imap.commands.clear()
    report = about(mails.POSTFIX, sent[0][1], sent[0][2])
    imap.folders["INBOX"].append(Kept(100_001, report.replace("\n", "\r\n").encode(), day=old))
    read(world)
    assert row(world, mailbox).bounces == 1
    searches = [one for one in imap.commands if one.startswith("UID SEARCH")]
    assert searches[0] == "UID SEARCH UID 100001:150000"
    assert not any("SINCE" in one for one in searches)


@pytest.mark.parametrize("after", ["leave", "seen"])
def test_mails_are_left_or_marked(
    world: World, imap: Server, mailbox: UUID, sent: list[tuple[str, str, str]], after: str
) -> None:
    with world.database.transaction() as session:
        session.execute(update(Mailbox).values(after=after))
    imap.put(to(mails.POSTFIX, sent[0][0]), mails.ANSWER)
    read(world)
    flags = [mail.flags for mail in imap.folders["INBOX"]]
    assert flags == [{r"\Seen"} if after == "seen" else set(), set()]


def test_a_mailbox_that_fails_is_tried_later_and_later(
    world: World, imap: Server, mailbox: UUID
) -> None:
    imap.refuse["LOGIN"] = "NO not today"
    for times in (1, 2, 3):
        reader(world).read_due()
        found = row(world, mailbox)
        assert (found.failures, found.due_at) == (times, world.clock() + timedelta(minutes=times))
        assert found.last_failure == "login: not today"
        world.clock.turn(minutes=times)
    imap.refuse.clear()
    reader(world).read_due()
    assert (row(world, mailbox).failures, row(world, mailbox).last_failure) == (0, "")


def test_private_addresses_are_refused_unless_allowed(world: World, mailbox: UUID) -> None:
    reader(world, allow_private=False).read_due()
    assert "private" in row(world, mailbox).last_failure


def test_a_password_of_another_master_key_is_said(world: World, mailbox: UUID) -> None:
    reader(world, vault=Vault(["another master key of tests"])).read_due()
    assert "master key" in row(world, mailbox).last_failure


def test_what_is_switched_off_or_not_due_is_left_alone(
    world: World, imap: Server, mailbox: UUID
) -> None:
    reader(world).read_due()
    asked = len(imap.commands)
    reader(world).read_due()
    world.clock.turn(minutes=1)
    reader(world).read_due()
    with world.database.transaction() as session:
        session.execute(update(Mailbox).values(enabled=False))
    world.clock.turn(hours=1)
    reader(world).read_due()
    assert len(imap.commands) == asked


def test_a_change_in_the_middle_stops_the_reading(
    world: World, imap: Server, mailbox: UUID, sent: list[tuple[str, str, str]]
) -> None:
    """What is read then is of another place."""
    imap.put(to(mails.POSTFIX, sent[0][0]))

    def change(name: str) -> None:
        if name == "UID FETCH":
            with world.database.transaction() as session:
                settings.change(
                    session,
                    world.workspace_id,
                    mailbox,
                    {"folder": "Done"},
                    vault=VAULT,
                    allow_private=True,
                    now=world.clock() + timedelta(seconds=1),
                )

    with world.database.transaction() as session:
        session.execute(update(Mailbox).values(after="leave"))
    imap.before = change
    reader(world).read_due()
    assert noes(world) == {}
    assert row(world, mailbox).last_uid == 0


@pytest.mark.parametrize(
    ("addresses", "relay", "heard"),
    [
        (["@bounces.example.com"], {"return_path": PATH, "return_path_learned": "in_use"}, True),
        (
            ["bounces@bounces.example.com"],
            {"return_path": PATH, "return_path_learned": "in_use"},
            True,
        ),
        (["@bounces.example.com"], {"return_path": PATH}, False),
        (["@relays.example.com"], {"return_path": PATH, "return_path_learned": "in_use"}, False),
        (["one@relays.example.com"], {}, True),
        (["two@relays.example.com"], {}, False),
    ],
)
def test_what_can_be_known_of_a_relay(
    world: World,
    imap: Server,
    mailbox: UUID,
    addresses: list[str],
    relay: dict[str, Any],
    heard: bool,
) -> None:
    known = world.row(world.relay(9, "one", **relay))
    with world.database.transaction() as session:
        session.execute(update(Mailbox).values(addresses=addresses))

    def hears(kind: Any = "bounced") -> bool:
        with world.database.reading() as session:
            one = can_hear(session, known, now=world.clock(), kind=kind)
            every = heard_relays(session, world.workspace_id, now=world.clock(), kind=kind)
        assert every == ({known.id} if one else frozenset())
        return one

    assert not hears(), "it was never read"
    read(world)
    assert hears() is heard
    assert not hears("complained")
    with world.database.transaction() as session:
        session.execute(update(Mailbox).values(complaints=True))
    assert hears("complained") is heard
    world.clock.turn(hours=25)
    assert not hears(), "what it holds was not read for a day"
