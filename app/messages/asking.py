"""One request for messages, from its words to their ids; the same request twice is one."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from app.messages import accepting, once, writing
from app.messages.accepting import HandedIn
from app.rules import email_address
from app.rules.email_address import EmailAddress
from app.runtime import Runtime

_SAID = ("from_email", "from_name", "reply_to_email", "reply_to_name")


@dataclass(frozen=True, slots=True)
class TakenOn:
    """A message that will be delivered."""

    id: UUID
    to: str


def ask(
    runtime: Runtime,
    workspace_id: UUID,
    values: Mapping[str, Any],
    *,
    user_id: UUID,
    key: str | None = None,
) -> list[TakenOn]:
    """Writes, stores and announces: one message for each of ``to``, in that order.

    ``key``: whoever asks the same with it again gets the same answer. Raises Invalid, Conflict.
    """
    now = runtime.now()
    people = _people(values["to"])
    written = writing.write(values, largest=runtime.largest_message, now=now)
    handed = HandedIn(
        people,
        written.subject,
        written.mail,
        **{name: values.get(name) or "" for name in _SAID},
        relay_id=values.get("relay_id"),
        stream=values.get("stream", "transactional"),
        at=values.get("at"),
    )
    with runtime.database.transaction() as session:
        made = None
        if key is not None:
            asked = once.fingerprint(values)
            made = once.answered(session, workspace_id, key, asked, now=now)
        if made is None:
            made = accepting.accept(session, workspace_id, handed, user_id=user_id, now=now)
            if key is not None:
                once.remember(session, workspace_id, key, made)
    runtime.poke()
    return [TakenOn(id_, one.email) for id_, one in zip(made, people, strict=True)]


def _people(emails: Sequence[str]) -> list[EmailAddress]:
    """Whoever is named twice gets one."""
    found: dict[str, EmailAddress] = {}
    for one in emails:
        parsed = email_address.parse(one)
        if parsed is not None:
            found.setdefault(parsed.address, parsed)
    return list(found.values())
