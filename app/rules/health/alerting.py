"""What people are told of when it goes wrong, and when."""

from datetime import datetime, timedelta

#: Every kind of alert, and what a person reads first.
KINDS = {
    "breaker_open": "A relay is left alone after repeated faults",
    "credentials_refused": "A relay refuses the login",
    "hourly_limit": "A relay has used up its hour",
    "daily_limit": "A relay has used up its day",
    "provider_quota": "A provider says that the quota is used up",
    "relay_suspect": "A relay refuses what it should take",
    "relay_blocked": "A relay is blocked at several destinations",
    "sender_refused": "No relay may send with a sender",
    "guard_tripped": "A guard has stopped something",
    "backlog": "Mails wait for long",
    "unknown_deliveries": "Nobody knows whether some mails went",
    "sender_gone": "Nothing sends",
    "sending_held": "All sending is held until a person says go",
    "site_needs_reauth": "A site does not let us in any more",
    "site_failing": "A site could not be pulled for long",
    "sync_held": "A site would change too much at once",
    "agent_silent": "A sync agent is not heard of any more",
}
#: Something that comes and goes is told of once in this time, and when it stays.
QUIET = timedelta(minutes=15)
#: After which waits a message is tried again; the last one repeats until it is given up.
_WAITS = tuple(timedelta(minutes=minutes) for minutes in (1, 2, 5, 15, 60))
GIVEN_UP = timedelta(hours=24)


def worth_telling(last_told_at: datetime | None, now: datetime) -> bool:
    """Whether an alert is told of now; ``last_told_at``: when an earlier one about the same was."""
    return last_told_at is None or now - last_told_at >= QUIET


def again_at(tries: int, first: datetime, now: datetime) -> datetime | None:
    """When to try a message again after ``tries`` failures, None: never."""
    due = now + _WAITS[min(tries, len(_WAITS)) - 1]
    return due if due - first < GIVEN_UP else None
