"""Files in a mail: read back by the library's parser as they were given."""

from email import message_from_bytes, policy
from email.message import EmailMessage

import pytest

from app.rules.mail.attachments import Attachment, assembled, faults

WORDS = b"Content-Type: text/plain\r\n\r\nHello\r\n"


def mail(*files: Attachment) -> EmailMessage:
    found = message_from_bytes(
        b"MIME-Version: 1.0\r\n" + assembled(WORDS, files), policy=policy.default
    )
    assert isinstance(found, EmailMessage)
    return found


def test_no_files_no_wrapping() -> None:
    assert assembled(WORDS, []) == WORDS


@pytest.mark.parametrize(
    "name", ["bill.pdf", "Rechnung Müller.pdf", 'a"b;c.pdf', "ü" * 120 + ".pdf", "発票.pdf"]
)
def test_names_and_bytes_come_back(name: str) -> None:
    content = bytes(range(256)) * 3
    (file,) = mail(Attachment(name, "application/pdf", content)).iter_attachments()
    assert file.get_filename() == name
    assert file.get_content() == content
    assert file.get_content_type() == "application/pdf"
    assert file.get_content_disposition() == "attachment"


def test_inline_files_are_related_to_the_words() -> None:
    found = mail(
        Attachment("logo.png", "image/png", b"png", "logo"),
        Attachment("bill.pdf", "application/pdf", b"pdf"),
    )
    assert found.get_content_type() == "multipart/mixed"
    related, bill = found.iter_parts()
    assert related.get_content_type() == "multipart/related"
    words, logo = related.iter_parts()  # type: ignore[attr-defined]
    assert words.get_content() == "Hello\r\n"
    assert (logo["Content-ID"], logo.get_content_disposition()) == ("<logo>", "inline")
    assert bill.get_filename() == "bill.pdf"


def test_no_line_is_too_long() -> None:
    raw = assembled(WORDS, [Attachment("ü" * 200, "application/pdf", b"x" * 5000)])
    assert max(map(len, raw.split(b"\r\n"))) <= 78


@pytest.mark.parametrize(
    ("type_", "content_id", "where"),
    [
        ("application/pdf", "", ""),
        ("nothing", "", "type"),
        ("text/plain\r\nX: y", "", "type"),
        ("message/rfc822", "", "type"),
        ("image/png", "a b", "content_id"),
        ("image/png", "a>\r\n", "content_id"),
    ],
)
def test_faults(type_: str, content_id: str, where: str) -> None:
    assert faults(Attachment("x", type_, b"", content_id)).partition(":")[0] == where
