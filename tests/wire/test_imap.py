"""A mailbox over IMAP against a real server: reading, putting away, and what goes wrong."""

import threading
from pathlib import Path
from typing import Any

import pytest

from app.wire import imap
from app.wire.imap import Place, Trouble
from tests.waiting import PATIENCE
from tests.wire import certificates
from tests.wire.imap_server import PASSWORD, USERNAME, Server, imap_server


def place(server: Server, **more: Any) -> Place:
    values: dict[str, Any] = {
        "host": "127.0.0.1",
        "port": server.port,
        "encryption": "none",
        "username": USERNAME,
        "password": server.password,
        "seconds": PATIENCE,
        "allow_private": True,
    }
    return Place(**(values | more))


def test_new_mails_are_read_and_stay_unread() -> None:
    with imap_server() as server:
        server.put("Subject: one\n\nhello", "Subject: two\n\n" + "x" * 1000)
        with imap.opened(place(server)) as box:
            folder = box.open("INBOX")
            assert (folder.validity, folder.mails) == (7, 2)
            assert box.after(0) == [1, 2]
            assert box.after(1) == [2]
            assert box.after(2) == []
            assert box.fetch(1, 1000) == b"Subject: one\r\n\r\nhello"
            assert box.fetch(2, 20) == (b"Subject: two\r\n\r\n" + b"x" * 1000)[:20]
            assert box.fetch(9, 20) == b""
    assert [mail.flags for mail in server.folders["INBOX"]] == [set(), set()]
    assert server.commands[-1] == "LOGOUT"


def test_a_mail_can_be_marked() -> None:
    with imap_server() as server:
        server.put("a: b\n\n", "c: d\n\n")
        with imap.opened(place(server)) as box:
            box.open("INBOX")
            box.mark_read(2)
    assert [mail.flags for mail in server.folders["INBOX"]] == [set(), {r"\Seen"}]


@pytest.mark.parametrize(
    ("offers", "left"),
    [("IMAP4rev1 MOVE", [2]), ("IMAP4rev1 UIDPLUS", [2]), ("IMAP4rev1", [1, 2])],
)
def test_a_mail_can_be_moved(offers: str, left: list[int]) -> None:
    """Where nothing else can be done it is copied, and marked as deleted; never all marked ones
    are removed, because a person may have marked some, too.
    """
    with imap_server(offers=offers) as server:
        server.put("a: b\n\n", "c: d\n\n")
        server.folders["R&APw-ckl&AOQ-ufer &- mehr"] = []
        with imap.opened(place(server)) as box:
            box.open("INBOX")
            assert box.has("R\u00fcckl\u00e4ufer & mehr")
            assert not box.has("Nothing")
            box.move(1, "R\u00fcckl\u00e4ufer & mehr")
    assert [mail.uid for mail in server.folders["INBOX"]] == left
    assert len(server.folders["R&APw-ckl&AOQ-ufer &- mehr"]) == 1
    if left == [1, 2]:
        assert r"\Deleted" in server.folders["INBOX"][0].flags


@pytest.mark.parametrize("password", [PASSWORD, "p\u00e4ssword"])
def test_any_password_gets_in(password: str) -> None:
    with imap_server(password=password) as server, imap.opened(place(server)) as box:
        assert box.open("INBOX").mails == 0


@pytest.mark.parametrize("encryption", ["ssl", "tls"])
def test_over_tls(tmp_path: Path, encryption: str) -> None:
    known = certificates.made(tmp_path)
    offers = "IMAP4rev1 STARTTLS MOVE"
    with imap_server(tls=known.server, at_once=encryption == "ssl", offers=offers) as server:
        server.put("a: b\n\n")
        there = place(server, encryption=encryption, tls_trusted=known.trusted)
        with imap.opened(there) as box:
            assert box.open("INBOX").mails == 1
        with pytest.raises(Trouble, match="cannot be trusted") as caught:
            imap.opened(place(server, encryption=encryption)).__enter__()
        assert caught.value.step == "tls"
    assert not [one for one in server.commands[5:] if "LOGIN" in one], "no password was said"


def trouble(there: Place, folder: str = "INBOX") -> Trouble:
    with pytest.raises(Trouble) as caught, imap.opened(there) as box:
        box.open(folder)
        box.fetch(1, 100)
    return caught.value


def test_what_goes_wrong_says_where() -> None:
    with imap_server() as server:
        assert trouble(place(server, password="wrong")).step == "login"
        assert "AUTHENTICATIONFAILED" in trouble(place(server, password="wrong")).words
        assert "wrong" not in trouble(place(server, password="very secret")).words.split("'")
        assert trouble(place(server), "Nothing").step == "folder"
        assert trouble(place(server, encryption="tls")).step == "tls"
        server.refuse["UID FETCH"] = "NO the disk is broken"
        assert trouble(place(server)).words == "the disk is broken"
        dead = server.port
    assert trouble(Place("127.0.0.1", dead, "none", "u", "p", 2, True)).step == "connect"
    assert "private" in trouble(Place("127.0.0.1", dead, "none", "u", "p", 2)).words


def test_a_server_that_says_nothing_is_not_waited_for() -> None:
    with imap_server() as server:
        over = threading.Event()
        server.before = lambda name: name == "SELECT" and over.wait(PATIENCE)
        found = trouble(place(server, seconds=2))
        over.set()
    assert (found.step, found.words) == ("folder", "no answer in time")


@pytest.mark.parametrize("size", [10**7, 10**12])
def test_a_server_that_announces_too_much_is_left(size: int) -> None:
    with imap_server() as server:
        server.refuse["UID FETCH"] = f"* 1 FETCH (UID 1 BODY[]<0> {{{size}}}"
        assert "announces" in trouble(place(server)).words


def test_a_cut_line_is_trouble() -> None:
    def cut(name: str) -> None:
        if name == "UID FETCH":
            raise OSError

    with imap_server() as server:
        server.put("a: b\n\n")
        server.before = cut
        assert trouble(place(server)).step == "read"
