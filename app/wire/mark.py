"""The mark: the newest attempt begun from a data dir, kept outside the database.

It is raised after an attempt is committed and before a body leaves, and it is on disk then. So a
database that knows less than the mark is older than what was sent.
"""

import fcntl
import json
import os
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, replace
from pathlib import Path
from uuid import UUID

from app.rules.copies import Mark

_MAGIC = "pressferry-mark-1"
#: One short write in one place: it reaches the disk as a whole.
_LENGTH = 1024


class MarkFile:
    """The mark at ``path``; any number of processes of one data dir share it. Raises OSError."""

    def __init__(self, path: Path) -> None:
        new = not path.exists()
        self._file = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
        if new:
            _sync_folder(path.parent)

    def read(self) -> Mark | None:
        """What it says; None when there is none yet, or when it is damaged."""
        with self._locked(fcntl.LOCK_SH):
            return self._read()

    def write(self, mark: Mark) -> None:
        """Says this from now on; of the same ledger and generation never less than before."""
        with self._locked(fcntl.LOCK_EX):
            old = self._read()
            if old is not None and (old.ledger, old.generation) == (mark.ledger, mark.generation):
                mark = replace(mark, highest=max(old.highest, mark.highest))
            self._write(mark)

    def raise_to(self, highest: int) -> None:
        """At least so high from now on."""
        with self._locked(fcntl.LOCK_EX):
            mark = self._read()
            if mark is not None and mark.highest < highest:
                self._write(replace(mark, highest=highest))

    def close(self) -> None:
        """Lets go of the file."""
        os.close(self._file)

    @contextmanager
    def _locked(self, how: int) -> Iterator[None]:
        fcntl.flock(self._file, how)
        try:
            yield
        finally:
            fcntl.flock(self._file, fcntl.LOCK_UN)

    def _read(self) -> Mark | None:
        text, _, check = os.pread(self._file, _LENGTH, 0).rstrip(b" \n").rpartition(b" ")
        if not text.startswith(_MAGIC.encode()) or check != _check(text):
            return None
        values = json.loads(text.removeprefix(_MAGIC.encode()))
        return Mark(**values | {"ledger": UUID(values["ledger"])})

    def _write(self, mark: Mark) -> None:
        values = asdict(mark) | {"ledger": str(mark.ledger)}
        text = f"{_MAGIC} {json.dumps(values, ensure_ascii=False)}".encode()
        line = (text + b" " + _check(text)).ljust(_LENGTH - 1) + b"\n"
        if os.pwrite(self._file, line, 0) != _LENGTH:
            raise OSError("the mark of what was sent could not be written: the disk is full")
        os.fdatasync(self._file)


def _check(text: bytes) -> bytes:
    return f"{zlib.crc32(text):08x}".encode()


def _sync_folder(folder: Path) -> None:
    file = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(file)
    finally:
        os.close(file)
