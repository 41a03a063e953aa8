"""What an agent did, kept beside its spool, so that `status` can tell."""

import json
import os
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from datetime import datetime
from pathlib import Path

from app.agent.spool import Spool


@dataclass
class Record:
    """What was sent, what the server made of it, and what went wrong last.

    ``readable``: how many sources could be read when the agent looked last; ``login``: a print of
    the login with which it looked. ``sent``: by source, what the server counted; ``told``: what it
    said of a run that got to its end, if anything. ``dropped``: batches that the server had no use
    for, as their run was over. Instants in ISO 8601.
    """

    server: str = ""
    site: str = ""
    visited_at: str = ""
    readable: int = 0
    login: str = ""
    sent: dict[str, dict[str, int]] = field(default_factory=dict)
    told: dict[str, str] = field(default_factory=dict)
    dropped: int = 0
    error: str = ""
    error_at: str = ""

    def count(self, source: str, answer: dict[str, object]) -> None:
        """A batch was taken."""
        numbers = self.sent.setdefault(source, {"batches": 0})
        numbers["batches"] += 1
        for name in ("seen", "created", "updated", "kept"):
            value = answer.get(name)
            numbers[name] = numbers.get(name, 0) + (value if isinstance(value, int) else 0)
        if answer.get("state") == "succeeded":
            self.told.pop(source, None)
            if said := str(answer.get("detail") or ""):
                self.told[source] = said

    def fail(self, sentence: str, now: datetime) -> None:
        """Something went wrong."""
        self.error, self.error_at = sentence, now.isoformat(timespec="seconds")


def _path(folder: Path) -> Path:
    return folder / "status.json"


def load(folder: Path) -> Record:
    """What was kept in ``folder``; an empty one when there is none, or it cannot be read."""
    try:
        kept = json.loads(_path(folder).read_text("utf-8"))
        return Record(**kept)
    except (OSError, ValueError, TypeError):
        return Record()


def save(folder: Path, record: Record) -> None:
    """Keeps it: whole or not at all. It only informs: work goes on where the disk is full."""
    draft = folder / "status.json.new"
    with suppress(OSError):
        draft.write_text(json.dumps(asdict(record), indent=1), "utf-8")
        os.replace(draft, _path(folder))


def described(record: Record, spool: Spool) -> list[str]:
    """The same in lines for a person."""
    if not record.server:
        return [f"No agent has worked in {spool.folder} yet."]
    lines = [
        f"site     {record.site}",
        f"server   {record.server}, last asked {record.visited_at or 'never'}",
    ]
    for source, numbers in sorted(record.sent.items()):
        counted = ", ".join(f"{value} {name}" for name, value in numbers.items())
        lines.append(f"sent     {source}: {counted}")
        lines += [f"but      {source}: {record.told[source]}"] if source in record.told else []
    waiting = spool.waiting()
    room = f"{spool.size() / 1e6:.1f} of {spool.most / 1e6:.0f} MB"
    lines.append(f"waiting  {len(waiting)} batches, {room}" + (", FULL" if spool.is_full else ""))
    if record.dropped:
        lines.append(f"dropped  {record.dropped} batches of runs that the server had ended")
    lines.append(f"error    {record.error_at}: {record.error}" if record.error else "error    none")
    return lines
