"""What a site's answer means: data, or which error. Decides on status and code, never on words.

Messages are translated and may hold HTML, so they are only ever shown, cleaned.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from html import unescape
from typing import Any

from wp_bridge.errors import AskTheOwner, NotUnderstood, TryLater

_LONGEST_REST = 86400.0
_MOST_STARTS = 100

#: WordPress's codes for "I do not know who you are", whatever was in the Authorization header.
ANONYMOUS = {
    "rest_not_logged_in",
    "rest_forbidden",
    "rest_forbidden_context",
    "rest_user_cannot_view",
    "rest_cannot_view",
    "rest_cannot_read",
    "rest_ability_cannot_execute",
    "woocommerce_rest_cannot_view",
}
#: Codes of plugins that close the API, and whose they are.
_BLOCKERS = {
    "rest_cannot_access": "Disable REST API",
    "itsec_rest_api_access_restricted": "Solid Security",
    "wp_die": "All-In-One Security",
    "rest_api_disabled": "a plugin that disables the REST API",
    "disabled_rest_api": "a plugin that disables the REST API",
}
#: By the codes in WRONG_LOGIN.
_LOGINS = {
    "incorrect_password": "The application password is wrong or was revoked: make a new one "
    "under Users > Profile > Application Passwords (it is not the password of the login page).",
    "invalid_username": "The site knows no user of this name: give the login name or the e-mail "
    "address of the account that made the application password.",
    "invalid_email": "The site knows no user with this e-mail address: give the login name or "
    "the e-mail address of the account that made the application password.",
}
#: What firewalls write on the pages they send instead of an answer.
_WALLS = (
    (r"wordfence|wfwaf", "Wordfence"),
    (r"cloudflare|cf-ray", "Cloudflare"),
    (r"sucuri", "Sucuri"),
    (r"mod_security|modsecurity|not acceptable!", "ModSecurity"),
    (r"imunify360", "Imunify360"),
    (r"ninjafirewall", "NinjaFirewall"),
    (r"all-in-one security|aiowps", "All-In-One Security"),
    (r"your request is being verified|one moment, please|just a moment", "a check for bots"),
)


@dataclass(frozen=True, slots=True)
class Raw:
    """An answer as it came: header names in lower case, body decompressed."""

    status: int
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True, slots=True)
class Answer:
    """Data from a route; ``total`` and ``pages`` where the site reports them."""

    data: Any
    total: int | None = None
    pages: int | None = None


def understand(raw: Raw) -> Answer:
    """The data in an answer. Raises TryLater, AskTheOwner or NotUnderstood."""
    data = _json(raw.body)
    if raw.status in (200, 201) and data is not None:
        return Answer(
            data, _count(raw.headers, "x-wp-total"), _count(raw.headers, "x-wp-totalpages")
        )
    code, message = _error(data)
    check_patience(raw, message)
    if raw.status == 401:
        raise _unauthorized(raw, code, message)
    if raw.status in (403, 406):
        raise _forbidden(raw, code, message)
    if raw.status in (404, 410):
        raise _missing(code)
    if raw.status == 200:
        raise _no_data(raw)
    words = f": {message}" if message else ""
    raise NotUnderstood(f"The site answered {raw.status}{words}.", code=code)


def check_patience(raw: Raw, message: str = "") -> None:
    """Raises TryLater when the site cannot answer now."""
    if raw.status == 429 or (raw.status == 503 and "retry-after" in raw.headers):
        raise TryLater(
            f"The site asks for patience (status {raw.status}): it is busy, or being updated.",
            _retry_after(raw),
            throttled=True,
        )
    if raw.status >= 500 or raw.status == 408:
        words = f": {message}" if message else ""
        raise TryLater(f"The site is in trouble (status {raw.status}){words}.", _retry_after(raw))


def _unauthorized(raw: Raw, code: str, message: str) -> AskTheOwner:
    if code in _LOGINS:
        return AskTheOwner("needs_permission", _LOGINS[code], code=code)
    if code in _BLOCKERS:
        return _blocked(_BLOCKERS[code], code, anonymous=True)
    if code in ANONYMOUS:
        sentence = (
            "The site treats us as a stranger although we gave an application password: its web "
            "server drops the Authorization header, or application passwords are switched off."
        )
        return AskTheOwner("header_stripped", sentence, code=code, anonymous=True)
    if not code and "basic" in raw.headers.get("www-authenticate", "").lower():
        return AskTheOwner(
            "blocked",
            "The whole site is behind a password of its web server (HTTP Basic), which takes the "
            "place of the application password: leave /wp-json/ out of that protection.",
        )
    ours = code if code.startswith("woocommerce_rest_") else ""
    sentence = f"The site refused the login: {message or '401'}."
    return AskTheOwner("needs_permission", sentence, code=ours)


def _forbidden(raw: Raw, code: str, message: str) -> AskTheOwner:
    if code in _BLOCKERS:
        return _blocked(_BLOCKERS[code], code)
    if code:
        sentence = f"This account may not do that at the site: {message or code}"
        return AskTheOwner("needs_permission", sentence, code=code)
    return _blocked(wall(raw), "")


def _missing(code: str) -> AskTheOwner | NotUnderstood:
    if code:
        return AskTheOwner(
            "plugin_absent", "The site does not offer this (it knows no such route).", code=code
        )
    return NotUnderstood("There is no WordPress REST API at this address (status 404).")


def _no_data(raw: Raw) -> Exception:
    start = raw.body.lstrip()[:1]
    if start in (b"{", b"[") or not start:
        return TryLater("The site's answer was cut off.")
    return AskTheOwner(
        "blocked",
        f"The site answered with a web page instead of data: {wall(raw)} stands in front of its "
        "REST API, or it is in maintenance. Let /wp-json/ through for this server.",
    )


def _blocked(whom: str, code: str, *, anonymous: bool = False) -> AskTheOwner:
    return AskTheOwner(
        "blocked",
        f"The REST API is blocked by {whom}: allow /wp-json/ for the account and for the address "
        "of this server there.",
        code=code,
        anonymous=anonymous,
    )


def wall(raw: Raw) -> str:
    """Who stands in front of the site, as far as its page tells."""
    page = raw.body[:20000].decode("utf-8", "replace").lower()
    page += " ".join(f"{name}: {value}" for name, value in raw.headers.items()).lower()
    found = next((name for pattern, name in _WALLS if re.search(pattern, page)), None)
    return found or "the web server or a firewall"


def _json(body: bytes) -> Any:
    """The JSON in ``body``, also behind PHP's notices; None when there is none."""
    text = body.decode("utf-8", "replace").lstrip("\ufeff \r\n\t")
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        if text.rstrip()[-1:] not in ("]", "}"):
            return None
    decoder = json.JSONDecoder()
    for start, _ in zip(re.finditer(r"[\[{]", text), range(_MOST_STARTS), strict=False):
        try:
            data, end = decoder.raw_decode(text, start.start())
        except (ValueError, RecursionError):
            continue
        if not text[end:].strip():
            return data
    return None


