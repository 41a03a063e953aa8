"""What a trouble at a site means for the run, the connection and the next try."""

from dataclasses import dataclass
from datetime import timedelta

from sync import schedule
from wp_bridge.errors import AskTheOwner, NotUnderstood, TryLater

Trouble = TryLater | AskTheOwner | NotUnderstood

#: Seconds a site that asks for patience without naming a time is left in peace.
PATIENCE = 60.0
#: A run that got somewhere is put back so many times in a row before it is called failed.
MOST_RETURNS = 5
#: States of AskTheOwner that mean: this login does not work (any more).
_LOGIN = frozenset({"needs_permission", "header_stripped", "app_passwords_unavailable"})


@dataclass(frozen=True, slots=True)
class Aftermath:
    """What follows. ``goes_on``: the run is put back and resumes after ``rest``, else it failed.

    ``needs_reauth``: the connection stops until somebody mends the login. ``failures``: how many
    there have now been in a row.
    """

    goes_on: bool
    failures: int
    rest: timedelta
    needs_reauth: bool = False


def after(trouble: Trouble, *, pages: int, failures: int) -> Aftermath:
    """What follows ``trouble`` in a run that has stored ``pages``, after ``failures`` in a row."""
    match trouble:
        case TryLater(throttled=True):
            asked = PATIENCE if trouble.retry_after is None else trouble.retry_after
            return Aftermath(True, failures, timedelta(seconds=max(asked, 1.0)))
        case TryLater():
            goes_on = pages > 0 and failures < MOST_RETURNS
            rest = schedule.rest(failures + 1, trouble.retry_after)
            return Aftermath(goes_on, failures + 1, rest)
        case AskTheOwner() if trouble.state in _LOGIN:
            return Aftermath(False, failures + 1, timedelta(0), needs_reauth=True)
        case _:
            return Aftermath(False, failures + 1, schedule.rest(failures + 1))
