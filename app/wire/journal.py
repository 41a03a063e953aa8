"""What was handed to a line, written down before it is: tells after a crash what is in doubt.

The file begins with who wrote it and on which boot; then one line for each body that was
handed over (``D attempt``) and one for each final reply (``R attempt code text``). Writing
survives a killed process, not a lost machine: that is what the boot id is for.
"""

import fcntl
import os
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from uuid import uuid4

_MAGIC = "pressferry-journal-1"
_BOOT_ID = Path("/proc/sys/kernel/random/boot_id")


def boot_id() -> str:
    """This boot of this machine; a fresh id each time where the system does not tell."""
    try:
        return _BOOT_ID.read_text("ascii").strip()
    except OSError:
        return f"unknown-{uuid4()}"


@dataclass(frozen=True)
class JournalRecord:
    """What a journal says: attempts whose body was handed over, and final replies by attempt."""

    sender_id: str
    boot_id: str
    said: set[int] = field(default_factory=set)
    heard: dict[int, tuple[int, str]] = field(default_factory=dict)


class Journal:
    """A sender's journal, locked as long as it is open. Raises OSError when it cannot be kept."""

    def __init__(self, path: Path, sender_id: str, boot_id: str) -> None:
        self.path = path
        self._fault: OSError | None = None
        self._kept: list[str] = []
        draft = path.with_name(f".{path.name}.{uuid4().hex}")
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_APPEND
        self._file = os.open(draft, flags, 0o600)
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            self._write(f"{_MAGIC} {sender_id} {boot_id}\n")
            os.fsync(self._file)
            os.link(draft, path)
            _sync_folder(path.parent)
        except BaseException:
            os.close(self._file)
            raise
        finally:
            draft.unlink(missing_ok=True)

    def said(self, attempt_id: int) -> None:
        """To be called before the body is handed over; writes what was heard before it, too."""
        self._kept.append(f"D {attempt_id}\n")
        self.write_kept()

    def heard(self, attempt_id: int, code: int, text: str) -> bool:
        """The final reply to that body; ``text`` becomes one line. Kept until the next body, so
        that one write does for both; says whether it is the first that is kept: then
        ``write_kept`` must be called soon.
        """
        self._kept.append(f"R {attempt_id} {code} {' '.join(text.split())}\n")
        return len(self._kept) == 1

    def write_kept(self) -> None:
        """Writes the replies that are kept."""
        if self._kept:
            kept, self._kept = "".join(self._kept), []
            self._write(kept)

    def close(self) -> None:
        """Lets go of it; it stays for whoever recovers."""
        if self._file >= 0:
            with suppress(OSError):  # a reply that is missing here is one that nobody knows
                self.write_kept()
            os.close(self._file)
            self._file = -1

    def remove(self) -> None:
        """Closes it and takes it away: nothing in it is in doubt any more."""
        self.path.unlink(missing_ok=True)
        self.close()

    def _write(self, line: str) -> None:
        if self._fault:
            raise self._fault
        data = line.encode("utf-8", "replace")
        if os.write(self._file, data) != len(data):
            self._fault = OSError(f"{self.path}: the disk is full, the journal ends mid-line")
            raise self._fault


def read(path: Path) -> JournalRecord:
    """What the journal at ``path`` says; a torn last line is passed over.

    Raises FileNotFoundError, and ValueError when it is no journal.
    """
    header, *lines = path.read_bytes().decode("utf-8", "replace").split("\n")
    magic, _, names = header.partition(" ")
    sender_id, _, boot = names.partition(" ")
    if magic != _MAGIC or not boot:
        raise ValueError(f"{path} is no journal of a sender")
    record = JournalRecord(sender_id, boot)
    for line in lines[:-1]:
        kind, _, rest = line.partition(" ")
        attempt, _, words = rest.partition(" ")
        if kind == "D":
            record.said.add(int(attempt))
        elif kind == "R":
            code, _, text = words.partition(" ")
            record.heard[int(attempt)] = (int(code), text)
    return record


def is_abandoned(path: Path) -> bool:
    """Whether no living process holds the journal at ``path``."""
    try:
        file = os.open(path, os.O_RDONLY)
    except FileNotFoundError:
        return True
    try:
        fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    finally:
        os.close(file)
    return True


def _sync_folder(folder: Path) -> None:
    file = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(file)
    finally:
        os.close(file)
