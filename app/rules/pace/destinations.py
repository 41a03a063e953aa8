"""Destinations: whose mail service recipients have, and what is held back from one for a while."""

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import cache, lru_cache
from importlib import resources
from typing import Any

from app.rules.pace import pacing
from app.rules.pace.pacing import Pace

#: Nobody gets a later turn than this: when things are better, all go within that time.
HORIZON = timedelta(hours=1)
#: Why somebody has to wait who was given a turn.
WAITS = "its destination asked this relay for less"
#: More destinations than so many that block a relay within so long are the relay's bad name.
MANY = 3
LATELY = timedelta(hours=24)
#: Seconds' worth of messages that may go at one moment.
_BURST = 2.0
#: A name under the domain of a country, or under .com and the like: yahoo.de, yahoo.co.uk.
_FAMILY = re.compile(r"([a-z0-9-]+)\.(?:com?\.)?[a-z]{2,3}")


@lru_cache(maxsize=65_536)
def of(domain: str) -> str:
    """The destination of a normalised domain: its own name, or the one of several domains."""
    domains, families = _known()
    if domain in domains:
        return domains[domain]
    family = _FAMILY.fullmatch(domain)
    return families.get(family[1], domain) if family else domain


def of_address(address: str) -> str:
    """The destination of a normalised address."""
    return of(address.rpartition("@")[2])


def domains_of(name: str) -> list[str]:
    """The domains by which a destination is known; a family is written as ``yahoo.*``."""
    listed = _listed().get(name, {"domains": [name]})
    return [*listed.get("domains", ()), *(f"{one}.*" for one in listed.get("families", ()))]


@dataclass(frozen=True, slots=True)
class Held:
    """What is held back from a destination: nothing goes before ``pause_until``, then so much as
    ``pace`` says. ``tat``: GCRA's theoretical arrival time; ``turn``: the latest turn that was
    given to somebody who has to wait (both in epoch seconds).
    """

    pause_until: datetime
    pace: Pace
    tat: float = 0.0
    turn: float = 0.0


def is_free(held: Held, now: datetime) -> bool:
    """Whether nothing is held back any more."""
    return held.pause_until <= now and pacing.is_over(held.pace, now)


def held_until(held: Held) -> datetime:
    """When nothing will be held back any more, if nobody complains again."""
    return max(held.pause_until, pacing.ends_at(held.pace))


def admit(held: Held, now: datetime) -> tuple[Held, datetime | None]:
    """One message wants to go there: None when it may, else its turn. Turns are given at the pace
    of this moment, within HORIZON, so that nobody is looked at again and again.
    """
    if is_free(held, now):
        return held, None
    moment, rate = now.timestamp(), pacing.rate_at(held.pace, now)
    if held.pause_until <= now and held.tat <= moment + _BURST:
        return replace(held, tat=max(held.tat, moment) + 1 / rate), None
    first = max(held.pause_until.timestamp(), moment)
    last = first + HORIZON.total_seconds()
    turn = max(held.turn, held.tat, first) + 1 / rate
    if turn > last:
        turn = first + (turn - last) % HORIZON.total_seconds()
    return replace(held, turn=turn), datetime.fromtimestamp(max(turn, moment + 1), UTC)


def slowed(held: Held | None, ceiling: float, now: datetime, pause: timedelta, why: str) -> Held:
    """After a complaint: nothing for ``pause``, then half of the rate there was. ``ceiling``: how
    fast the relay itself goes.
    """
    known = held.pace if held and not pacing.is_over(held.pace, now) else None
    top = known.ceiling if known else max(ceiling, pacing.DESTINATION_FLOOR)
    pace = pacing.slowed(known, top, now, why, floor=pacing.DESTINATION_FLOOR)
    until = now + pause
    return Held(until, replace(pace, since=until), turn=held.turn if held else 0.0)


@cache
def _listed() -> Mapping[str, Mapping[str, Any]]:
    return tomllib.loads(resources.files(__package__).joinpath("destinations.toml").read_text())


@cache
def _known() -> tuple[Mapping[str, str], Mapping[str, str]]:
    listed = _listed().items()
    domains = {one: name for name, known in listed for one in known.get("domains", ())}
    families = {one: name for name, known in listed for one in known.get("families", ())}
    return domains, families
