"""Delivery status notifications (RFC 3464): one group of fields per recipient."""

import re
from collections.abc import Iterable, Iterator
from email import message_from_string, policy
from email.message import Message

from app.rules.replies.returned.mail import Action, Fate

_TYPES = ("message/delivery-status", "message/global-delivery-status")
_MOST_GROUPS = 100
_STATUS = re.compile(r"\b([245]\.\d{1,3}\.\d{1,3})\b")
_ACTIONS: dict[str, Action] = {
    "failed": "failed",
    "delayed": "delayed",
    "delivered": "delivered",
    "relayed": "delivered",
    "expanded": "delivered",
}
_BY_CLASS: dict[str, Action] = {"5": "failed", "4": "delayed", "2": "delivered"}


def fates(parts: Iterable[Message]) -> list[Fate]:
    """What the status parts of a mail say of each recipient."""
    found = []
    for part in parts:
        if part.get_content_type() in _TYPES:
            found += [fate for group in groups(part) if (fate := _fate(group))]
    return found[:_MOST_GROUPS]


def unfolded(value: object) -> str:
    """A header's value on one line."""
    return " ".join(str(value).split())


def decoded(part: Message) -> str:
    """The text of a part, its transfer encoding undone; what cannot be decoded is replaced."""
    payload = part.get_payload(decode=True)
    if not isinstance(payload, bytes):
        return str(part.get_payload() or "")
    charset = part.get_content_charset() or "utf-8"
    try:
        return payload.decode(charset, "replace")
    except LookupError:
        return payload.decode("utf-8", "replace")


def address(value: object) -> str:
    """``rfc822; <Ann@Example.com>`` -> ``ann@example.com``."""
    text = unfolded(value)
    return text.rpartition(";")[2].strip().strip("<>").strip().lower()


def groups(part: Message) -> Iterator[Message]:
    """The blocks of fields in a part; those about the whole message stand in the first one."""
    payload = part.get_payload()
    given = payload if isinstance(payload, list) else []
    blocks = [block for block in given if isinstance(block, Message)]
    if str(part.get("Content-Transfer-Encoding", "")).strip().lower() in (
        "base64",
        "quoted-printable",
    ):
        blocks = [_decoded_block(part, blocks)]
    for block in blocks:
        yield block
        rest = block.get_payload()
        while isinstance(rest, str) and ":" in rest:
            following = message_from_string(rest.lstrip("\r\n"), policy=policy.compat32)
            if not following.keys():
                break
            yield following
            rest = following.get_payload()


def _decoded_block(part: Message, blocks: list[Message]) -> Message:
    whole = Message(policy=policy.compat32)
    whole["Content-Transfer-Encoding"] = str(part["Content-Transfer-Encoding"])
    whole.set_payload("\n".join(str(block.get_payload()) for block in blocks))
    return message_from_string(decoded(whole), policy=policy.compat32)


def _fate(group: Message) -> Fate | None:
    recipients = {
        address(group[name]) for name in ("Final-Recipient", "Original-Recipient") if group[name]
    }
    if not recipients and not group["Action"]:
        return None
    status = _STATUS.search(unfolded(group["Status"] or ""))
    diagnostic = unfolded(group["Diagnostic-Code"] or "")
    code = status[1] if status else (found[1] if (found := _STATUS.search(diagnostic)) else "")
    action = _ACTIONS.get(unfolded(group["Action"] or "").lower()) or _BY_CLASS.get(code[:1])
    if action is None:
        return None
    said = re.sub(r"^[\w.-]+\s*;\s*", "", diagnostic)
    words = said if code and code in said else f"{code} {said}".strip()
    return Fate(action, code, words[:400], frozenset(recipients))
