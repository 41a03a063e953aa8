"""Whether a database may be an older copy of the one that was sent from: then nothing may go."""

from dataclasses import dataclass
from enum import Enum
from uuid import UUID


@dataclass(frozen=True, slots=True)
class Place:
    """Where a database server keeps a database. A part that is not known is "".

    ``timeline`` changes when a standby takes over or a backup is played back; ``replicated``:
    what is committed is on a standby, too.
    """

    system: str = ""
    database: str = ""
    timeline: str = ""
    replicated: bool = False


@dataclass(frozen=True, slots=True)
class Ledger:
    """What a ledger says of itself.

    ``generation`` counts how often a person let it go on. ``highest``: the newest attempt in it.
    """

    id: UUID
    generation: int
    highest: int
    place: Place


@dataclass(frozen=True, slots=True)
class Mark:
    """What a data dir remembers of the ledger that it last sent from.

    ``highest``: the newest attempt that its senders know of. ``home``: the machine, and the path
    of an SQLite database. ``asks``: it has not been allowed to send yet.
    """

    ledger: UUID
    generation: int
    highest: int
    home: str
    asks: bool = False


class Judgement(Enum):
    """What a sender may do."""

    GO = "go"
    STRANGER = "stranger"
    HOLD = "hold"


def judge(ledger: Ledger, mark: Mark | None, *, home: str, place: Place) -> tuple[Judgement, str]:
    """Whether a sender may send from ``ledger``, and when not, why; ``place``: where it is now.

    A stranger has never sent from it, though others have: that may be a copy on another machine.
    """
    if moved := why_not_here(ledger.place, place):
        return Judgement.HOLD, moved
    if mark is None or mark.ledger != ledger.id or mark.home != home:
        if not ledger.highest:
            return Judgement.GO, ""
        return Judgement.STRANGER, _why_strange(mark, ledger, home)
    if mark.generation < ledger.generation:
        return Judgement.GO, ""
    if mark.generation > ledger.generation:
        return Judgement.HOLD, (
            "This database is older than the last time a person let it send: it is a copy from "
            "before."
        )
    if mark.highest > ledger.highest:
        return Judgement.HOLD, (
            f"This database is an older copy: it knows attempts up to number {ledger.highest}, but "
            f"from here number {mark.highest} was begun. Who got a mail since is not known in it."
        )
    if mark.asks:
        return Judgement.STRANGER, _why_strange(None, ledger, home)
    return Judgement.GO, ""


def why_not_here(known: Place, now: Place) -> str:
    """Why a database that was at ``known`` and is at ``now`` may be an older copy; "" when not."""
    if _differ(known.system, now.system) or _differ(known.database, now.database):
        return (
            "This database was copied to another place: the server or the database is not the one "
            "that was sent from before."
        )
    if _differ(known.timeline, now.timeline) and not known.replicated:
        return (
            "A standby has taken over, or a backup was played back, and the last commits were not "
            "kept on a standby: what was sent last may be missing in this database."
        )
    return ""


def _differ(known: str, now: str) -> bool:
    return bool(known and now) and known != now


def _why_strange(mark: Mark | None, ledger: Ledger, home: str) -> str:
    if mark is not None and mark.ledger == ledger.id:
        return (
            f"The data dir was moved or copied: it sent at {mark.home or 'another place'}, and is "
            f"at {home or 'another place'} now."
        )
    return (
        "Mails were sent from this database before, but never with this data dir: it may be a "
        "copy of a database that is still in use, or an older one."
    )
