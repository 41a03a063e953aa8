"""One serve per data dir: two schedulers would do everything twice."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


class Busy(Exception):
    """Somebody else has what this serve needs; the sentence says who and what to do."""


@contextmanager
def alone_in(data_dir: Path) -> Iterator[None]:
    """Holds the data dir's lock file; the system lets go of it however this process ends."""
    data_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
    with open(data_dir / "serve.lock", "a+") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            file.seek(0)
            raise Busy(
                f"{data_dir} is already served by process {file.read().strip() or '?'}: stop that "
                "one first, or give this one a data dir of its own (PRESSFERRY__DATA_DIR)"
            ) from None
        file.truncate(0)
        file.write(str(os.getpid()))
        file.flush()
        yield
