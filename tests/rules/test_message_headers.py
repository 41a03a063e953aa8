"""Headers: nothing leaves its own line, and everything is read back as it was meant."""

import email
import re
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import default

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.rules.mail import headers

_TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=300)


def parsed(line: bytes) -> EmailMessage:
    """The header as the standard library reads it; it must find nothing odd."""
    message = email.message_from_bytes(line + b"\r\nbody\r\n", policy=default)
    assert isinstance(message, EmailMessage)
    assert message.defects == []
    assert len(message.keys()) == 1
    for value in message.values():
        assert value.defects == ()
    return message


def well_formed(line: bytes) -> None:
    assert line.endswith(b"\r\n")
    assert b"\r" not in line.replace(b"\r\n", b"")
    assert b"\n" not in line.replace(b"\r\n", b"")
    assert line.isascii()
    first, *more = line.removesuffix(b"\r\n").split(b"\r\n")
    assert all(one.startswith(b" ") and one.strip() for one in more)
    for one in (first, *more):
        assert len(one) <= 78 or not any(one.lstrip().partition(b": ")[2].split(b" ")[1:])
    for word in re.findall(rb"=\?\S+", line):
        assert len(word) <= 75


def unspaced(value: str) -> str:
    """Python 3.11 puts a space between two encoded words of a name; mail programs do not."""
    return "".join(value.split())


@pytest.mark.parametrize(
    "subject",
    [
        "",
        "Hello",
        "Hello Ada, this is a long subject that has to be folded because it is longer than a line",
        "x" * 300,
        "Grüße aus Köln",
        "日本語の件名" * 20,
        "🎉" * 60 + " party",
        "שלום עולם and back",
        "=?utf-8?q?not_encoded?=",
        "a =?b",
        "Note: " * 30,
        '100 % of "all" <b>things</b>, (really); [yes]',
        "e\u0301" * 50,
    ],
)
def test_a_subject_comes_back(subject: str) -> None:
    line = headers.text("Subject", subject)
    well_formed(line)
    assert parsed(line)["Subject"] == subject.strip()


@given(_TEXT)
def test_every_subject_comes_back(subject: str) -> None:
    line = headers.text("Subject", subject)
    well_formed(line)
    assert unspaced(parsed(line)["Subject"]) == unspaced(headers.one_line(subject, 900))


@pytest.mark.parametrize(
    "attack",
    [
        "Hi\r\nBcc: victim@example.com",
        "Hi\nBcc: victim@example.com",
        "Hi\rBcc: victim@example.com",
        "Hi\r\n\r\n<script>",
        "Hi\x00Bcc: x",
        "Hi\x0bBcc: x\x0c\x1c\x85\u2028\u2029Bcc: x",
        "Hi\r\n Bcc: x",
    ],
)
def test_no_value_makes_another_header(attack: str) -> None:
    for line in (
        headers.text("Subject", attack),
        headers.mailbox("To", attack, "a@example.com"),
        headers.token("List-Id", attack),
    ):
        well_formed(line)
        assert b"\nBcc" not in line
        assert "Bcc" not in parsed(line)


@pytest.mark.parametrize(
    "name",
    [
        "",
        "Ada Lovelace",
        "Lovelace, Ada",
        'Ada "the first" Lovelace',
        "back\\slash",
        "Dr. Ada (she)",
        "victim@example.com",
        "<evil@example.com>",
        "Jörg Müller",
        "Zoë <zoe@example.com>, other@example.com",
        "=?utf-8?q?=3Cevil=40example.com=3E?=",
        "שָׁלוֹם",
        "山田 太郎",
        "👩‍🚀 " * 10,
        "x" * 180,
        "a b " * 40,
    ],
)
def test_a_name_comes_back_and_stays_a_name(name: str) -> None:
    line = headers.mailbox("To", name, "ada@example.com")
    well_formed(line)
    [address] = parsed(line)["To"].addresses
    assert (address.username, address.domain) == ("ada", "example.com")
    assert unspaced(address.display_name) == unspaced(name)


@given(_TEXT)
def test_every_name_leaves_one_address(name: str) -> None:
    line = headers.mailbox("From", name, "ada@example.com")
    well_formed(line)
    addresses: tuple[Address, ...] = parsed(line)["From"].addresses
    assert [address.addr_spec for address in addresses] == ["ada@example.com"]


@pytest.mark.parametrize("value", ["x" * 100_000, "ä" * 100_000, "a b" * 50_000, "\r\n" * 50_000])
def test_enormous_values_are_cut(value: str) -> None:
    assert len(headers.text("Subject", value)) < 5_000
    assert len(headers.mailbox("To", value, "a@example.com")) < 2_000


def test_broken_unicode_does_not_stop_a_mail() -> None:
    well_formed(headers.text("Subject", "a\ud800b"))
    well_formed(headers.mailbox("To", "a\udfffb", "a@example.com"))


def test_what_machines_read_is_never_folded() -> None:
    url = "https://mail.example.com/" + "u" * 300
    line = headers.token("List-Unsubscribe", f"<{url}>")
    assert line == f"List-Unsubscribe: <{url}>\r\n".encode()


def test_a_long_address_stays_whole() -> None:
    address = "a" * 64 + "@" + ".".join(["b" * 60] * 3) + ".example"
    line = headers.mailbox("To", "Ada", address)
    [found] = parsed(line)["To"].addresses
    assert found.addr_spec == address


def test_plain_words_stay_readable() -> None:
    assert headers.text("Subject", "Hello  Ada ") == b"Subject: Hello Ada\r\n"
    assert headers.mailbox("To", "Ada", "a@b.co") == b"To: Ada <a@b.co>\r\n"
    assert headers.mailbox("To", "Ada L.", "a@b.co") == b'To: "Ada L." <a@b.co>\r\n'
    assert headers.mailbox("To", "", "a@b.co") == b"To: a@b.co\r\n"
