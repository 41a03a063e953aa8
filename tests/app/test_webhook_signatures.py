"""Webhooks take what other services sign in their own way, each post once."""

import hashlib
import hmac
import json
from base64 import b64encode
from datetime import timedelta
from typing import Any

import pytest

from app.runtime import Runtime
from app.sources.webhooks import taking
from tests.app.conftest import Client, on_sqlite
from tests.app.test_webhooks import Hook, hook
from tests.conftest import TurnableClock

__all__ = ["hook"]
SECRET = "whsec_chosen by the other one"
BODY = json.dumps({"email": "anna@example.com", "first_name": "Anna"}).encode()
KIND = "application/json"


def mac(body: bytes, secret: str = SECRET) -> "hmac.HMAC":
    return hmac.new(secret.encode(), body, hashlib.sha256)


def agreed(hook: Hook, kind: str, header: str, secret: str = SECRET) -> dict[str, Any]:
    said = {"signature": {"kind": kind, "header": header}} | ({"secret": secret} if secret else {})
    answer = hook.owner.patch(f"{hook.path}/webhook", said)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json or {}
    assert found["signature"] == {"kind": kind, "header": header}
    assert SECRET not in answer.text
    return found


def test_hex_in_a_header_of_their_choice(hook: Hook) -> None:
    agreed(hook, "hex", "X-Hub-Signature-256")
    right = {"x-hub-signature-256": f"sha256={mac(BODY).hexdigest()}"}
    assert hook.send(BODY, right, KIND).json == {"status": "accepted"}
    assert hook.send(BODY + b" ", right, KIND).status_code == 401
    assert hook.send(BODY, hook.sign(BODY), KIND).status_code == 401, "our own way is closed now"
    hook.pull()
    assert hook.contact("anna@example.com").first_name == "Anna"


def test_base64_and_stamped(hook: Hook) -> None:
    agreed(hook, "base64", "X-Shopify-Hmac-Sha256")
    right = b64encode(mac(BODY).digest()).decode()
    assert hook.send(BODY, {"X-Shopify-Hmac-Sha256": right}, KIND).status_code == 202
    agreed(hook, "timestamped", "Stripe-Signature", secret="")
    moment = int(hook.clock().timestamp())
    signed = mac(f"{moment}.".encode() + BODY).hexdigest()
    right = f"t={moment},v1={signed},v0=abc"
    assert hook.send(BODY, {"Stripe-Signature": right}, KIND).json == {"status": "accepted"}
    again = f"t={moment},v1={signed},v0=another"
    assert hook.send(BODY, {"Stripe-Signature": again}, KIND).json == {"status": "known"}
    hook.clock.turn(minutes=6)
    assert hook.send(BODY, {"Stripe-Signature": right}, KIND).status_code == 401


def test_what_has_no_moment_is_known_for_long(
    hook: Hook, runtime: Runtime, clock: TurnableClock
) -> None:
    agreed(hook, "hex", "X-Signature")
    for spelling in (str.lower, str.upper):
        found = hook.send(BODY, {"X-Signature": spelling(mac(BODY).hexdigest())}, KIND)
        assert found.status_code == 202
    hook.pull()
    assert len(hook.posts()) == 1
    for days, status in ((1, "known"), (28, "known"), (2, "accepted")):
        clock.turn(days=days)
        taking.forget_old(runtime)
        found = hook.send(BODY, {"X-Signature": mac(BODY).hexdigest()}, KIND)
        assert found.json == {"status": status}, days
    assert timedelta(days=30) == taking.KEPT_LONG


def test_the_secret_may_stay_and_may_be_made_anew(hook: Hook) -> None:
    agreed(hook, "hex", "X-Signature", secret="")
    ours = hook.made["secret"]
    assert hook.send(BODY, {"X-Signature": mac(BODY, ours).hexdigest()}, KIND).status_code == 202
    other = (hook.owner.post(f"{hook.path}/webhook/secret").json or {})["secret"]
    body = BODY.replace(b"anna", b"b")
    assert hook.send(body, {"X-Signature": mac(body, ours).hexdigest()}, KIND).status_code == 401
    assert hook.send(body, {"X-Signature": mac(body, other).hexdigest()}, KIND).status_code == 202


def test_and_back_to_our_own_way(hook: Hook) -> None:
    shown = hook.owner.get(f"{hook.path}/webhook").json or {}
    ours = {"kind": "pressferry", "header": "Pressferry-Signature"}
    assert shown["signature"] == ours
    agreed(hook, "hex", "X-Signature", secret="")
    answer = hook.owner.patch(f"{hook.path}/webhook", {"signature": {"kind": "pressferry"}})
    assert (answer.json or {})["signature"] == ours
    assert hook.send(BODY, hook.sign(BODY), KIND).status_code == 202


@on_sqlite
@pytest.mark.parametrize(
    "said",
    [
        {},
        {"signature": {"kind": "md5"}},
        {"signature": {"kind": "hex", "header": "X Signature"}},
        {"signature": {"kind": "hex", "header": ""}},
        {"signature": {"kind": "hex"}, "secret": "short"},
    ],
)
def test_what_is_no_way_is_refused(hook: Hook, said: dict[str, Any]) -> None:
    assert hook.owner.patch(f"{hook.path}/webhook", said).status_code == 422


@on_sqlite
def test_who_may_agree(hook: Hook, member: Client) -> None:
    said = {"signature": {"kind": "hex", "header": "X-Signature"}}
    assert member.patch(f"{hook.path}/webhook", said).status_code == 403
