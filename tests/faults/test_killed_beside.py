"""kill -9 of one of two senders on one PostgreSQL, at random moments: the other one goes on."""

import multiprocessing
import random
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from app.db import Database
from tests.conftest import TurnableClock
from tests.faults import sicknesses
from tests.faults.conftest import Tell
from tests.faults.page import WAYS
from tests.faults.stage import Stage
from tests.journeys.killed import send_until_idle
from tests.waiting import PATIENCE

KILLS = 20


@pytest.fixture
def start(postgres_database: Database, tmp_path: Path) -> Callable[[], Any]:
    """Starts a sender; they share a data dir, so that the journals of the dead are read."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["tests.journeys.killed"])
    environ = {
        "PRESSFERRY__DATA_DIR": str(tmp_path),
        "PRESSFERRY__DATABASE__URL": postgres_database.engine.url.render_as_string(False),
        "PRESSFERRY__BASE_URL": "http://127.0.0.1:8080",
        "PRESSFERRY__MASTER_KEY": "a master key for tests",
        "PRESSFERRY__NETWORK__ALLOW_PRIVATE": "true",
        "PRESSFERRY__LOG__LEVEL": "error",
    }

    def start() -> Any:
        sender = context.Process(target=send_until_idle, args=(environ, 0))
        sender.start()
        return sender

    return start


@pytest.mark.parametrize("ways", WAYS[:2], indirect=True)
def test_one_of_two_is_killed(
    postgres_database: Database,
    clock: TurnableClock,
    tmp_path: Path,
    ways: str,
    tell: Tell,
    start: Callable[[], Any],
) -> None:
    clock.time = datetime.now(UTC)
    chance = random.Random(ways)
    failover = ways == "failover"
    made = Stage(postgres_database, clock, tmp_path, failover=failover, people=1500)
    with closing(made) as stage:
        stage.relays[0].sickness = sicknesses.BRIEF
        senders = [start(), start()]
        for _ in range(KILLS):
            before = len(stage.relays[0].taken)
            stage.wait(lambda seen=before: len(stage.relays[0].taken) > seen)
            victim = chance.randrange(2)
            senders[victim].join(chance.uniform(0, 0.3))
            assert senders[victim].is_alive(), "done too early: more people are needed"
            senders[victim].kill()
            senders[victim].join(PATIENCE)
            senders[victim] = start()
        for sender in senders:
            sender.join(PATIENCE)
            assert sender.exitcode == 0
        tell(sicknesses.KILLED_ONE, stage.counted(doubts=KILLS * 2))
