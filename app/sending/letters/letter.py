"""Whose name a delivery bears through a relay, and its letter as bytes."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from app.rules.mail import links, message_ids, verp
from app.rules.mail.finished import Stamp, read, stamped
from app.sending.ledger import Claimed, OpenDispatch
from app.sending.letters import return_paths
from app.sending.letters.compose import (
    Composer,
    Draft,
    Identity,
    common_headers,
    on_the_wire,
)
from app.sending.models import Relay
from app.wire.conversation import Parcel


@dataclass(frozen=True, slots=True)
class Post:
    """Where links lead, and how they and return paths are signed; without a key there are none of
    the latter.
    """

    base_url: str
    unsubscribe_key: bytes
    return_path_key: bytes = b""


def identity(dispatch: OpenDispatch, primary: Relay | None, relay: Relay) -> Identity:
    """From and Reply-To of a dispatch through ``relay``.

    Through the primary: the dispatch's own, where it has them. Through a fallback: From is the
    fallback's own address, because relays refuse a From that is not theirs; the From name is
    kept, and answers go where they would have gone. Where a dispatch keeps its From, only relays
    that may send under it help.
    """
    own = primary if primary is not None else relay
    from_email = dispatch.from_email or own.from_email
    from_name = dispatch.from_name or own.from_name
    reply_to = (dispatch.reply_to_email, dispatch.reply_to_name)
    if not reply_to[0]:
        reply_to = (own.reply_to_email, own.reply_to_name)
    if relay.id == own.id or dispatch.keep_from:
        return Identity(from_email, from_name, *reply_to)
    if not reply_to[0]:
        reply_to = (from_email, from_name)
    return Identity(relay.from_email, from_name or relay.from_name, *reply_to)


class Letterhead:
    """What is alike in all letters of a dispatch that bear one name."""

    def __init__(
        self, composer: Composer, dispatch: OpenDispatch, who: Identity, post: Post
    ) -> None:
        self._composer, self._key = composer, post.unsubscribe_key
        self._link = f"{post.base_url}/u/"
        self._message_id = message_ids.ending(dispatch.id, dispatch.domain)
        list_id = f"{dispatch.workspace_id.hex}.{dispatch.domain}"
        self._named = who, list_id, str(dispatch.id)
        self._moment: datetime | None = None
        self._common = b""

    def letter(self, claimed: Claimed, contact: Mapping[str, Any], now: datetime) -> Draft:
        """The message for one contact. Raises CannotCompose."""
        if now is not self._moment:
            self._moment, self._common = now, common_headers(*self._named, now)
        token = links.unsubscribe_token(self._key, claimed.contact_id, claimed.id)
        return self._composer.draft(
            self._common,
            claimed.email,
            contact,
            f"{self._link}{token}",
            f"<{claimed.id}{self._message_id}",
            now,
        )


def finished(
    mail: bytes, dispatch: OpenDispatch, claimed: Claimed, who: Identity, now: datetime
) -> bytes:
    """A message as it leaves through a relay. Raises CannotCompose."""
    stamp = Stamp(
        from_email=on_the_wire(who.from_email),
        from_name=who.from_name,
        reply_to_email=on_the_wire(who.reply_to_email) if who.reply_to_email else "",
        reply_to_name=who.reply_to_name,
        to_email=on_the_wire(claimed.email),
        message_id=message_ids.made(claimed.id, dispatch.id, dispatch.domain),
        date=now,
    )
    return stamped(read(mail), stamp)


class Envelopes:
    """What letters through one relay are put into: on each its return path or its own address, so
    that bounces come back; the recipient's local part as it was written, the domain in A-labels.
    """

    def __init__(self, relay: Relay, post: Post) -> None:
        self.relay = relay
        self.with_path = return_paths.is_in_use(relay, post.return_path_key)
        self._key = post.return_path_key
        self._own, self._path = relay.from_email, relay.return_path

    def parcel(self, attempt: int, claimed: Claimed, letter: bytes | Draft) -> Parcel:
        """The letter in its envelope."""
        local = claimed.email.rpartition("@")[0]
        domain = claimed.address.rpartition("@")[2]
        sender = verp.address(self._path, self._key, attempt) if self.with_path else self._own
        body = letter if isinstance(letter, bytes) else letter.whole
        return Parcel(attempt, sender, f"{local}@{domain}", body)
