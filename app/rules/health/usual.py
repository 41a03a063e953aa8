"""Whether what a relay does now is what it usually does."""

from dataclasses import dataclass

from app.rules.health.figures import Figures, quantile

#: So many attempts must lie on both sides before anything is called unusual.
SAMPLE_NOW, SAMPLE_USUAL = 50, 200
#: A share is unusual when it is so many times the usual one, and so many points above it.
TIMES, POINTS = 2.0, 0.02
#: A time is unusual when it is so many times the usual one, and so many milliseconds more.
SLOWER, MILLISECONDS = 3.0, 1000

#: Shares of attempts that nobody wants to see grow.
_SHARES = {
    "deferred": "deferred by recipients' servers",
    "throttled": "throttled",
    "hard": "refused for good (hard bounces)",
    "soft": "refused for now (soft bounces)",
    "rejected": "rejected for what they say",
    "refused": "refused by the relay itself",
    "blocked": "blocked for the relay's reputation",
    "unauthorized": "refused for their sender",
    "unknown": "without any answer",
}
_TIMES = {
    "reply_p50": ("reply", 0.5, "Half of the answers took"),
    "reply_p95": ("reply", 0.95, "Of the answers 95 % came within"),
    "queue_p50": ("queue", 0.5, "Half of the mails waited"),
    "queue_p95": ("queue", 0.95, "Of the mails 95 % waited less than"),
}


@dataclass(frozen=True, slots=True)
class Compared:
    """One figure beside its usual value: a share of the attempts (0 to 1), attempts per hour, or
    milliseconds. ``ratio`` None: there is nothing to compare with. ``sentence`` is "" unless
    it is unusual.
    """

    figure: str
    now: float | None
    usual: float | None
    ratio: float | None
    unusual: bool
    sentence: str


def compare(now: Figures, usual: Figures, *, hours: float, usual_hours: float) -> list[Compared]:
    """Every figure of ``now`` (so many hours) beside that of ``usual``."""
    enough = now["attempts"] >= SAMPLE_NOW and usual["attempts"] >= SAMPLE_USUAL
    found = [_volume(now, usual, hours, usual_hours)]
    found += [_share(name, words, now, usual, enough) for name, words in _SHARES.items()]
    for name, (which, share, words) in _TIMES.items():
        times: tuple[dict[int, int], dict[int, int]] = (
            getattr(now, which),
            getattr(usual, which),
        )
        found.append(
            _time(name, words, quantile(times[0], share), quantile(times[1], share), enough)
        )
    return found


def _volume(now: Figures, usual: Figures, hours: float, usual_hours: float) -> Compared:
    here = now["attempts"] / hours if hours else None
    there = usual["attempts"] / usual_hours if usual_hours else None
    return Compared("attempts_per_hour", here, there, _ratio(here, there), False, "")


def _share(name: str, words: str, now: Figures, usual: Figures, enough: bool) -> Compared:
    here, there = _part(now, name), _part(usual, name)
    unusual = (
        enough
        and here is not None
        and there is not None
        and here >= TIMES * there
        and here - there >= POINTS
    )
    sentence = f"{_percent(here)} of the mails were {words}, usually {_percent(there)}."
    return Compared(name, here, there, _ratio(here, there), unusual, sentence if unusual else "")


def _time(name: str, words: str, here: int | None, there: int | None, enough: bool) -> Compared:
    unusual = (
        enough
        and here is not None
        and there is not None
        and here >= SLOWER * there
        and here - there >= MILLISECONDS
    )
    sentence = f"{words} {_long(here)}, usually {_long(there)}."
    return Compared(name, here, there, _ratio(here, there), unusual, sentence if unusual else "")


def _part(figures: Figures, name: str) -> float | None:
    return figures[name] / figures["attempts"] if figures["attempts"] else None


def _ratio(here: float | None, there: float | None) -> float | None:
    return here / there if here is not None and there else None


def _percent(share: float | None) -> str:
    return f"{(share or 0) * 100:.3g} %"


def _long(milliseconds: int | None) -> str:
    seconds = (milliseconds or 0) / 1000
    for size, name in ((86_400, "days"), (3_600, "hours"), (60, "minutes")):
        if seconds >= 2 * size:
            return f"{seconds / size:.0f} {name}"
    return f"{seconds:.3g} s"
