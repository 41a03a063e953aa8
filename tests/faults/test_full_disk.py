"""The disk under the database is full for a while: nobody lost, nobody twice."""

import threading
from collections.abc import Callable
from contextlib import AbstractContextManager, closing
from pathlib import Path

import pytest
from sqlalchemy import ExceptionContext, event
from sqlalchemy.exc import InternalError, OperationalError

from app.db import Database
from tests.conftest import TurnableClock
from tests.faults import sicknesses
from tests.faults.conftest import Tell
from tests.faults.full import full
from tests.faults.page import WAYS
from tests.faults.postgres import OwnServer, may_mount, own_folder, small_disk
from tests.faults.sicknesses import Fault
from tests.faults.stage import Stage
from tests.waiting import until

#: So little that PostgreSQL cannot write its log.
_TINY = 2**16

Play = Callable[[Database, Callable[[], AbstractContextManager[None]], Fault], None]


@pytest.fixture
def play(ways: str, clock: TurnableClock, tmp_path: Path, tell: Tell) -> Play:
    """A campaign during which nothing more goes onto a disk until that was noticed."""

    def play(
        database: Database, fill: Callable[[], AbstractContextManager[None]], fault: Fault
    ) -> None:
        refused: list[BaseException] = []

        def note(context: ExceptionContext) -> None:
            if isinstance(context.sqlalchemy_exception, OperationalError | InternalError):
                refused.append(context.original_exception)

        def for_a_while() -> None:
            with fill():
                until(lambda: refused, "everything could be written: nothing was proved", 0.01)
                threading.Event().wait(0.1)

        event.listen(database.engine, "handle_error", note)
        made = Stage(database, clock, tmp_path, failover=ways == "failover", people=400)
        with closing(made) as stage:
            stage.relays[0].sickness = sicknesses.BRIEF
            stage.send(during=for_a_while)
            stage.mend()
            assert refused, "everything could be written: nothing was proved"
            tell(fault, stage.counted())

    return play


@pytest.mark.parametrize("ways", WAYS[:2], indirect=True)
def test_under_sqlite(sqlite_database: Database, ways: str, play: Play) -> None:
    play(sqlite_database, lambda: full(sqlite_database), sicknesses.DATABASE_FULL)


@pytest.mark.parametrize("ways", WAYS[:2], indirect=True)
def test_under_the_log_of_postgresql(ways: str, play: Play) -> None:
    """It crashes, cannot start either, and is started once there is room again."""
    with own_folder() as folder, closing(OwnServer(folder)) as server:
        play(server.database, lambda: server.limited(_TINY), sicknesses.LOG_FULL)


if may_mount():  # elsewhere there is no way to have a disk that is small

    @pytest.mark.parametrize("ways", WAYS[:2], indirect=True)
    def test_under_postgresql(ways: str, play: Play) -> None:
        with (
            own_folder() as folder,
            small_disk(folder) as place,
            closing(OwnServer(place)) as server,
        ):
            play(server.database, server.full, sicknesses.TABLES_FULL)
