"""The breaker of a relay as people see it and set it by hand, and faults found by a test mail."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal
from uuid import UUID

from sqlalchemy.orm import Session

from app.rules import delivery
from app.rules.health import breaker
from app.rules.health.breaker import BreakerSettings
from app.rules.replies.meaning import Reply
from app.sending.guards import alarming
from app.sending.ledger import distrust
from app.sending.ledger.forward import bring_forward
from app.sending.models import Relay
from app.sending.relays import settings as relay_settings
from app.sending.relays import standing, throttling

#: Steps before a mail is even begun: what fails here is the relay's fault, whatever is sent.
OPENING = ("dns", "connect", "greeting", "ehlo", "starttls", "auth")
#: No attempt of the ledger: such a fault counts, but never speaks for the probe.
_NO_ATTEMPT = -1


@dataclass(frozen=True, slots=True)
class Health:
    """A relay's breaker: ``open_until`` is None unless it is open, ``failures`` are in a row."""

    state: breaker.State
    failures: int
    open_until: datetime | None


def health(relay: Relay, now: datetime) -> Health:
    """How the relay does."""
    found = standing.breaker_of(relay)
    state = breaker.state(found, now)
    return Health(state, found.fail_streak, found.open_until if state == "open" else None)


def set_breaker(
    session: Session,
    workspace_id: UUID,
    relay_id: UUID,
    state: Literal["closed", "open"],
    *,
    now: datetime,
    settings: BreakerSettings,
) -> Relay:
    """Closes the breaker, or opens it for its usual time, whatever the relay did. Closed, what
    waited for the relay waits no longer.
    """
    relay = relay_settings.get(session, workspace_id, relay_id, lock=True)
    before = standing.breaker_of(relay)
    opened = state == "open"
    waits = (relay.open_until, relay.quota_until, relay.pause_until)
    relay.fail_streak = max(relay.fail_streak, settings.threshold) if opened else 0
    relay.open_until = now + timedelta(seconds=settings.seconds) if opened else None
    relay.probe_attempt = None
    by_hand = "because somebody opened its breaker by hand"
    alarming.breaker_moved(relay, before, standing.breaker_of(relay), now, by_hand)
    if not opened:
        throttling.ask_now(relay)
        bring_forward(session, workspace_id, [one for one in waits if one], now=now)
        distrust.trust(relay, now)
    session.flush()
    return relay


def note_test(
    session: Session,
    workspace_id: UUID,
    relay_id: UUID,
    reply: Reply,
    *,
    now: datetime,
    settings: BreakerSettings,
) -> None:
    """A test mail found that nobody can connect or log in; any other answer leaves no trace."""
    if reply.phase not in OPENING:
        return
    relay = relay_settings.get(session, workspace_id, relay_id, lock=True)
    before = standing.breaker_of(relay)
    found = breaker.heard_fault(
        before,
        _NO_ATTEMPT,
        now,
        threshold=settings.threshold,
        seconds=settings.seconds,
    )
    relay.fail_streak, relay.open_until = found.fail_streak, found.open_until
    relay.probe_attempt = found.probe
    relay.last_fault = delivery.describe(reply)
    relay.last_fault_at = now
    alarming.breaker_moved(relay, before, found, now)
    if alarming.is_login_refused(relay.last_fault):
        alarming.login_refused(relay, relay.last_fault, now)
    session.flush()