def _error(data: Any) -> tuple[str, str]:
    """Code and cleaned message out of any of the shapes in which plugins report errors."""
    if not isinstance(data, dict):
        return "", ""
    inner = data.get("data")
    message = data.get("message") or data.get("error")
    if not message and isinstance(inner, dict):
        message = inner.get("message")
    code = data.get("code")
    return (code if isinstance(code, str) else ""), clean(message)


def clean(message: object) -> str:
    """A site's message as one short line of plain text."""
    if not isinstance(message, str):
        return ""
    text = unescape(re.sub(r"<[^>]*>", "", message))
    return "".join(c if c.isprintable() else " " for c in text).strip()[:200].rstrip(".")


def _count(headers: Mapping[str, str], name: str) -> int | None:
    value = headers.get(name, "").strip()
    return int(value) if re.fullmatch(r"[0-9]{1,12}", value) else None


def _retry_after(raw: Raw) -> float | None:
    """Seconds; a date is taken against the site's own clock."""
    value = raw.headers.get("retry-after", "").strip()
    if re.fullmatch(r"[0-9]{1,9}", value):
        return min(float(value), _LONGEST_REST)
    try:
        until = parsedate_to_datetime(value)
        seconds = (until - parsedate_to_datetime(raw.headers["date"])).total_seconds()
    except (ValueError, TypeError, KeyError):
        return None
    return min(max(seconds, 0.0), _LONGEST_REST)
