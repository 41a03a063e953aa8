"""A finished mail: bytes stay, what is missing is added, From changes with the relay."""

from dataclasses import replace
from datetime import UTC, datetime
from email import message_from_bytes, policy

import pytest

from app.rules.mail.finished import Finished, NotAMail, Stamp, read, stamped

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
STAMP = Stamp(
    from_email="shop@relays.example.com",
    from_name="The Shop",
    reply_to_email="hello@shop.example.com",
    reply_to_name="",
    to_email="jane@example.com",
    message_id="<1.a@shop.example.com>",
    date=NOW,
)
WHOLE = (
    b"From: Shop <shop@relays.example.com>\r\n"
    b"To: Jane\r\n <jane@example.com>, other@example.com\r\n"
    b"Subject: Hi\r\n"
    b"Date: Sun, 22 Nov 2026 11:00:00 +0000\r\n"
    b"Message-ID: <own@shop.example.com>\r\n"
    b"\r\n"
    b".dots\r\n..and more \xc3\xa4\r\n"
)


def test_a_whole_mail_stays_byte_for_byte() -> None:
    assert stamped(read(WHOLE), STAMP) == WHOLE


def test_what_is_missing_is_added() -> None:
    mail = message_from_bytes(stamped(read(b"Subject: Hi\r\n\r\nbody\r\n"), STAMP))
    assert mail["From"] == "The Shop <shop@relays.example.com>"
    assert mail["Reply-To"] == "hello@shop.example.com"
    assert mail["To"] == "jane@example.com"
    assert mail["Message-ID"] == "<1.a@shop.example.com>"
    assert mail["Date"] == "Sun, 22 Nov 2026 12:00:00 +0000"
    assert mail.get_payload() == "body\r\n"


def test_another_relay_brings_its_own_from_and_answers_go_where_they_did() -> None:
    other = replace(STAMP, from_email="two@relays.example.com")
    mail = message_from_bytes(
        stamped(read(b"Sender: x@example.com\r\n" + WHOLE), other), policy=policy.default
    )
    assert mail["From"].addresses[0].addr_spec == "two@relays.example.com"
    assert mail["From"].addresses[0].display_name == "The Shop"
    assert mail["Reply-To"].addresses[0].addr_spec == "hello@shop.example.com"
    assert mail["Sender"] is None
    assert mail["Message-ID"] == "<own@shop.example.com>"


def test_a_reply_to_of_its_own_stays() -> None:
    other = replace(STAMP, from_email="two@relays.example.com")
    mail = message_from_bytes(stamped(read(b"Reply-To: me@example.com\r\n" + WHOLE), other))
    assert mail.get_all("Reply-To") == ["me@example.com"]


def test_values_are_unfolded() -> None:
    assert read(WHOLE).values("to") == ["Jane <jane@example.com>, other@example.com"]
    assert read(WHOLE).values("cc") == []


def test_fields_can_go_and_come() -> None:
    mail = read(WHOLE).without(["to", "date"]).with_first(b"X-One: 1\r\n")
    assert mail.whole.startswith(b"X-One: 1\r\nFrom:")
    assert "date" not in mail.names
    assert mail.whole.endswith(b"\xc3\xa4\r\n")


@pytest.mark.parametrize("mail", [b"", b"A: b\r\n"])
def test_a_mail_may_end_with_its_headers(mail: bytes) -> None:
    assert read(mail) == Finished((mail,) if mail else (), b"\r\n")


@pytest.mark.parametrize(
    "mail",
    [
        b"no header\r\n\r\nbody",
        b": x\r\n\r\n",
        b" folded: x\r\n\r\n",
        b"A b: c\r\n\r\n",
        b"A: b\n\n",
    ],
)
def test_what_is_no_mail_is_refused(mail: bytes) -> None:
    with pytest.raises(NotAMail):
        read(mail)
