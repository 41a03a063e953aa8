"""Whose name a delivery bears through a relay, and its letter as bytes."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any
from uuid import UUID

from app.rules.mail import links, message_ids, verp
from app.rules.mail.finished import Stamp, read, stamped
from app.sending.ledger import Claimed, OpenDispatch
from app.sending.letters import return_paths
from app.sending.letters.compose import Composer, Draft, Identity, on_the_wire
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


def letter(
    composer: Composer,
    dispatch: OpenDispatch,
    claimed: Claimed,
    who: Identity,
    contact: Mapping[str, Any],
    post: Post,
    now: datetime,
) -> Draft:
    """The message for one contact. Raises CannotCompose."""
    token = links.unsubscribe_token(post.unsubscribe_key, claimed.contact_id, claimed.id)
    return composer.compose(
        identity=who,
        to_email=claimed.email,
        contact=contact,
        unsubscribe_url=f"{post.base_url}/u/{token}",
        message_id=message_ids.made(claimed.id, dispatch.id, dispatch.domain),
        date=now,
        list_id=_list_id(dispatch.workspace_id.int, dispatch.domain),
        dispatch_id=_text(dispatch.id.int),
    )


# For every letter of a dispatch the same; numbers are faster keys than what they number.
@lru_cache(maxsize=256)
def _list_id(workspace: int, domain: str) -> str:
    return f"{UUID(int=workspace).hex}.{domain}"


@lru_cache(maxsize=256)
def _text(number: int) -> str:
    return str(UUID(int=number))


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
