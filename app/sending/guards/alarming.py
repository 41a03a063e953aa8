"""What sending finds alarming, raised in the transaction that found it."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session, object_session

from app.alerts import over, raise_
from app.rules.health.breaker import Breaker
from app.rules.pace.limits import Limits, Meter, begun_today
from app.sending.models import Delivery, Dispatch, Relay
from app.sending.models.delivery import IN_DOUBT
from app.sending.models.dispatch import MESSAGE
from app.workspaces.models import Workspace

#: What an alert about mails that were handed in one by one is about.
MESSAGES = "messages"


def breaker_moved(
    relay: Relay, before: Breaker, after: Breaker, now: datetime, why: str = ""
) -> None:
    """The breaker opened, or a working relay is let back. ``why``: "" for faults in a row."""
    if before.open_until is None and after.open_until is not None:
        why = why or f"after {after.fail_streak} faults in a row, the last one: {relay.last_fault}"
        sentence = (
            f"The relay '{relay.name}' is left alone until {after.open_until:%H:%M} UTC {why}. "
            "Then one mail may try it."
        )
        _raise(relay, "breaker_open", sentence, now)
    if after == Breaker():
        for kind in ("breaker_open", "credentials_refused"):
            _over(relay, kind, now)


def login_refused(relay: Relay, words: str, now: datetime) -> None:
    """The relay does not know the user name and password it was given."""
    sentence = (
        f"The relay '{relay.name}' refuses its user name and password ({words}): enter them "
        f"again (PATCH /relays/{relay.id}), check it, then close its breaker "
        f"(POST /relays/{relay.id}/breaker)."
    )
    _raise(relay, "credentials_refused", sentence, now)


def is_login_refused(words: str) -> bool:
    """Whether a fault in words ("auth: 535 ...") is a login that was refused for good."""
    return words.startswith("auth: 5")


def blocked(relay: Relay, destinations: Sequence[str], words: str, now: datetime) -> None:
    """More destinations than a few take nothing from it, for its reputation."""
    sentence = (
        f"The relay '{relay.name}' is blocked at {len(destinations)} destinations "
        f"({', '.join(destinations[:10])}) for its reputation; the last one said: {words}"
    )
    _raise(relay, "relay_blocked", sentence, now)


def suspect(relay: Relay, words: str, now: datetime) -> None:
    """It refused so many recipients in a row that it is not believed."""
    sentence = (
        f"The relay '{relay.name}' {words}. It is left alone and tried with one mail at a "
        f"time; when it is right, close its breaker (POST /relays/{relay.id}/breaker)."
    )
    _raise(relay, "relay_suspect", sentence, now)


def trusted(relay: Relay, now: datetime) -> None:
    """It is believed again."""
    _over(relay, "relay_suspect", now)


def quota_used_up(relay: Relay, until: datetime, words: str, now: datetime) -> None:
    """The provider takes no more for some time."""
    sentence = f"The provider of '{relay.name}' takes no more until {until:%H:%M} UTC: {words}"
    _raise(relay, "provider_quota", sentence, now)


def taken(relay: Relay, allowed: Limits, meter: Meter, count: int, now: datetime) -> None:
    """``count`` mails were just begun: the last that the hour or the day allows may be among
    them.
    """
    for kind, window, used, most in _uses(allowed, meter):
        if most is not None and used - count < most <= used:
            sentence = (
                f"The relay '{relay.name}' has begun all {most} mails of this {window}: the "
                "rest waits, or goes through another relay where failover is on."
            )
            _raise(relay, kind, sentence, now)


def limited(
    relay: Relay, before: Limits, after: Limits, meter: Meter, until: datetime | None, now: datetime
) -> None:
    """Somebody changed the limits: more than they allow now may have begun already."""
    full_before = {kind for kind, _, used, most in _uses(before, meter) if _is_full(used, most)}
    for kind, window, used, most in _uses(after, meter):
        if _is_full(used, most) and kind not in full_before:
            at = f" until {until:%Y-%m-%d %H:%M} UTC" if until else ""
            sentence = (
                f"The relay '{relay.name}' may begin {most} mails of this {window} now, and has "
                f"begun {used}: the rest waits{at}, or goes through another relay where failover "
                "is on."
            )
            _raise(relay, kind, sentence, now)


def _uses(allowed: Limits, meter: Meter) -> Iterable[tuple[str, str, int, int | None]]:
    yield "hourly_limit", "hour", meter.hour_count, allowed.hourly
    yield "daily_limit", "day", begun_today(allowed, meter), allowed.daily


def _is_full(used: int, most: int | None) -> bool:
    return most is not None and used >= most


def in_doubt(session: Session, workspace_id: UUID, about: str, label: str, now: datetime) -> None:
    """Of some mails nobody can know whether they went. ``about``: a campaign's dispatch, or
    MESSAGES: they are so many that all of them are one alert.
    """
    many = session.scalar(select(func.count()).where(*still_in_doubt(workspace_id, about)))
    what = f" of '{label}'" if label and about != MESSAGES else ""
    sentence = (
        f"Mails{what} that were handed over when the line died, before the answer: {many}. See "
        "which (GET /unknown) and say whether they went or shall be sent again."
    )
    raise_(session, workspace_id, "unknown_deliveries", about, sentence, now=now)


def still_in_doubt(workspace_id: UUID, about: str) -> tuple[ColumnElement[bool], ...]:
    """The deliveries that such an alert is about."""
    if about != MESSAGES:
        return IN_DOUBT, Delivery.dispatch_id == UUID(about)
    mine = select(Dispatch.id).where(
        Dispatch.workspace_id == workspace_id, Dispatch.kind == MESSAGE
    )
    return IN_DOUBT, Delivery.dispatch_id.in_(mine)


def sending_held(session: Session, why: str, now: datetime) -> None:
    """Nothing is sent any more, for anybody, until a person says go."""
    sentence = f"All sending is held: {why} Look at it, then say go (POST /sending/go)."
    for workspace_id in session.scalars(select(Workspace.id).order_by(Workspace.id)):
        raise_(session, workspace_id, "sending_held", "", sentence, now=now)


def sending_goes_on(session: Session, now: datetime) -> None:
    """A person said go."""
    for workspace_id in session.scalars(select(Workspace.id).order_by(Workspace.id)):
        over(session, workspace_id, "sending_held", "", now=now)


def guard_tripped(
    session: Session, workspace_id: UUID, about: UUID | str, sentence: str, now: datetime
) -> None:
    """Something was stopped; ``about``: the dispatch or relay, or the name of a stream."""
    raise_(session, workspace_id, "guard_tripped", str(about), sentence, now=now)


def guard_over(session: Session, workspace_id: UUID, about: UUID | str, now: datetime) -> None:
    """It goes on, or there is nothing left to be stopped."""
    for kind in ("guard_tripped", "sender_refused"):
        over(session, workspace_id, kind, str(about), now=now)


def sender_refused(session: Session, dispatch: Dispatch, sentence: str, now: datetime) -> None:
    """A campaign was stopped because no relay may use its sender."""
    raise_(session, dispatch.workspace_id, "sender_refused", str(dispatch.id), sentence, now=now)


def _raise(relay: Relay, kind: str, sentence: str, now: datetime) -> None:
    if session := object_session(relay):  # else it is only imagined
        raise_(session, relay.workspace_id, kind, str(relay.id), sentence, now=now)


def _over(relay: Relay, kind: str, now: datetime) -> None:
    if session := object_session(relay):
        over(session, relay.workspace_id, kind, str(relay.id), now=now)
