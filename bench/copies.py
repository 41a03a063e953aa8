"""Databases that are ready: migrated once, and copied for each measurement."""

import shutil
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from itertools import count
from pathlib import Path

from sqlalchemy import create_engine, make_url, text

from bench import stage
from bench.stage import Stage

#: Gives the URL of a database of its own, gone when the block ends.
Place = Callable[[], AbstractContextManager[str]]


@contextmanager
def sqlite() -> Iterator[Place]:
    """Copies of one SQLite database."""
    with stage.sqlite() as url:
        Stage(url).database.close()
        numbers, first = count(), Path(url.removeprefix("sqlite:///"))

        @contextmanager
        def copy() -> Iterator[str]:
            file = first.with_name(f"copy{next(numbers)}.db")
            shutil.copy(first, file)
            yield f"sqlite:///{file}"
            for one in first.parent.glob(f"{file.name}*"):
                one.unlink()

        yield copy


@contextmanager
def postgres() -> Iterator[Place]:
    """Copies of one PostgreSQL database, in one server."""
    with stage.postgres() as url:
        numbers, server = count(), create_engine(url, isolation_level="AUTOCOMMIT")

        def say(words: str) -> None:
            with server.connect() as connection:
                connection.execute(text(words))

        def of(name: str) -> str:
            return make_url(url).set(database=name).render_as_string(hide_password=False)

        say("CREATE DATABASE first")
        Stage(of("first")).database.close()

        @contextmanager
        def copy() -> Iterator[str]:
            name = f"copy{next(numbers)}"
            say(f"CREATE DATABASE {name} TEMPLATE first")
            yield of(name)
            say(f"DROP DATABASE {name} WITH (FORCE)")

        yield copy
        server.dispose()
