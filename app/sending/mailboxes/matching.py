"""A mail that came back -> the delivery it is about, if it is one of ours."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.rules.mail import links, message_ids, verp
from app.rules.replies.returned import Returned
from app.sending.models import Attempt, Delivery, Dispatch
from app.vault import Vault

#: A report is about one mail; whoever names more wants something else.
_MOST = 5
_LINK = re.compile(r"/u/([\w-]{48})(?![\w-])")


@dataclass(frozen=True, slots=True)
class Keys:
    """With which we signed what may come back: return paths and links."""

    return_path: Sequence[bytes]
    unsubscribe: Sequence[bytes]

    @classmethod
    def of(cls, vault: Vault) -> "Keys":
        """The keys of this installation, older ones included."""
        return cls(vault.keys_for(verp.PURPOSE), vault.keys_for("unsubscribe"))


@dataclass(frozen=True, slots=True)
class Match:
    """``about``: the attempt, or our Message-ID; ``address``: whom the mail was for."""

    about: int | str
    address: str


def match(session: Session, workspace_id: UUID, mail: Returned, keys: Keys) -> Match | None:
    """The delivery that ``mail`` is about.

    By what only we can have signed: a return path, or the unsubscribe link of the returned mail;
    else by our Message-ID, but that can be guessed by whoever got another mail of the same
    campaign, so it counts only together with the address.
    """
    for attempt in verp.attempts_in(mail.text, keys.return_path)[:_MOST]:
        if found := _one(session, workspace_id, Attempt.id == attempt, attempts=True):
            return Match(attempt, found.address)
    for delivery in _linked(mail.text, keys.unsubscribe):
        if found := _one(session, workspace_id, Delivery.id == delivery):
            return Match(_message_id(found), found.address)
    text = mail.text.lower()
    for number, dispatch in message_ids.found_in(mail.text)[:_MOST]:
        ours = (Delivery.id == number) & (Delivery.dispatch_id == dispatch)
        found = _one(session, workspace_id, ours)
        if found and (found.address in text or found.email.lower() in text):
            return Match(_message_id(found), found.address)
    return None


def _linked(text: str, keys: Sequence[bytes]) -> Iterator[int]:
    for token in list(dict.fromkeys(_LINK.findall(text)))[:_MOST]:
        for key in keys:
            if named := links.read_unsubscribe_token(key, token):
                yield named[1]


def _message_id(row: Any) -> str:
    return message_ids.made(row.id, row.dispatch_id, row.domain)


def _one(session: Session, workspace_id: UUID, which: Any, *, attempts: bool = False) -> Any:
    query = select(
        Delivery.id, Delivery.dispatch_id, Delivery.address, Delivery.email, Dispatch.domain
    ).join(Dispatch, Dispatch.id == Delivery.dispatch_id)
    if attempts:
        query = query.join(Attempt, Attempt.delivery_id == Delivery.id)
    return session.execute(query.where(Dispatch.workspace_id == workspace_id, which)).first()
