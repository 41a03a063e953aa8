"""Why somebody got a mail or not, in a sentence; and what happens to it next."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

#: Deliveries that are not at their end.
OPEN = ("queued", "deferred", "sending")
#: A launch's hold when nothing at all is sent until a person has looked.
HELD = "held"


@dataclass(frozen=True, slots=True)
class Launch:
    """A campaign as the question sees it. ``hold``: "", paused, cancelled or HELD; ``why``: of
    that; ``held``: what is paused, the campaign itself or its stream.
    """

    status: str
    hold: str = ""
    why: str = ""
    launched_at: datetime | None = None
    send_at: datetime | None = None
    held: str = "the campaign"


@dataclass(frozen=True, slots=True)
class Somebody:
    """An address. ``status`` None: no contact has it. ``outside``: why the audience does not
    reach it, "" when it does. ``suppression``: the reason, "" when there is none.
    """

    status: str | None
    outside: str = ""
    suppression: str = ""
    suppressed_at: datetime | None = None
    joined_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Fate:
    """A delivery: its state as spoken of outside, why, and when; ``carrier``: who took it."""

    state: str
    reason: str = ""
    at: datetime | None = None
    carrier: str = ""
    heard: Sequence[tuple[str, str]] = ()


@dataclass(frozen=True, slots=True)
class Next:
    """What happens next; ``at``: when, None when nobody can say."""

    what: str
    at: datetime | None = None


def answer(launch: Launch, who: Somebody, fate: Fate | None, waits: str = "") -> str:
    """Did she get it, and why (not). ``waits``: why no relay may be asked now, "" when one may."""
    if fate is not None:
        return _told(launch, fate, waits)
    if launch.launched_at is None:
        return _before(launch, who)
    return f"No: {_why_never(launch, who)}"


def _told(launch: Launch, fate: Fate, waits: str) -> str:
    why = f": {fate.reason}" if fate.reason else ""
    match fate.state:
        case "sent":
            return _sent(fate)
        case "bounced":
            return f"No: it came back, the address cannot be written to{why}."
        case "rejected":
            return f"No: the message was refused for what it says, or could not be made{why}."
        case "failed":
            return f"No: it was tried in vain{why}."
        case "suppressed":
            return f"No: after the launch she may not be written to any more{why}."
        case "cancelled":
            return "No: the campaign was cancelled before it was her turn."
        case "unknown":
            return f"Nobody can know: it was handed over and never answered for{why}."
        case "sending":
            return "Not yet: it is on its way right now."
        case _ if launch.hold == HELD:
            return f"Not yet: all sending is held. {launch.why}"
        case _ if launch.hold == "paused":
            cause = f": {launch.why}" if launch.why else ""
            return f"Not yet: {launch.held} is paused{cause}."
        case "deferred":
            return f"Not yet: it was tried and waits to be tried again{why}."
        case _ if waits:
            return f"Not yet: it waits for a relay ({waits})."
        case _:
            return f"Not yet: it waits for its turn{why}."


def _sent(fate: Fate) -> str:
    carrier = f"'{fate.carrier}'" if fate.carrier else "a relay"
    told = f"Yes: {carrier} took it{_on(fate.at)}."
    for kind, words in fate.heard:
        told += f" Heard later: {kind} ({words})." if words else f" Heard later: {kind}."
    return told


def _before(launch: Launch, who: Somebody) -> str:
    if launch.status == "cancelled":
        return "No: the campaign was cancelled before it was launched."
    why = _barred(who)
    if why:
        return f"She would not get it: {why}."
    return "Not yet: the campaign was not launched; as things are she would get it."


def _why_never(launch: Launch, who: Somebody) -> str:
    """Of somebody without a delivery: she was not in the audience when it was launched."""
    if who.status is None:
        return f"{_barred(who)}."
    if _is_after(who.joined_at, launch.launched_at):
        since = _on(who.joined_at)
        return f"at the launch{_on(launch.launched_at)} she was not known yet; she came{since}."
    if who.suppression and not _is_after(who.suppressed_at, launch.launched_at):
        return f"{_barred(who)}."
    if who.outside:
        return f"{who.outside}."
    if who.suppression or who.status != "active":
        return f"she was not in the audience at the launch, and by now {_barred(who)}."
    return "she was not in the audience at the launch; by now she would be."


def _barred(who: Somebody) -> str:
    """Why this address is not written to, "" when it may be."""
    if who.suppression:
        return f"the address is suppressed{_on(who.suppressed_at)}: {who.suppression}"
    if who.status is None:
        return "no contact has this address"
    if who.status != "active":
        return f"only active contacts are written to, this one is {who.status}"
    return who.outside


def what_next(
    launch: Launch,
    fate: Fate | None,
    *,
    due_at: datetime | None,
    now: datetime,
    decision: str = "",
    why: str = "",
    until: datetime | None = None,
    opens: datetime | None = None,
    pace: str = "",
) -> Next:
    """What happens to this mail next. ``decision``, ``why`` and ``until``: what routing says now,
    with the relay's name as ``why`` when it would be sent. ``opens``: when the sending window
    opens for her, of a mail for which it is closed when it is due. ``pace``: why mails of this
    launch do not go at once.
    """
    if fate is None:
        return _next_launch(launch)
    if fate.state == "unknown":
        return Next("A later event settles it, or a person says whether it went.")
    if fate.state == "sending":
        return Next("The relay's answer is written down as soon as it comes.", now)
    if fate.state not in OPEN:
        return Next("Nothing: this is its end.")
    if launch.hold == HELD:
        return Next("It waits until the operator lets sending go on (GET /sending).")
    if launch.hold:
        return Next(f"It waits until somebody resumes {launch.held}.")
    if opens is not None:
        return Next("The sending window opens then.", opens)
    if due_at is not None and due_at > now:
        return Next(_due(fate, pace), due_at)
    match decision:
        case "send":
            return Next(f"It goes through '{why}' as soon as a sender has its turn.", now)
        case "wait":
            return Next(f"It waits for a relay: {why}.", until)
        case _:
            return Next(f"The campaign will be paused: {why}.")


def _due(fate: Fate, pace: str) -> str:
    if fate.state == "deferred":
        return "It is due again then."
    why = fate.reason or pace
    return f"It is due then: {why}." if why else "It is due then."


def _next_launch(launch: Launch) -> Next:
    if launch.launched_at is not None or launch.status == "cancelled":
        return Next("Nothing: the audience is written down at the launch.")
    if launch.status == "scheduled":
        return Next("The campaign is launched then.", launch.send_at)
    return Next("Nothing until somebody launches the campaign.")


def _is_after(moment: datetime | None, other: datetime | None) -> bool:
    return moment is not None and other is not None and moment > other


def _on(moment: datetime | None) -> str:
    return f" (on {moment:%Y-%m-%d %H:%M} UTC)" if moment is not None else ""
