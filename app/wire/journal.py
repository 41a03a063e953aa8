"""What was handed to a line, written down before it is: tells after a crash what is in doubt.

The file begins with who wrote it and on which boot; then one line for each body that was
handed over (``D attempt``) and one for each final reply (``R attempt code text``). Writing
survives a killed process, not a lost machine: that is what the boot id is for.
"""

import fcntl
import mmap
import os
from dataclasses import dataclass, field
from pathlib import Path
from uuid import uuid4

_MAGIC = "pressferry-journal-1"
#: So much of the file is in memory at a time: some thousand messages. (A multiple of the page.)
_WINDOW = 256 * 1024
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
    """A sender's journal, locked as long as it is open. Raises OSError when it cannot be kept.

    What is written goes into the pages of the file itself, not through a call of the system for
    each line: those pages outlive a killed process just the same. Their place on the disk is
    taken beforehand, so that a full disk is an error and not a crash.
    """

    def __init__(self, path: Path, sender_id: str, boot_id: str) -> None:
        self.path = path
        self._fault: OSError | None = None
        self._windows = 0
        self._page: mmap.mmap | None = None
        draft = path.with_name(f".{path.name}.{uuid4().hex}")
        self._file = os.open(draft, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600)
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            self._write(f"{_MAGIC} {sender_id} {boot_id}\n".encode())
            os.fsync(self._file)
            os.link(draft, path)
            _sync_folder(path.parent)
        except BaseException:
            self.close()
            raise
        finally:
            draft.unlink(missing_ok=True)

    def said(self, attempt_id: int) -> None:
        """To be called before the body is handed over."""
        self._write(b"D %d\n" % attempt_id)

    def heard(self, attempt_id: int, code: int, text: str) -> None:
        """The final reply to that body; ``text`` becomes one line."""
        words = " ".join(text.split())
        self._write(f"R {attempt_id} {code} {words}\n".encode("utf-8", "replace"))

    def close(self) -> None:
        """Lets go of it; it stays for whoever recovers."""
        if self._page is not None:
            os.ftruncate(self._file, (self._windows - 1) * _WINDOW + self._page.tell())
            self._page.close()
            self._page = None
        if self._file >= 0:
            os.close(self._file)
            self._file = -1

    def remove(self) -> None:
        """Closes it and takes it away: nothing in it is in doubt any more."""
        self.path.unlink(missing_ok=True)
        self.close()

    def _write(self, data: bytes) -> None:
        if self._fault:
            raise self._fault
        room = _WINDOW - self._page.tell() if self._page is not None else 0
        if self._page is not None:
            self._page.write(data if len(data) <= room else data[:room])
        if room < len(data):
            self._page = self._next()
            self._page.write(data[room:])

    def _next(self) -> mmap.mmap:
        """The next part of the file. Raises OSError when there is no place for it: the journal
        then ends in the middle of a line, and nothing more may follow.
        """
        start = self._windows * _WINDOW
        try:
            if os.pwrite(self._file, bytes(_WINDOW), start) != _WINDOW:
                raise OSError(f"{self.path}: the disk is full, the journal ends mid-line")
            page = mmap.mmap(self._file, _WINDOW, offset=start)
        except OSError as error:
            self._fault = error
            raise
        self._windows += 1
        return page


def read(path: Path) -> JournalRecord:
    """What the journal at ``path`` says; a torn last line is passed over.

    Raises FileNotFoundError, and ValueError when it is no journal.
    """
    header, *lines = path.read_bytes().rstrip(b"\0").decode("utf-8", "replace").split("\n")
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
