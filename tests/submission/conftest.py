"""A counter to hand mail in at."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from app.db import Database
from tests.conftest import TurnableClock
from tests.sending.world import World
from tests.submission.counter import Counter


@pytest.fixture
def world(database: Database, clock: TurnableClock, tmp_path: Path) -> World:
    """On SQLite and on PostgreSQL."""
    return World(database, clock, tmp_path)


@pytest.fixture
def counter(world: World) -> Iterator[Callable[..., Counter]]:
    """Opens counters, which are closed afterwards."""
    made: list[Counter] = []

    def make(**more: Any) -> Counter:
        if not made:
            world.relay(9, "one")
        made.append(Counter(world, **more))
        return made[-1]

    yield make
    for one in made:
        one.close()
