"""What a launch would bring: to how many, through which relays, until when, and what is in the
way.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from app.campaigns import cohorts, edit, pace, sender
from app.campaigns.cohorts import Split, shared_out
from app.campaigns.models import Campaign
from app.errors import Conflict, Invalid
from app.rules import forecast_words
from app.rules.forecast import Arrival, Cohort, Voyage
from app.rules.pace import spread as spreading
from app.sending.routing import fleet
from app.sending.routing.draft import Draft
from app.sending.routing.fleet import Fleet
from app.sending.schedule import queues
from app.sending.schedule.due import Due


@dataclass(frozen=True, slots=True)
class RelayShare:
    """What one relay would carry; ``bound_by``: which of its limits are in the way."""

    relay_id: UUID
    name: str
    mails: int
    first_at: datetime | None
    last_at: datetime | None
    bound_by: Sequence[str]


@dataclass(frozen=True, slots=True)
class Forecast:
    """``unsent``: how many would still wait after the days that are looked ahead, or for ever.
    ``sampled``: routing rules were asked about a part of the audience only.
    """

    audience: int
    left_out: dict[str, int]
    begins_at: datetime | None
    finished_at: datetime | None
    unsent: int
    waiting_before: int
    relays: Sequence[RelayShare]
    waits_for_window: bool
    sampled: bool
    sentences: Sequence[str]


def forecast(
    session: Session,
    workspace_id: UUID,
    campaign_id: UUID,
    *,
    at: datetime | None = None,
    without: Collection[UUID] = (),
    now: datetime,
) -> Forecast:
    """The forecast of a draft or a scheduled campaign, launched ``at`` (None: as planned, else
    now); ``without``: as if these relays were dead. Sends nothing. Raises Invalid, Conflict.
    """
    campaign = edit.get(session, workspace_id, campaign_id)
    _require_ready(campaign)
    mail = replace(sender.mail_of(session, campaign), pin=campaign.relay_id)
    known = fleet.gather(session, workspace_id, mail.zone, lambda _: 1, now=now)
    _require_known(known, without)
    start = max(at or campaign.send_at or now, now)
    divided, sampled = cohorts.split(session, campaign, mail, known, now)
    others = list(queues.queues(session, workspace_id, known, now))
    due = pace.due(session, campaign, start)

    def played(mine: Sequence[Cohort]) -> Voyage:
        before = [replace(one) for one in others]
        able = queues.of_fleet(known, mail.zone, now, without=without)
        voyage = Voyage(able, [*before, *mine], now, ZoneInfo(mail.zone))
        voyage.play()
        return voyage

    try:
        mine, voyage = _played(known, mail, divided, due, played)
    except ValueError as error:
        raise pace.unfit(error) from error
    left_out = cohorts.left_out(session, workspace_id, campaign.audience)
    waiting = sum(one.count for one in others)
    return _told(known, sum(divided.values()), mine, voyage, left_out, waiting, sampled)


def _require_known(known: Fleet, without: Collection[UUID]) -> None:
    if unknown := set(without) - set(known.relays):
        raise Invalid.at("without", f"There is no such relay: {min(unknown, key=str)}.")


def _require_ready(campaign: Campaign) -> None:
    if campaign.status not in ("draft", "scheduled"):
        raise Conflict(f"The campaign is {campaign.status}: a forecast is made before a launch.")
    if not campaign.audience:
        raise Invalid.at("audience", "Nobody was chosen to send to: give an audience first.")


_Play = Callable[[Sequence[Cohort]], Voyage]


def _played(
    known: Fleet, mail: Draft, divided: Split, due: Due, play: _Play
) -> tuple[list[Cohort], Voyage]:
    """With a canary, its few are played alone first, to know when the others may follow."""
    if due.canary is None:
        mine = _cohorts(known, mail, divided, due)
        return mine, play(mine)
    few = shared_out(due.canary.size(sum(divided.values())), divided)
    at_once = replace(due, canary=None, spread=None)
    first = _cohorts(known, mail, few, at_once)
    voyage = play(first)
    ends = [one.last_at for one in first if one.last_at is not None]
    if any(one.sent < one.count for one in first) or not ends:
        return first, voyage
    follow = max(due.rest_from(), max(ends) + due.canary.wait)
    rest = {key: number - few[key] for key, number in divided.items()}
    mine = _cohorts(known, mail, few, at_once)
    mine += _cohorts(known, mail, rest, replace(due, canary=None, start=follow))
    return mine, play(mine)


def _cohorts(
    known: Fleet, mail: Draft, divided: Mapping[tuple[UUID | None, str], int], due: Due
) -> list[Cohort]:
    return [
        Cohort(
            [one.relay_id for one in known.chain(mail, first)],
            _arrivals(due, zone or due.zone, number),
            due.window,
            ZoneInfo(zone or due.zone),
        )
        for (first, zone), number in divided.items()
        if number
    ]


def _arrivals(due: Due, zone: str, number: int) -> list[Arrival]:
    """When so many in one time zone become due: at once, or through stretches of open time."""
    stretches = due.stretches(zone)
    if due.spread is None:
        first = _instant(spreading.moment(stretches, 0))
        return [Arrival(first, first, number)]
    least, most = due.spread.least, due.spread.most
    parts = {one: max(0, min(one.ends, most) - max(one.begins, least)) for one in stretches}
    return [
        Arrival(
            _instant(one.at + max(one.begins, least) - one.begins),
            _instant(one.at + min(one.ends, most) - one.begins),
            share,
        )
        for one, share in shared_out(number, parts).items()
        if share
    ]


def _told(
    known: Fleet,
    audience: int,
    mine: Sequence[Cohort],
    voyage: Voyage,
    left_out: dict[str, int],
    waiting: int,
    sampled: bool,
) -> Forecast:
    carried = _carried(known, voyage)
    unsent = audience - sum(one.sent for one in mine)
    ends = [one.last_at for one in mine if one.last_at is not None]
    nobody = any(not one.chain for one in mine)
    finished = max(ends) if ends and not unsent else None
    return Forecast(
        audience,
        left_out,
        min((one.first_at for one in carried if one.first_at is not None), default=None),
        finished,
        unsent,
        waiting,
        carried,
        voyage.waited_for_window,
        sampled,
        forecast_words.sentences(
            audience,
            finished,
            unsent,
            [(one.name, one.mails, one.bound_by) for one in carried],
            nobody=nobody,
            window=voyage.waited_for_window,
        ),
    )


def _carried(known: Fleet, voyage: Voyage) -> list[RelayShare]:
    """Who carries most comes first."""
    return [
        RelayShare(
            relay_id,
            known.relays[relay_id].name,
            share.mails,
            share.first_at,
            share.last_at,
            sorted(share.bound_by),
        )
        for relay_id, share in sorted(
            voyage.shares.items(), key=lambda one: (-one[1].mails, one[0])
        )
    ]


def _instant(milliseconds: int) -> datetime:
    return datetime.fromtimestamp(milliseconds / 1000, UTC)
