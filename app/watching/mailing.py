"""Tells of an alert by mail, straight through a healthy relay and never the one it is about.

It is no delivery of the ledger: it has no contact, and nothing of it may raise an alert again.
"""

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from app import providers
from app.providers.report import SendReport
from app.rules import email_address
from app.rules.health import breaker
from app.rules.mail import own_mail
from app.runtime import Runtime
from app.sending.models import Relay
from app.sending.relays import settings, standing
from app.sending.relays.values import preset_of
from app.vault import WrongKey
from app.wire.conversation import Parcel

NONE_HEALTHY = "no healthy relay could carry the mail"
_EVENTS = {"raised": "", "over": "Over: "}
_TEXT = """{sentence}

Workspace: {workspace}
Since: {raised_at}
{over}
All alerts: {base_url}/api/v1/alerts
"""


@dataclass(frozen=True, slots=True)
class Brought:
    """What became of a try to bring a notice: whether it was taken, and the last words that were
    heard. ``relay_id``: the relay that carried a mail.
    """

    ok: bool
    words: str
    relay_id: UUID | None = None


def send(
    runtime: Runtime, workspace_id: UUID, notice_id: UUID, to: str, told: dict[str, Any]
) -> Brought:
    """Tries one healthy relay after the other until one takes it. It counts against limits."""
    words = NONE_HEALTHY
    tried: set[UUID] = set()
    while True:
        with runtime.database.transaction() as session:
            relay = _choose(session, workspace_id, told["about"], tried, runtime.now())
        if relay is None:
            return Brought(False, words)
        tried.add(relay.id)
        try:
            report = _through(runtime, relay, notice_id, to, told)
        except WrongKey:
            words = f"{relay.name}: its stored password does not open"
            continue
        words = f"{relay.name}: {report.reply.code or ''} {report.reply.text}"
        if report.ok:
            return Brought(True, words, relay.id)


def _choose(
    session: Session, workspace_id: UUID, about: str, tried: set[UUID], now: datetime
) -> Relay | None:
    """The first relay of the chain that is well and has room, and takes a token of it."""
    locked = standing.lock(
        session, [one.id for one in standing.of_workspace(session, workspace_id)]
    )
    zones = standing.zones(session, locked)
    for relay in _in_order(locked):
        if str(relay.id) == about or relay.id in tried or not _is_well(relay, zones[relay.id], now):
            continue
        standing.take(relay, 1, now, zones[relay.id])
        session.flush()
        session.expunge(relay)
        return relay
    return None


def _in_order(found: dict[UUID, Relay]) -> Iterator[Relay]:
    """That of the chain; who is excluded from failover carries this only as the default."""
    usable = [one for one in found.values() if one.is_default or not one.exclude_from_failover]
    yield from sorted(usable, key=lambda relay: (relay.failover_priority, relay.id))


def _is_well(relay: Relay, zone: str, now: datetime) -> bool:
    closed = breaker.state(standing.breaker_of(relay), now) == "closed"
    return relay.enabled and closed and standing.candidate(relay, now, zone, 1).room > 0


def _through(
    runtime: Runtime, relay: Relay, notice_id: UUID, to: str, told: dict[str, Any]
) -> SendReport:
    manners = settings.Hasty(runtime.hello_name)
    endpoint = settings.endpoint(relay, runtime.vault, manners, allow_private=runtime.allow_private)
    sender = standing.sender_address(relay.from_email)
    person = email_address.parse(to)
    recipient = person.address if person else to
    letter = own_mail.written(
        from_name=relay.from_name,
        sender=sender,
        recipient=recipient,
        subject=f"{_EVENTS[told['event']]}{told['title']} ({told['workspace']['name']})",
        text=_text(told, runtime.base_url),
        number=notice_id,
        now=runtime.now(),
    )
    parcel = Parcel(0, sender, recipient, letter)
    return asyncio.run(providers.find()[relay.provider].send(endpoint, preset_of(relay), parcel))


def _text(told: dict[str, Any], base_url: str) -> str:
    return _TEXT.format(
        sentence=told["sentence"],
        workspace=told["workspace"]["name"],
        raised_at=told["raised_at"],
        over=f"Over: {told['closed_at']}\n" if told["closed_at"] else "",
        base_url=base_url,
    )
