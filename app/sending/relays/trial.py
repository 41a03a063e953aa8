"""Tries a relay out: does it answer and take the login, does it take a real mail."""

from dataclasses import dataclass, replace
from datetime import datetime
from html import escape
from uuid import UUID

from sqlalchemy.orm import Session

from app import providers
from app.errors import Conflict, Invalid
from app.providers.presets import Preset
from app.providers.report import CheckReport, SendReport
from app.rules import email_address
from app.rules.mail import envelope, own_mail, verp
from app.rules.replies.meaning import Reply
from app.sending.letters import names, return_paths
from app.sending.models import Relay
from app.sending.relays import settings
from app.sending.relays.values import preset_of
from app.vault import Vault, speaking_of
from app.wire.conversation import Parcel
from app.wire.opening import Endpoint

_TEXT = """This is a test mail of pressferry.

It went out through the relay "{relay}" and no other, so this relay works.
"""
_HTML = """<!doctype html>
<html lang="en"><body style="font-family:sans-serif">
<h1 style="font-size:1.3em">This is a test mail of pressferry.</h1>
<p>It went out through the relay <strong>{relay}</strong> and no other, so this relay works.</p>
</body></html>
"""


@dataclass(frozen=True, slots=True)
class Tried:
    """What became of a test mail. ``return_path``: the answer to the mail that had the relay's
    return path on its envelope; None: none is set. ``sender``: whom it was from, when that was not
    the relay's own From.
    """

    report: SendReport
    return_path: Reply | None = None
    sender: str = ""


class Trial:
    """A relay, taken out of the database so that trying it holds no transaction open.

    Raises Conflict when its stored password does not open with this server's master key.
    """

    def __init__(self, relay: Relay, vault: Vault, *, hello_name: str, allow_private: bool) -> None:
        with speaking_of("The relay's password", "enter the password again"):
            self._endpoint: Endpoint = settings.endpoint(
                relay, vault, settings.Hasty(hello_name), allow_private=allow_private
            )
        self._provider = providers.find()[relay.provider]
        self._preset: Preset = preset_of(relay)
        self._relay = relay
        self._key = vault.key_for(verp.PURPOSE)
        self.path = relay.return_path

    async def check(self) -> CheckReport:
        """Connects and logs in; sends nothing."""
        return await self._provider.check(self._endpoint, self._preset)

    async def send(
        self, to: str, *, html: bool, message_id: UUID, now: datetime, from_email: str = ""
    ) -> Tried:
        """Sends one small mail to ``to`` through this relay and no other. Raises Invalid.

        Where a return path is set it is tried too; when it is refused the mail goes once more,
        with the relay's own address on its envelope. ``from_email``: From somebody else, to see
        whether the relay takes that; then one thing is tried at a time.
        """
        person = email_address.parse(to)
        if person is None:
            sentence = "Must be an e-mail address that can be written to."
            raise Invalid.at("to", sentence)
        sender = email_address.parse(self._relay.from_email)
        if sender is None:
            raise Conflict("From of this relay is no e-mail address: correct from_email first.")
        other = email_address.parse(from_email)
        shown = other.address if other else sender.address
        letter = _letter(self._relay, shown, person.address, message_id, now, html=html)

        async def through(envelope_sender: str) -> SendReport:
            parcel = Parcel(0, envelope_sender, person.address, letter)
            return await self._provider.send(self._endpoint, self._preset, parcel)

        if other or not self.path:
            return Tried(await through(sender.address), None, other.address if other else "")
        first = await through(verp.address(self.path, self._key, 0))
        if not envelope.is_refused(first.reply):
            return Tried(first, first.reply)
        again = await through(sender.address)
        return Tried(replace(again, log=(*first.log, *again.log)), first.reply)


def note(
    session: Session, workspace_id: UUID, relay_id: UUID, path: str, tried: Tried, now: datetime
) -> None:
    """The relay learns what became of its return path, unless it has another one by now, and
    under which other name it may send.
    """
    relay = settings.get(session, workspace_id, relay_id, lock=True)
    if tried.return_path is not None and relay.return_path == path:
        return_paths.learn(relay, tried.return_path, now)
    if tried.sender:
        names.learn(relay, tried.sender, tried.report.reply, now)
    session.flush()


def _letter(
    relay: Relay, sender: str, recipient: str, number: UUID, now: datetime, *, html: bool
) -> bytes:
    return own_mail.written(
        from_name=relay.from_name,
        sender=sender,
        recipient=recipient,
        subject=f"Test mail through {relay.name}",
        text=_TEXT.format(relay=relay.name),
        html=_HTML.format(relay=escape(relay.name)) if html else "",
        number=number,
        now=now,
    )
