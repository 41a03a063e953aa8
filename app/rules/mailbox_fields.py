"""What the settings of a mailbox may be, and whose mail arrives in it."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from app.rules import relay_fields
from app.rules.mail import verp
from app.rules.mail.names import covers, spelled

ENCRYPTIONS = relay_fields.ENCRYPTIONS
#: What is done with mails that were understood.
AFTER = ("leave", "seen", "move")
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")


def mistakes(values: Mapping[str, Any], *, allow_private: bool) -> dict[str, list[str]]:
    """What cannot be of a bounce mailbox, by field; ``values`` are all as they are to be."""
    found = login_mistakes(values, allow_private=allow_private)
    found |= _unsaid(values, ("name",)) | address_mistakes("addresses", values["addresses"])
    if values["after"] == "move" and not values["move_to"].strip():
        found["move_to"] = ["Must name the folder into which mails are moved."]
    if values["after"] == "move" and values["move_to"] == values["folder"]:
        found["move_to"] = ["Must be another folder than the one that is read."]
    return found


def login_mistakes(values: Mapping[str, Any], *, allow_private: bool) -> dict[str, list[str]]:
    """What cannot be of the way into a mailbox (``host``, ``username``, ``folder``), by field."""
    found = _unsaid(values, ("username", "folder"))
    if wrong := relay_fields.host_mistakes(values["host"], allow_private=allow_private):
        found["host"] = wrong
    return found


def address_mistakes(field: str, addresses: Sequence[str]) -> dict[str, list[str]]:
    """What in ``field`` is neither an address nor a whole domain."""
    wrong = next((one for one in addresses if spelled(one) == ""), None)
    if wrong is None:
        return {}
    return {field: [f"{wrong!r} is neither an address nor a domain such as @example.com."]}


def _unsaid(values: Mapping[str, Any], fields: Sequence[str]) -> dict[str, list[str]]:
    blank = [one for one in fields if not values[one].strip() or _CONTROL.search(values[one])]
    return {one: ["Must say something, on one line."] for one in blank}


def warnings(values: Mapping[str, Any]) -> list[str]:
    """What can be but is seldom meant, in sentences."""
    found = []
    if values["encryption"] == "none" and not relay_fields.is_private(values["host"]):
        found.append("The password travels unencrypted: choose ssl (993) or tls (143).")
    if (values["port"], values["encryption"]) in ((993, "tls"), (993, "none"), (143, "ssl")):
        found.append("Port 993 goes with ssl, port 143 with tls.")
    return found


def takes(addresses: Sequence[str], sender: str) -> bool:
    """Whether mail to ``sender``, or to all addresses of a return path, arrives in a mailbox of
    ``addresses``: ``bounces@`` is also ``bounces+anything@``.
    """
    address = spelled(sender.replace(verp.PLACE, "token"))
    if not address:
        return False
    local, _, domain = address.rpartition("@")
    plain = f"{re.split(r'[+-]', local, maxsplit=1)[0]}@{domain}"
    return covers(addresses, address) or covers(addresses, plain)
