"""The mails of a folder are found however many there are, and whatever their numbers are."""

from collections.abc import Iterator
from datetime import date

import pytest

from app.wire import imap
from app.wire.imap import Mailbox
from app.wire.imap_numbers import WINDOW
from tests.wire.imap_server import Kept, Server, imap_server
from tests.wire.test_imap import place

OLD, YOUNG = date(2026, 1, 1), date(2026, 11, 1)


@pytest.fixture
def server() -> Iterator[Server]:
    with imap_server() as running:
        yield running


def fill(server: Server, *uids: int, day: date = OLD) -> None:
    server.folders["INBOX"] += [Kept(uid, b"a: b\r\n\r\n", day=day) for uid in uids]


def everything(box: Mailbox) -> list[int]:
    found: list[int] = []
    while part := box.after(found[-1] if found else 0):
        found += part
    return found


def test_more_mails_than_fit_into_one_answer(server: Server) -> None:
    """imaplib takes no line of more than a million bytes: the numbers of these mails have two."""
    many = range(4_000_000_000, 4_000_000_000 + 200_000)
    fill(server, *many)
    with imap.opened(place(server)) as box:
        assert box.open("INBOX").mails == len(many)
        assert everything(box) == [*many]
        assert box.after(many[-2]) == [many[-1]]
        assert box.newest(3) == [many[-1], many[-2], many[-3]]
    searches = [one for one in server.commands if one.startswith("UID SEARCH")]
    assert len(searches) < 15


@pytest.mark.parametrize(
    "uids",
    [
        [],
        [1],
        [7, 8, 4_000_000_000],
        [1, WINDOW, WINDOW + 1, WINDOW + 2],
        [WINDOW + 1],
        [1, 2**32 - 1],
        [10**step for step in range(10)],
        [number * 100_000_000 for number in range(1, 40)],
    ],
)
def test_gaps_of_any_size_are_crossed(server: Server, uids: list[int]) -> None:
    fill(server, *uids)
    with imap.opened(place(server)) as box:
        box.open("INBOX")
        assert everything(box) == uids
        assert [box.after(uid)[:1] for uid in uids[:20]] == [[uid] for uid in uids[1:20]] + (
            [uids[20:21]] if uids else []
        )
        assert box.newest(2) == uids[::-1][:2]


def test_mails_that_are_removed_meanwhile_hide_no_others(server: Server) -> None:
    """While a gap is looked over, those behind it move up by one place with every question."""
    far = 3_000_000_000
    fill(server, *range(1, 101), *range(far, far + 100))

    def remove_one(command: str) -> None:
        if command == "FETCH" and server.folders["INBOX"][0].uid < 60:
            server.folders["INBOX"].pop(0)

    server.before = remove_one
    with imap.opened(place(server)) as box:
        box.open("INBOX")
        assert box.after(100) == [*range(far, far + 100)]


def test_only_mails_of_some_days(server: Server) -> None:
    fill(server, 1, 2, 3)
    fill(server, 4, 6, day=YOUNG)
    fill(server, 7)
    with imap.opened(place(server)) as box:
        box.open("INBOX")
        assert box.young([1, 2, 3, 4, 6, 7], YOUNG) == [4, 6]
        assert box.young([7, 6, 4], YOUNG) == [6, 4]
        assert box.young([1, 2], YOUNG) == []
