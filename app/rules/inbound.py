"""Whether what was posted comes from who shares a secret with us, and comes in time.

Other services sign in ways of their own; three of them cover nearly all of them.
"""

import hmac
import re
from base64 import b64encode
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256

from app.rules.signing import PATIENCE, moment_of

HEADER = "Pressferry-Signature"
OURS, HEX, BASE64, TIMESTAMPED = KINDS = ("pressferry", "hex", "base64", "timestamped")
_FORM = re.compile(r"t=[0-9]{1,12},v1=[0-9a-f]{64}")
_PREFIX = re.compile(r"sha256=", re.IGNORECASE)
_WRONG = "The signature is not the one of this body with the secret of this webhook."
_STAMPED = (
    "t=<Unix seconds>,v1=<hex of HMAC-SHA256, with the secret, over '<Unix seconds>.' and the body>"
)
_HOW = {
    OURS: _STAMPED,
    TIMESTAMPED: _STAMPED,
    HEX: "<hex of HMAC-SHA256, with the secret, over the body>",
    BASE64: "<base64 of HMAC-SHA256, with the secret, over the body>",
}


@dataclass(frozen=True, slots=True)
class Scheme:
    """How a webhook's posts are signed (one of KINDS), and in which header."""

    kind: str = OURS
    header: str = HEADER

    @property
    def has_time(self) -> bool:
        """Whether the moment is signed, too: what has none can only be told by being known."""
        return self.kind in (OURS, TIMESTAMPED)


@dataclass(frozen=True, slots=True)
class Verdict:
    """Why a post is not believed, "" when it is; and by what it is known when it comes again."""

    why: str
    token: str = ""


def judged(scheme: Scheme, secret: str, given: str, body: bytes, now: datetime) -> Verdict:
    """Whether a post is believed. ``given``: the value of the scheme's header, "" for none."""
    if not given:
        return _unsigned(scheme)
    if scheme.kind == OURS:
        return _ours(scheme, secret, given, body, now)
    if scheme.kind == TIMESTAMPED:
        return _timestamped(scheme, secret, given, body, now)
    return _plain(scheme, secret, given, body)


def _ours(scheme: Scheme, secret: str, given: str, body: bytes, now: datetime) -> Verdict:
    if not _FORM.fullmatch(given):
        return _unsigned(scheme)
    moment = moment_of(given, secret, body)
    return Verdict(_WRONG) if moment is None else _in_time(moment, given, now)


def _timestamped(scheme: Scheme, secret: str, given: str, body: bytes, now: datetime) -> Verdict:
    """There may be several signatures while a secret is changed, and others that we do not know."""
    parts = [part.strip().partition("=") for part in given.split(",")]
    moments = [value for name, _, value in parts if name == "t"]
    if len(moments) != 1 or not re.fullmatch("[0-9]{1,12}", moments[0]):
        return _unsigned(scheme)
    mac = hmac.new(secret.encode(), moments[0].encode() + b"." + body, sha256).hexdigest()
    signed = [value for name, _, value in parts if name == "v1"]
    if not any(_is_same(mac, one) for one in signed):
        return Verdict(_WRONG)
    return _in_time(int(moments[0]), f"{moments[0]}.{mac}", now)


def _plain(scheme: Scheme, secret: str, given: str, body: bytes) -> Verdict:
    mac = hmac.new(secret.encode(), body, sha256)
    said = _PREFIX.sub("", given.strip(), count=1)
    if scheme.kind == HEX:
        is_right = _is_same(mac.hexdigest(), said.lower())
    else:
        is_right = _is_same(b64encode(mac.digest()).decode(), said)
    return Verdict("", mac.hexdigest()) if is_right else Verdict(_WRONG)


def _in_time(moment: int, token: str, now: datetime) -> Verdict:
    if abs(now.timestamp() - moment) > PATIENCE:
        return Verdict(f"The signature is of another time: at most {PATIENCE} seconds from now.")
    return Verdict("", token)


def _unsigned(scheme: Scheme) -> Verdict:
    return Verdict(f"Sign the post: {scheme.header}: {_HOW[scheme.kind]}.")


def _is_same(ours: str, theirs: str) -> bool:
    return hmac.compare_digest(ours.encode(), theirs.encode("utf-8", "replace"))
