"""What a mail says that was handed in by SMTP, and what is left of it."""

from datetime import UTC, datetime

import pytest

from app.rules.mail.finished import NotAMail
from app.rules.mail.submitted import Submitted, submitted

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)


def seen(mail: bytes) -> Submitted:
    return submitted(mail, by="here", with_="ESMTPA", now=NOW)


def test_what_it_says() -> None:
    found = seen(
        b"From: =?utf-8?q?B=C3=BCcher?= <shop@b\xc3\xbccher.example>\r\n"
        b'Reply-To: "Help, please"\r\n <help@example.com>\r\n'
        b"Subject: =?utf-8?b?w6TDtsO8?= and\r\n more\r\nX-Pressferry-Relay: two \r\n\r\n"
    )
    assert (found.from_email, found.from_name) == ("shop@b\u00fccher.example", "B\u00fccher")
    assert (found.reply_to_email, found.reply_to_name) == ("help@example.com", "Help, please")
    assert found.subject == "\u00e4\u00f6\u00fc and more"
    assert (found.relay, found.stream) == ("two", "")


def test_answers_go_to_the_sender_unless_said() -> None:
    found = seen(b"From: Shop <shop@example.com>\r\n\r\nx\r\n")
    assert (found.reply_to_email, found.reply_to_name) == ("shop@example.com", "Shop")
    assert found.subject == ""


@pytest.mark.parametrize("subject", [b"=?nonsense?q?x?=", b"=?utf-8?b?%%%?=", b"\xff\xfe"])
def test_a_broken_subject_is_no_reason_to_refuse(subject: bytes) -> None:
    seen(b"From: a@example.com\r\nSubject: " + subject + b"\r\n\r\nx\r\n")


@pytest.mark.parametrize("end", [b"x\n", b"x\r", b"x\r\r\n", b"\n.\r\n"])
def test_every_line_ends_with_crlf(end: bytes) -> None:
    with pytest.raises(NotAMail):
        seen(b"From: a@example.com\r\n\r\n" + end)
