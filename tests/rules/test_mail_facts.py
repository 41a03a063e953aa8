"""What rules may know of a finished mail."""

import pytest

from app.rules.routing.mail_facts import FIELDS, facts

MAIL = (
    b"From: shop@example.com\r\n"
    b"To: Ann <ann@example.com>,\r\n bea@example.com\r\n"
    b"Cc: Boss <BOSS@example.com>\r\n"
    b"X-Kind: =?utf-8?q?Rechnung_f=C3=BCr_Ann?=\r\n"
    b"Received: one\r\nReceived: two\r\n"
    b'Content-Type: multipart/mixed; boundary="b"\r\n\r\n'
    b"--b\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: base64\r\n\r\n"
    b"SGFsbG8gV8O2cmxk\r\n"
    b"--b\r\nContent-Type: text/html\r\n\r\n<p>Hello <b>HTML</b></p>\r\n"
    b'--b\r\nContent-Type: text/plain; name="a.txt"\r\n'
    b'Content-Disposition: attachment; filename="a.txt"\r\n\r\nsecret\r\n--b--\r\n'
)
HTML = b"To: ann@example.com\r\nContent-Type: text/html\r\n\r\n<p>Only <b>HTML</b></p>\r\n"


def test_headers_are_whole_lines_in_plain_words() -> None:
    found = facts(MAIL, "ann@example.com", FIELDS)["header"]
    assert "X-Kind: Rechnung f\u00fcr Ann" in found
    assert [one for one in found if one.startswith("Received")] == [
        "Received: one",
        "Received: two",
    ]


@pytest.mark.parametrize(
    ("address", "bcc"),
    [
        ("ann@example.com", []),
        ("bea@example.com", []),
        ("boss@example.com", []),
        ("spy@example.com", ["spy@example.com"]),
    ],
)
def test_who_else_got_it(address: str, bcc: list[str]) -> None:
    found = facts(MAIL, address, FIELDS)
    assert (found["cc"], found["bcc"]) == (["boss@example.com"], bcc)


def test_where_no_header_names_anybody_nobody_is_hidden() -> None:
    found = facts(b"Subject: x\r\n\r\nhello", "ann@example.com", FIELDS)
    assert (found["cc"], found["bcc"]) == ([], [])


def test_the_text_is_what_a_person_reads() -> None:
    (text,) = facts(MAIL, "ann@example.com", FIELDS)["message"]
    assert text.strip() == "Hallo W\u00f6rld"
    (text,) = facts(HTML, "ann@example.com", FIELDS)["message"]
    assert text.strip() == "Only HTML"


def test_nothing_is_read_that_nobody_asks() -> None:
    assert facts(MAIL, "ann@example.com", ["subject"]) == {}
    assert "message" not in facts(MAIL, "ann@example.com", ["header"])


@pytest.mark.parametrize("mail", [b"", b"no mail at all", b"To: =?x?q?=FF?= <\r\n\r\n\xff"])
def test_what_cannot_be_read_is_not_known(mail: bytes) -> None:
    assert facts(mail, "ann@example.com", FIELDS).get("cc", []) == []
