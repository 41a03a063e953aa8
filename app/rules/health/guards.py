"""When figures are so bad that something must be warned of, or stopped before it gets worse."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields, replace
from typing import Any, Literal

Level = Literal["fine", "warn", "pause"]
#: What can be guarded.
KINDS = ("campaign", "relay", "stream")
#: One person who complains is no rate, whatever the share: of that it is warned only.
_ONE_PERSON = 1
#: What guards stop by themselves unless a workspace says otherwise; of the others they warn.
PAUSES = ("campaign", "relay")


@dataclass(frozen=True, slots=True)
class Figures:
    """How many mails a relay took (``accepted``), and of how many something bad was said.

    ``bounced``: for ever; ``deferred``: wait because the recipient's side said "later".
    """

    accepted: int = 0
    bounced: int = 0
    deferred: int = 0
    complained: int = 0
    unknown: int = 0

    @property
    def answered(self) -> int:
        """Those of which the recipient's side said yes or no."""
        return self.accepted + self.bounced

    def __add__(self, other: "Figures") -> "Figures":
        return Figures(*(a + b for a, b in zip(_counts(self), _counts(other), strict=True)))

    def since(self, before: "Figures") -> "Figures":
        """What came on top of figures that were counted before."""
        pairs = zip(_counts(self), _counts(before), strict=True)
        return Figures(*(max(0, now - then) for now, then in pairs))

    def words(self) -> dict[str, int]:
        """As it is stored."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Rate:
    """One figure as a part of another."""

    part: int
    whole: int

    @property
    def share(self) -> float:
        """Between 0 and 1; 0 of nothing."""
        return self.part / self.whole if self.whole else 0.0


@dataclass(frozen=True, slots=True)
class Limits:
    """Shares from which on something is warned of or paused; None: never. Nothing is judged
    before ``sample`` mails were answered.
    """

    sample: int = 200
    complaint_warn: float | None = 0.001
    complaint_pause: float | None = 0.003
    bounce_warn: float | None = 0.02
    bounce_pause: float | None = 0.05
    deferral_warn: float | None = 0.2
    deferral_pause: float | None = None


#: What may be set of Limits.
LIMITS = tuple(one.name for one in fields(Limits))


@dataclass(frozen=True, slots=True)
class Judgement:
    """How bad it is, and in a sentence why."""

    level: Level
    why: str = ""


FINE = Judgement("fine")
_SAYS = {
    "complaint": "complained about as spam",
    "bounce": "returned for good",
    "deferral": "put off by the recipients' servers",
    "unknown": "left without an answer",
}


def rates(figures: Figures) -> dict[str, Rate]:
    """Each figure as a part of what it is measured by."""
    return {
        "complaint": Rate(figures.complained, figures.accepted),
        "bounce": Rate(figures.bounced, figures.answered),
        "deferral": Rate(figures.deferred, figures.answered + figures.deferred),
        "unknown": Rate(figures.unknown, figures.answered + figures.unknown),
    }


def judge(figures: Figures, limits: Limits, *, may_pause: bool = True) -> Judgement:
    """The worst that can be said of the figures. ``may_pause`` False: it is warned of at most."""
    found = [
        _one(name, rates(figures)[name], limits, may_pause)
        for name in ("complaint", "bounce", "deferral")
    ]
    order = {"pause": 0, "warn": 1, "fine": 2}
    return min(found, key=lambda one: order[one.level])


def _one(name: str, rate: Rate, limits: Limits, may_pause: bool) -> Judgement:
    if rate.whole < limits.sample:
        return FINE
    pause, warn = getattr(limits, f"{name}_pause"), getattr(limits, f"{name}_warn")
    if pause is not None and rate.share >= pause:
        stops = may_pause and (name != "complaint" or rate.part > _ONE_PERSON)
        return Judgement("pause" if stops else "warn", told(name, rate, pause))
    if warn is not None and rate.share >= warn:
        return Judgement("warn", told(name, rate, warn))
    return FINE


def told(name: str, rate: Rate, limit: float) -> str:
    """A rate in words, with its limit."""
    share, most = _percent(rate.share), _percent(limit)
    return f"{rate.part} of {rate.whole} mails ({share}) were {_SAYS[name]}; the limit is {most}"


def freezes_warm_up(figures: Figures, sample: int = 20) -> bool:
    """Whether a new relay should not be given more tomorrow than today."""
    found = rates(figures)
    if figures.answered < sample:
        return False
    return found["bounce"].share > 0.05 or found["complaint"].share > 0.001


def limits_from(words: Mapping[str, Any]) -> Limits:
    """Limits as they are stored: what is not said is as usual."""
    return replace(Limits(), **{name: words[name] for name in LIMITS if name in words})


def _counts(figures: Figures) -> list[int]:
    return [getattr(figures, one.name) for one in fields(Figures)]


def _percent(share: float) -> str:
    return f"{share * 100:.3g} %"
