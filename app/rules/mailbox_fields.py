"""What the settings of a bounce mailbox may be, and whose mail arrives in it."""

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
    """What cannot be, by field; ``values`` are all settings as they are to be."""
    found: dict[str, list[str]] = {}
    for sentence in relay_fields.host_mistakes(values["host"], allow_private=allow_private):
        found.setdefault("host", []).append(sentence)
    for field in ("name", "username", "folder"):
        if not values[field].strip() or _CONTROL.search(values[field]):
            found.setdefault(field, []).append("Must say something, on one line.")
    if values["after"] == "move" and not values["move_to"].strip():
        found["move_to"] = ["Must name the folder into which mails are moved."]
    if values["after"] == "move" and values["move_to"] == values["folder"]:
        found["move_to"] = ["Must be another folder than the one that is read."]
    wrong = [one for one in values["addresses"] if spelled(one) == ""]
    if wrong:
        sentence = f"{wrong[0]!r} is neither an address nor a domain such as @bounces.example.com."
        found["addresses"] = [sentence]
    return found


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
