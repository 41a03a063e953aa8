"""Return paths between a relay's row and the rules: used once proved, given up when refused."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, Protocol
from uuid import UUID

from app.rules import delivery
from app.rules.mail import envelope
from app.rules.mail.envelope import State
from app.rules.replies import meaning
from app.rules.replies.meaning import Reply
from app.sending.models import Relay

#: Another server, or another account there: what the old one took proves nothing.
_WHOSE = ("return_path", "provider", "host", "port", "username")


class Heard(Protocol):
    """The end of an attempt; ``with_path``: a return path was on its envelope."""

    @property
    def attempt_id(self) -> int: ...
    @property
    def reply(self) -> Reply | None: ...
    @property
    def with_path(self) -> bool: ...


class Begun(Protocol):
    """An attempt; ``outcome`` None: it is open."""

    @property
    def relay_id(self) -> UUID: ...
    @property
    def outcome(self) -> str | None: ...


def state(relay: Relay) -> State:
    """How it stands with the relay's return path."""
    return envelope.state(relay.return_path, relay.return_path_learned)


def is_in_use(relay: Relay, key: bytes) -> bool:
    """Whether a relay hands back what it cannot deliver to its return path, and not to its own
    address. Without a ``key`` there is none.
    """
    return bool(key) and state(relay) == "in_use"


def forget_if_other(relay: Relay, settings: Mapping[str, Any]) -> None:
    """Before ``settings`` are written into the row: with another server or path, what was learned
    is no longer true.
    """
    if any(getattr(relay, name) != settings[name] for name in _WHOSE):
        relay.return_path_learned, relay.return_path_words = "", ""
        relay.return_path_at = None


def is_taken(reply: Reply) -> bool:
    """Whether a mail with the path on its envelope was taken."""
    return meaning.classify(reply).outcome == "accepted"


def learn(relay: Relay, reply: Reply, now: datetime) -> None:
    """What a test mail with the path on its envelope came to; what says nothing of it is left.
    ``relay`` is locked.
    """
    if is_taken(reply):
        relay.return_path_learned, relay.return_path_words = "in_use", ""
        relay.return_path_at = now
    elif envelope.is_refused(reply):
        _give_up(relay, reply, now)


def step_down(
    heard: Iterable[Heard],
    rows: Mapping[int, Begun],
    locked: Mapping[UUID, Relay],
    now: datetime,
) -> frozenset[int]:
    """The attempts whose return path was refused: nothing was taken and nobody is to blame, so
    the mail goes again, with the relay's own address. The relay's row remembers.
    """
    refused = set()
    for one in heard:
        row = rows.get(one.attempt_id)
        if row is None or row.outcome is not None or one.reply is None or not one.with_path:
            continue
        if envelope.is_refused(one.reply):
            refused.add(one.attempt_id)
            relay = locked.get(row.relay_id)
            if relay is not None and state(relay) == "in_use":
                _give_up(relay, one.reply, now)
    return frozenset(refused)


def _give_up(relay: Relay, reply: Reply, now: datetime) -> None:
    relay.return_path_learned, relay.return_path_words = "refused", delivery.describe(reply)
    relay.return_path_at = now
