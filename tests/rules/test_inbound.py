"""Posts are believed when they are signed as was agreed, with the secret, and in time."""

import base64
import hashlib
import hmac
from datetime import UTC, datetime

import pytest

from app.rules.inbound import BASE64, HEX, TIMESTAMPED, Scheme, judged

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
SECRET, BODY = "It's a Secret to Everybody", b"Hello, World!"
#: The example of GitHub's documentation.
GITHUB = "757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17"
IN_HEX, IN_BASE64 = Scheme(HEX, "X-Hub-Signature-256"), Scheme(BASE64, "X-WC-Webhook-Signature")
STAMPED = Scheme(TIMESTAMPED, "Stripe-Signature")


def stamped(age: int = 0, body: bytes = BODY, secret: str = SECRET) -> tuple[str, str]:
    moment = str(int(NOW.timestamp()) - age)
    return moment, hmac.new(
        secret.encode(), moment.encode() + b"." + body, hashlib.sha256
    ).hexdigest()


@pytest.mark.parametrize(
    "given", [GITHUB, f"sha256={GITHUB}", f"SHA256={GITHUB.upper()}", f" {GITHUB} "]
)
def test_hex_is_believed_in_every_spelling_and_known_again(given: str) -> None:
    verdict = judged(IN_HEX, SECRET, given, BODY, NOW)
    assert (verdict.why, verdict.token) == ("", GITHUB)


@pytest.mark.parametrize("prefix", ["", "sha256="])
def test_base64_is_believed(prefix: str) -> None:
    given = prefix + base64.b64encode(bytes.fromhex(GITHUB)).decode()
    assert judged(IN_BASE64, SECRET, given, BODY, NOW).why == ""
    assert judged(IN_HEX, SECRET, given, BODY, NOW).why
    assert judged(IN_BASE64, SECRET, given.swapcase(), BODY, NOW).why


@pytest.mark.parametrize("scheme", [IN_HEX, IN_BASE64, STAMPED, Scheme()])
@pytest.mark.parametrize(
    "given", ["", "sha256=", "x", "ä" * 64, "0" * 64, "t=1", "t=1,v1=", "=,=="]
)
def test_what_is_not_right_is_not_believed(scheme: Scheme, given: str) -> None:
    verdict = judged(scheme, SECRET, given, BODY, NOW)
    assert verdict.why.endswith(".")
    assert verdict.token == ""


def test_without_a_signature_it_says_how_to_sign() -> None:
    assert "X-Hub-Signature-256: <hex" in judged(IN_HEX, SECRET, "", BODY, NOW).why
    assert "Stripe-Signature: t=" in judged(STAMPED, SECRET, "", BODY, NOW).why


@pytest.mark.parametrize("scheme", [IN_HEX, IN_BASE64])
def test_another_body_or_secret_is_not_believed(scheme: Scheme) -> None:
    right = GITHUB if scheme is IN_HEX else base64.b64encode(bytes.fromhex(GITHUB)).decode()
    assert judged(scheme, SECRET, right, BODY + b" ", NOW).why
    assert judged(scheme, "another", right, BODY, NOW).why


def test_the_moment_is_signed_too() -> None:
    moment, mac = stamped()
    assert judged(STAMPED, SECRET, f"t={moment},v1={mac}", BODY, NOW).token == f"{moment}.{mac}"
    assert judged(STAMPED, SECRET, f"t={int(moment) + 1},v1={mac}", BODY, NOW).why
    assert judged(STAMPED, SECRET, f"t={moment},t=1,v1={mac}", BODY, NOW).why
    assert judged(STAMPED, SECRET, f"t={moment},v0={mac}", BODY, NOW).why


def test_several_signatures_while_a_secret_is_changed() -> None:
    moment, mac = stamped()
    other = stamped(secret="the next one")[1]
    for given in (f"t={moment},v1={other},v1={mac},v0=x", f"v1={mac}, v1={other}, t={moment}"):
        verdict = judged(STAMPED, SECRET, given, BODY, NOW)
        assert (verdict.why, verdict.token) == ("", f"{moment}.{mac}"), "it is the same post"


@pytest.mark.parametrize(
    ("age", "is_late"), [(300, False), (-300, False), (301, True), (-301, True)]
)
def test_what_comes_late_is_not_believed(age: int, is_late: bool) -> None:
    moment, mac = stamped(age)
    assert (
        "another time" in judged(STAMPED, SECRET, f"t={moment},v1={mac}", BODY, NOW).why
    ) is is_late
    assert (STAMPED.has_time, Scheme().has_time, IN_HEX.has_time) == (True, True, False)
