"""What mails that come back say, in the styles of many servers, and what they never say."""

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.rules.replies.returned import Said, read, said
from tests.rules import returned as mails
from tests.waiting import in_no_time


def of(mail: str, address: str = mails.TO) -> Said | None:
    return said(read(mail.replace("\n", "\r\n").encode()), address)


@pytest.mark.parametrize(
    ("mail", "kind", "hard", "words"),
    [
        (mails.POSTFIX, "bounced", True, "User unknown in virtual mailbox table"),
        (mails.FULL, "bounced", False, "552 5.2.2 Mailbox full"),
        (mails.SPAM, "bounced", False, "unsolicited"),
        (mails.EXPIRED, "bounced", False, "no answer from host"),
        (mails.DELAYED, "delayed", False, "451 4.7.1 Greylisted"),
        (mails.DELIVERED, "delivered", False, "250 2.0.0 OK"),
        (mails.RELAYED, "delivered", False, "2.0.0"),
        (mails.NO_DIAGNOSTIC, "bounced", True, "5.1.1"),
        (mails.EXCHANGE, "bounced", True, "RecipientNotFound"),
        (mails.GMAIL, "bounced", True, "does not exist"),
        (mails.QMAIL, "bounced", True, "550 5.1.1 User unknown"),
        (mails.EXIM, "bounced", True, "550 5.1.1 No such user here"),
        (mails.EXIM_DELAYED, "delayed", False, "try again later"),
        (mails.OLD_EXCHANGE, "bounced", True, "unknown recipient"),
        (mails.COMPLAINT, "complained", False, "abuse by SomeGenerator/1.0"),
    ],
)
def test_what_is_said(mail: str, kind: str, hard: bool, words: str) -> None:
    found = of(mail)
    assert found is not None
    assert (found.kind, found.hard) == (kind, hard)
    assert words in found.words
    assert "452 ways" not in found.words, "the words of our own mail are nobody's answer"


@pytest.mark.parametrize(
    ("mail", "nature"),
    [
        (mails.VACATION, "automatic"),
        (mails.SILENT_VACATION, "automatic"),
        (mails.CHALLENGE, "automatic"),
        (mails.RECEIPT, "automatic"),
        (mails.NOT_SPAM, "other"),
        (mails.ANSWER, "other"),
        ("From: a@b.example\n\nhello", "other"),
        ("", "other"),
    ],
)
def test_what_is_no_report_says_nothing(mail: str, nature: str) -> None:
    assert of(mail) is None
    assert read(mail.encode()).nature == nature


@pytest.mark.parametrize(
    ("mail", "address", "kind", "hard"),
    [
        (mails.TWO_GROUPS, mails.TO, "bounced", True),
        (mails.TWO_GROUPS, "bea@people.example.com", "delivered", False),
        (mails.ALIAS, mails.TO, "delivered", False),
        (mails.POSTFIX, "forwarded@other.example.com", "bounced", True),
    ],
)
def test_of_several_recipients_ours_counts_else_the_mildest(
    mail: str, address: str, kind: str, hard: bool
) -> None:
    found = of(mail, address)
    assert found is not None
    assert (found.kind, found.hard) == (kind, hard)


@pytest.mark.parametrize(
    "mail",
    [mails.POSTFIX, mails.QMAIL, mails.EXIM, mails.OLD_EXCHANGE, mails.COMPLAINT, mails.RECEIPT],
)
def test_our_mail_is_named(mail: str) -> None:
    assert mails.OURS in read(mail.encode()).text


@pytest.mark.parametrize("status", ["5.1.1", "5.2.2"])
def test_an_encoded_status_part_is_read(status: str) -> None:
    fields = f"Reporting-MTA: dns; a\n\nFinal-Recipient: rfc822; {mails.TO}\nAction: failed\n"
    whole = f"{fields}Status: {status}\n"
    encoded = base64.encodebytes(whole.encode()).decode()
    mail = (
        "From: MAILER-DAEMON@mx.example.net\n"
        'Content-Type: multipart/report; report-type=delivery-status; boundary="b"\n\n'
        "--b\nContent-Type: message/delivery-status\nContent-Transfer-Encoding: base64\n\n"
        f"{encoded}\n--b--\n"
    )
    found = of(mail)
    assert found is not None
    assert (found.kind, found.hard) == ("bounced", status == "5.1.1")


def test_an_international_status_part_is_read() -> None:
    mail = mails.POSTFIX.replace("message/delivery-status", "message/global-delivery-status")
    found = of(mail)
    assert found is not None
    assert (found.kind, found.hard) == ("bounced", True)


def test_a_complaint_as_text_is_read() -> None:
    lines = "Feedback-Type: opt-out\nUser-Agent: x\n"
    encoded = base64.encodebytes(lines.encode()).decode()
    head, _, tail = mails.COMPLAINT.partition("Content-Type: message/feedback-report\n\n")
    rest = tail.partition("--=_b")[2]
    mail = (
        f"{head}Content-Type: message/feedback-report\nContent-Transfer-Encoding: base64\n\n"
        f"{encoded}\n--=_b{rest}"
    )
    found = of(mail)
    assert found is not None
    assert found.kind == "complained"


def _nested(depth: int) -> bytes:
    mail = b"From: mailer-daemon@x.example\r\n"
    for number in range(depth):
        mail += b'Content-Type: multipart/mixed; boundary="b%d"\r\n\r\n--b%d\r\n' % (number, number)
    return mail


@pytest.mark.parametrize(
    "bomb",
    [
        _nested(5_000),
        _nested(25),
        b"Content-Type: message/rfc822\r\n\r\n" * 5_000,
        b'Content-Type: multipart/mixed; boundary="b"\r\n\r\n' + b"--b\r\n\r\n\r\n" * 20_000,
        b"From: mailer-daemon@x.example\r\n\r\n" + b"550 5.1.1 " * 25_000,
        b"From: mailer-daemon@x.example\r\n\r\n" + b"(" * 250_000,
        b"From: mailer-daemon@x.example\r\n\r\n" + b"<a@b.example>\r\n" * 16_000,
        b"Subject: " + b"=?utf-8?q?=41?= " * 15_000 + b"\r\n\r\n",
        b"From: " + b"a, " * 80_000 + b"\r\n\r\n",
        b"Content-Type: multipart/report; " + b"a=b; " * 50_000 + b"\r\n\r\n",
        b"Content-Type: text/plain; charset=nonsense\r\n\r\n\xff\xfe",
        b"Content-Type: message/delivery-status\r\nContent-Transfer-Encoding: base64\r\n\r\n***",
        b"Content-Type: message/delivery-status\r\n\r\n" + b"Action: failed\r\n\r\n" * 14_000,
    ],
    ids=range(13),
)
def test_bombs_take_their_time_from_nobody(bomb: bytes) -> None:
    with in_no_time():
        said(read(bomb[:262_144]), mails.TO)


@given(st.binary(max_size=2_000))
def test_any_bytes_can_be_read(raw: bytes) -> None:
    said(read(raw), mails.TO)


@given(
    st.integers(0, len(mails.GMAIL)), st.sampled_from([mails.GMAIL, mails.COMPLAINT, mails.EXIM])
)
def test_a_cut_off_mail_can_be_read(length: int, mail: str) -> None:
    said(read(mail[:length].encode()), mails.TO)
