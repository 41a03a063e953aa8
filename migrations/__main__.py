"""A developer's way in: `python -m migrations check` or `... new "what changes"`."""

import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from alembic.util import CommandError
from sqlalchemy import Engine

from app.db import Database
from migrations import run

VERSIONS = Path(__file__).parent / "versions"


@contextmanager
def _newest() -> Iterator[Engine]:
    """A throw-away database in the shape of the newest migration."""
    with tempfile.TemporaryDirectory() as folder:
        database = Database(f"sqlite:///{folder}/newest.db")
        run.upgrade(database.engine)
        yield database.engine
        database.close()


def main(arguments: list[str]) -> str:
    """Checks that the models say nothing that the migrations do not; or writes the next one.

    Gives back what to exit with: "" when all is well, else a sentence.
    """
    with _newest() as engine:
        match arguments:
            case ["check"]:
                return _check(engine)
            case ["new", message] if message:
                run.revision(engine, message, f"{len(list(VERSIONS.glob('[0-9]*.py'))) + 1:04}")
                return ""
    return 'usage: python -m migrations check | new "what changes"'


def _check(engine: Engine) -> str:
    try:
        run.check(engine)
    except CommandError as error:
        return f'{error}\nWrite the next one: make migration about="..."'
    return ""


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]) or 0)
