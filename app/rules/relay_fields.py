"""What the settings of a relay may be, and what is worth a warning in them."""

import re
from collections.abc import Mapping
from typing import Any

from app.rules import email_address, network
from app.rules.mail import verp

ENCRYPTIONS = ("tls", "ssl", "none")
_HOST = re.compile(r"[A-Za-z0-9_]([A-Za-z0-9_.-]{0,251}[A-Za-z0-9_.])?")
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")
_ONE_LINE = ("name", "host", "username", "from_name", "reply_to_name")
_LIMITS = ("rate_per_second", "minute_limit", "hourly_limit", "daily_limit")


def mistakes(values: Mapping[str, Any], *, allow_private: bool) -> dict[str, list[str]]:
    """What cannot be, by field; ``values`` are all settings of the relay as it is to be."""
    found: dict[str, list[str]] = {}

    def wrong(field: str, sentence: str) -> None:
        found.setdefault(field, []).append(sentence)

    for field in _ONE_LINE:
        if _CONTROL.search(values[field]):
            wrong(field, "Must not hold line breaks or control characters.")
    if not values["name"].strip():
        wrong("name", "Must say something: it is shown wherever a relay is chosen.")
    for sentence in host_mistakes(values["host"], allow_private=allow_private):
        wrong("host", sentence)
    if not 1 <= values["port"] <= 65535:
        wrong("port", "Must be between 1 and 65535; 587 with tls and 465 with ssl are usual.")
    if values["encryption"] not in ENCRYPTIONS:
        wrong("encryption", "Must be tls (STARTTLS), ssl (TLS from the first byte) or none.")
    if email_address.parse(values["from_email"]) is None:
        wrong("from_email", "Must be an e-mail address that can be written to.")
    if values["reply_to_email"] and email_address.parse(values["reply_to_email"]) is None:
        wrong("reply_to_email", "Must be empty or an e-mail address that can be written to.")
    if values["return_path"] and (sentence := verp.mistake(values["return_path"])):
        wrong("return_path", sentence)
    for field in _LIMITS:
        if values[field] is not None and values[field] <= 0:
            wrong(field, "Must be more than 0; null means no limit.")
    plan = values["warm_up"]
    if plan and plan["target"] <= plan["first_day"]:
        wrong("warm_up", "Its target must be more than what goes out on the first day.")
    return found


def warnings(values: Mapping[str, Any]) -> list[str]:
    """What can be but is seldom meant, in sentences."""
    found = []
    match values["port"], values["encryption"]:
        case 587 | 25, "ssl":
            found.append(
                f"Port {values['port']} seldom speaks TLS from the first byte: "
                "with it encryption is usually tls; ssl goes with port 465."
            )
        case 465, "tls" | "none":
            found.append("Port 465 speaks TLS from the first byte: encryption is usually ssl.")
    if values["port"] == 25:
        found.append("Many networks block port 25; providers offer 587 for sending.")
    if values["encryption"] == "none" and not is_private(values["host"]):
        what = "The password and the mails travel" if values["username"] else "The mails travel"
        found.append(f"{what} unencrypted to {values['host']}: choose tls or ssl.")
    return found


def host_mistakes(host: str, *, allow_private: bool) -> list[str]:
    """Why nothing can be connected to at this host, in sentences."""
    if _is_ip(host):
        if network.may_connect(host, allow_private=allow_private):
            return []
        return [
            "This address is private or belongs to nobody. Private ones are allowed only with "
            "PRESSFERRY__NETWORK__ALLOW_PRIVATE=true."
        ]
    if not _HOST.fullmatch(_in_ascii(host)) or ".." in host:
        return ["Must be the name of a mail server, such as smtp.example.com, or an IP address."]
    return []


def is_private(host: str) -> bool:
    """Whether it is this machine or an address of a private network."""
    return host == "localhost" or (_is_ip(host) and network.is_private(host))


def _is_ip(host: str) -> bool:
    try:
        network.is_private(host)
    except ValueError:
        return False
    return True


def _in_ascii(host: str) -> str:
    try:
        return host if host.isascii() else host.encode("idna").decode()
    except UnicodeError:
        return ""
