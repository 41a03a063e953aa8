"""What waits for the server, on disk: the oldest goes first, nothing is dropped to make room."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

_SUFFIX = ".batch"


class Busy(Exception):
    """Another agent works in this folder."""


@dataclass(frozen=True, slots=True)
class Kept:
    """A batch on disk: where, of which run, and of which source."""

    path: Path
    run_id: str
    source: str

    @property
    def body(self) -> bytes:
        """The bytes that are sent."""
        return self.path.read_bytes()


class Spool:
    """A folder of batches. ``most``: bytes from which on it is full; one batch may exceed them."""

    def __init__(self, folder: Path, most: int) -> None:
        self.folder = folder
        self.most = most

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Keeps other agents out of the folder; the system lets go however this process ends."""
        self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        with open(self.folder / "agent.lock", "a+") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise Busy(
                    f"another agent works in {self.folder}: stop that one first, or give this one "
                    "a folder of its own (--state-dir)"
                ) from None
            for left in self.folder.glob("*.new"):
                left.unlink()
            yield

    def add(self, run_id: str, source: str, body: bytes) -> None:
        """Keeps a batch: whole, and on the disk, when this returns. Raises OSError."""
        waiting = self.waiting()
        last = int(waiting[-1].path.name.partition(".")[0]) if waiting else 0
        path = self.folder / f"{last + 1:012}.{run_id}.{source}{_SUFFIX}"
        draft = path.with_suffix(".new")
        with open(draft, "wb") as file:
            file.write(body)
            file.flush()
            os.fsync(file.fileno())
        os.replace(draft, path)
        self._sync_folder()

    def waiting(self) -> list[Kept]:
        """Everything that waits, the oldest first."""
        paths = sorted(self.folder.glob(f"*{_SUFFIX}"))
        return [Kept(path, *path.name.split(".")[1:3]) for path in paths]

    def remove(self, kept: Kept) -> None:
        """The server has it, or will never take it."""
        kept.path.unlink(missing_ok=True)

    def size(self) -> int:
        """How many bytes wait."""
        return sum(kept.path.stat().st_size for kept in self.waiting())

    @property
    def is_full(self) -> bool:
        """Whether nothing more should be read from the site for now."""
        return self.size() >= self.most

    def _sync_folder(self) -> None:
        handle = os.open(self.folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
