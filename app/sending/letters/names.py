"""Under which names a relay may send: said by a person, or shown by an accepted test mail."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from app.errors import Invalid
from app.rules.mail import names as senders
from app.rules.replies import meaning
from app.rules.replies.meaning import Reply
from app.sending.models import Relay

#: Why it is believed that a relay may send under a name.
WAYS = ("declared", "test_mail")


def names(relay: Relay) -> frozenset[str]:
    """All of them: addresses, and ``@domain``."""
    return frozenset(one["sender"] for one in relay.verified_senders)


def declare(relay: Relay, given: Sequence[str] | None, now: datetime) -> None:
    """From now on it may send under those ``given`` and no other (None: as before). What was known
    of them already stays as it was written down. Raises Invalid.
    """
    if given is None:
        return
    wanted = {one: senders.spelled(one.strip()) for one in given}
    if wrong := [one for one, spelling in wanted.items() if not spelling]:
        sentence = f"{wrong[0]!r} is neither an address nor a domain such as @example.com."
        raise Invalid.at("verified_senders", sentence)
    known = {one["sender"]: one for one in relay.verified_senders or ()}
    relay.verified_senders = [
        known.get(one) or _entry(one, "declared", now) for one in dict.fromkeys(wanted.values())
    ]


def forget_shown(relay: Relay) -> None:
    """At another server, or with another account, what was shown is shown no more."""
    relay.verified_senders = [one for one in relay.verified_senders if one["how"] == "declared"]


def learn(relay: Relay, sender: str, reply: Reply, now: datetime) -> None:
    """A test mail From ``sender`` came to ``reply``. ``relay`` is locked."""
    spelling = senders.spelled(sender)
    if meaning.classify(reply).outcome != "accepted" or spelling in names(relay):
        return
    relay.verified_senders = [*relay.verified_senders, _entry(spelling, "test_mail", now)]


def _entry(sender: str, how: str, now: datetime) -> dict[str, Any]:
    at = now.astimezone(UTC).isoformat().replace("+00:00", "Z")
    return {"sender": sender, "how": how, "at": at}
