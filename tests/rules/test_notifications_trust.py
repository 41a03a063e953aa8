"""Whose mails count: anybody can send one that looks like a form's."""

from datetime import UTC, datetime

import pytest

from app.rules import notifications
from app.rules.notifications import Door
from tests.rules import form_mails
from tests.rules.form_mails import mail

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
DOOR = Door(["wordpress@example.org"])
PASS = "mx.google.com; dmarc=pass (p=NONE) header.from=example.org"
FAIL = "mx.google.com; spf=pass smtp.mailfrom=evil.com; dmarc=fail header.from=example.org"


def reason(raw: bytes, door: Door = DOOR) -> str:
    found = notifications.objection(notifications.read(raw, NOW), door)
    return found.reason if found else ""


@pytest.mark.parametrize(
    ("sender", "senders", "why"),
    [
        ("Rig <wordpress@example.org>", ["wordpress@example.org"], ""),
        ("Rig <WordPress@Example.org>", ["wordpress@example.org"], ""),
        ("Rig <info@example.org>", ["@example.org"], ""),
        ("Rig <info@example.org>", ["wordpress@example.org"], "rejected_by_mapping"),
        ('"wordpress@example.org" <evil@x.com>', ["wordpress@example.org"], "rejected_by_mapping"),
        ("x <evil@notexample.org>", ["@example.org"], "rejected_by_mapping"),
        ("x <evil@sub.example.org>", ["@example.org"], "rejected_by_mapping"),
        ("wordpress@example.org, evil@x.com", ["wordpress@example.org"], "rejected_by_mapping"),
    ],
)
def test_who_may_send(sender: str, senders: list[str], why: str) -> None:
    assert reason(mail("x", sender=sender), Door(senders)) == why


def test_a_domain_with_other_letters() -> None:
    raw = mail("x").replace(form_mails.SITE.encode(), "w@bücher.example".encode())
    assert reason(raw, Door(["@xn--bcher-kva.example"])) == ""


def test_a_second_from_does_not_help() -> None:
    raw = b"From: wordpress@example.org\n" + mail("x", sender="evil@x.com")
    assert reason(raw) == "rejected_by_mapping"
    assert reason(mail("x").replace(b"\nFrom:", b"\nX-From:")) == "rejected_by_mapping"


def test_to_whom_and_about_what() -> None:
    to = Door(DOOR.senders, ["forms@example.org", "@forms.example"])
    assert reason(mail("x"), to) == "rejected_by_mapping"
    assert reason(mail("x", to="a@x.com, Forms <FORMS@example.org>"), to) == ""
    assert reason(mail("x", Delivered_To="x@forms.example"), to) == ""
    about = Door(DOOR.senders, subject="new ENTRY")
    assert reason(mail("x"), about) == ""
    assert reason(mail("x", subject="Password"), about) == "rejected_by_mapping"


@pytest.mark.parametrize(
    ("results", "authentication", "server", "is_in"),
    [
        ([], "ignore", "", True),
        ([], "unless_failed", "", True),
        ([], "required", "mx.google.com", False),
        ([FAIL], "ignore", "", True),
        ([FAIL], "unless_failed", "", False),
        ([FAIL], "unless_failed", "mx.google.com", False),
        ([FAIL], "required", "mx.google.com", False),
        ([PASS], "unless_failed", "", True),
        ([PASS], "required", "mx.google.com", True),
        ([PASS], "required", "MX.Google.com", True),
        # what another server wrote does not count, nor what stood there before ours wrote
        ([PASS.replace("mx.google.com", "mx.evil.com")], "required", "mx.google.com", False),
        ([FAIL, PASS], "required", "mx.google.com", False),
        ([FAIL, PASS], "unless_failed", "", False),
        (["mx.google.com; none", PASS], "required", "mx.google.com", False),
        (["mx.google.com 1; dkim=pass header.d=example.org"], "required", "mx.google.com", True),
        (
            ["mx.google.com; dkim=pass header.i=@mail.example.org"],
            "required",
            "mx.google.com",
            True,
        ),
        (["mx.google.com; dkim=pass header.d=evil.com"], "required", "mx.google.com", False),
        (["mx.google.com; dkim=pass header.d=org"], "required", "mx.google.com", False),
        (["mx.google.com; dkim=pass header.d=myexample.org"], "required", "mx.google.com", False),
        (
            ["mx.google.com; spf=pass smtp.mailfrom=w@example.org"],
            "required",
            "mx.google.com",
            True,
        ),
        (["mx.google.com; spf=pass smtp.mailfrom=w@evil.com"], "required", "mx.google.com", False),
        (
            ["mx.google.com; dkim=fail (dkim=pass header.d=example.org) header.d=example.org"],
            "required",
            "mx.google.com",
            False,
        ),
        ([""], "required", "mx.google.com", False),
    ],
)
def test_what_the_receiving_server_says(
    results: list[str], authentication: str, server: str, is_in: bool
) -> None:
    heads = "".join(f"Authentication-Results: {one}\n" for one in results).encode()
    door = Door(DOOR.senders, authentication=authentication, server=server)
    assert reason(heads + mail("x"), door) == ("" if is_in else "trashed_or_spam")
