"""Headers that may be set, and those that never may."""

import pytest

from app.rules.mail import own_headers


@pytest.mark.parametrize("name", ["X-Order", "list-unsubscribe", "In-Reply-To", "X-a-b-1"])
def test_these_may(name: str) -> None:
    assert own_headers.fault(name, "value") == ""


@pytest.mark.parametrize(
    "name",
    [
        "From",
        "bcc",
        "Return-Path",
        "Content-Type",
        "MIME-Version",
        "Message-ID",
        "DKIM-Signature",
        "Received",
        "Resent-To",
        "X-Pressferry-Relay",
        "X-a: b",
        "X-a\r\nBcc",
        "",
    ],
)
def test_these_may_not(name: str) -> None:
    assert own_headers.fault(name, "value") != ""


def test_a_value_stays_in_its_line() -> None:
    made = own_headers.lines({"X-One": "a\r\nBcc: b", "X-Two": "grün\r\nBcc: c"})
    assert made.count(b"\r\n") == 2
    assert b"\r\nBcc" not in made
    assert own_headers.fault("X-One", "a" * 901) != ""
