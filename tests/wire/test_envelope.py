"""What leaves for a relay: no address becomes a command, no message ends early or holds another."""

import asyncio
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.rules.replies.meaning import Reply
from app.wire.envelope import Parcel, Spoken, speak
from app.wire.opening import open_line
from tests.wire.scripted import relay


class _Offers:
    """A line as ``speak`` sees it: what was offered."""

    def __init__(self, **extensions: str) -> None:
        self.smtputf8 = "smtputf8" in extensions
        self.eight_bit = "eight_bit" in extensions
        self.size_limit = int(extensions["size"]) if "size" in extensions else None


def said(parcel: Parcel, **offers: str) -> Spoken | Reply:
    return speak(parcel, _Offers(**offers))  # type: ignore[arg-type]


def letter(
    body: bytes = b"x\r\n", sender: str = "a@b.example", recipient: str = "c@d.example"
) -> Parcel:
    return Parcel(1, sender, recipient, body)


def spoken(parcel: Parcel, **offers: str) -> Spoken:
    found = said(parcel, **offers)
    assert isinstance(found, Spoken), found
    return found


@pytest.mark.parametrize(
    ("body", "wire"),
    [
        (b"a\r\nb\r\n", b"a\r\nb\r\n.\r\n"),
        (b"a\r\nb", b"a\r\nb\r\n.\r\n"),
        (b"", b"\r\n.\r\n"),
        (b"a\nb\n", b"a\r\nb\r\n.\r\n"),
        (b"a\rb\r", b"a\r\nb\r\n.\r\n"),
        (b"a\r\n.\r\nb\r\n", b"a\r\n..\r\nb\r\n.\r\n"),
        (b".a\r\n", b"..a\r\n.\r\n"),
        (b"a\n.\nMAIL FROM:<x@y>\n", b"a\r\n..\r\nMAIL FROM:<x@y>\r\n.\r\n"),
        (b"a\r.\rb\r\n", b"a\r\n..\r\nb\r\n.\r\n"),
        (b"a\r\n..b\r\n", b"a\r\n...b\r\n.\r\n"),
        (b"a\r\r\nb\r\n", b"a\r\n\r\nb\r\n.\r\n"),
        (b"a\n\rb\r\n", b"a\r\n\r\nb\r\n.\r\n"),
    ],
)
def test_a_body_is_stuffed_and_its_lines_end_properly(body: bytes, wire: bytes) -> None:
    assert spoken(letter(body)).body == wire


@given(st.lists(st.sampled_from([b"\r", b"\n", b".", b"x", b"\r\n", b"\r\n."]), max_size=30))
def test_no_body_ends_before_its_end_or_smuggles_another(pieces: list[bytes]) -> None:
    wire = spoken(letter(b"".join(pieces))).body
    assert wire.endswith(b"\r\n.\r\n")
    assert wire.find(b"\r\n.\r\n") == len(wire) - 5
    assert not wire.startswith(b".\r\n")
    assert not re.search(rb"(?<!\r)\n|\r(?!\n)", wire)
    lines = wire[:-3].removesuffix(b"\r\n").split(b"\r\n")
    unstuffed = [line.removeprefix(b".") if line.startswith(b".") else line for line in lines]
    normal = b"".join(pieces).replace(b"\r\n", b"\n").replace(b"\r", b"\n")
    assert b"\n".join(unstuffed) == normal.removesuffix(b"\n")


@pytest.mark.parametrize(
    "address",
    [
        "a@b\r\nDATA",
        "a@b\nx",
        "a\x00@b.example",
        "a@b> SIZE=1",
        "<a@b.example",
        "a b@c.example",
        "a\x7f@b",
    ],
)
def test_no_address_becomes_a_command(address: str) -> None:
    for parcel, phase in (
        (letter(sender=address), "mail_from"),
        (letter(recipient=address), "rcpt_to"),
    ):
        reply = said(parcel)
        assert isinstance(reply, Reply)
        assert (reply.phase, reply.code) == (phase, 501)


def test_an_empty_sender_is_a_sender_and_an_empty_recipient_is_none() -> None:
    assert spoken(letter(sender="")).mail == b"MAIL FROM:<>\r\n"
    reply = said(letter(recipient=""))
    assert isinstance(reply, Reply)
    assert (reply.phase, reply.code) == ("rcpt_to", 501)


def test_only_what_was_offered_is_asked_for() -> None:
    assert spoken(letter()).mail == b"MAIL FROM:<a@b.example>\r\n"
    assert spoken(letter(), size="1000", eight_bit="").mail == b"MAIL FROM:<a@b.example> SIZE=3\r\n"
    eight = spoken(letter("\u00e4\r\n".encode()), size="0", eight_bit="")
    assert eight.mail == b"MAIL FROM:<a@b.example> SIZE=4 BODY=8BITMIME\r\n"


def test_a_domain_is_said_in_ascii() -> None:
    found = spoken(letter(sender="a@m\u00fcller.example", recipient="b@\u4f8b\u3048.example"))
    assert found.mail == b"MAIL FROM:<a@xn--mller-kva.example>\r\n"
    assert found.rcpt == b"RCPT TO:<b@xn--r8jz45g.example>\r\n"


def test_a_local_part_beyond_ascii_goes_only_where_it_is_offered() -> None:
    parcel = letter(recipient="j\u00f6rg@b.example")
    reply = said(parcel)
    assert isinstance(reply, Reply)
    assert (reply.phase, reply.code) == ("rcpt_to", 553)
    assert reply.text.startswith("5.6.7")
    found = spoken(parcel, smtputf8="")
    assert found.mail == b"MAIL FROM:<a@b.example> SMTPUTF8\r\n"
    assert found.rcpt == "RCPT TO:<j\u00f6rg@b.example>\r\n".encode()


@pytest.mark.parametrize("address", ["a@\udcff.example", "a@" + "\u00e4" * 80, "\ud800@b.example"])
def test_an_address_that_cannot_be_written_is_refused_here(address: str) -> None:
    reply = said(letter(recipient=address), smtputf8="")
    assert isinstance(reply, Reply)
    assert reply.code == 501


def test_what_is_too_big_is_not_even_begun() -> None:
    reply = said(letter(b"x" * 99 + b"\r\n"), size="100")
    assert isinstance(reply, Reply)
    assert (reply.phase, reply.code) == ("data", 552)
    assert reply.text.startswith("5.3.4")
    assert isinstance(said(letter(b"x" * 98 + b"\r\n"), size="100"), Spoken)
    assert isinstance(said(letter(b"x" * 999), size="0"), Spoken)


def test_eight_bit_bytes_go_only_where_they_are_offered() -> None:
    reply = said(letter("\u00e4".encode()))
    assert isinstance(reply, Reply)
    assert (reply.phase, reply.code) == ("data", 554)


@pytest.mark.parametrize(
    ("offer", "limit"),
    [("1000", 1000), ("0", 0), ("", None), ("many", None), ("\u0665", None), ("9" * 5000, None)],
)
def test_a_size_that_is_no_number_is_no_limit(offer: str, limit: int | None) -> None:
    async def run() -> int | None:
        async with relay(f"S: 220 hi\nC: EHLO\nS: 250-x\nS: 250 SIZE {offer}\nC: QUIT") as found:
            line = await open_line(found.endpoint)
            await line.quit()
            return line.size_limit

    assert asyncio.run(run()) == limit
