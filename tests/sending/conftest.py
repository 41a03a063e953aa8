"""A world to send in."""

from pathlib import Path

import pytest

from app.db import Database
from tests.conftest import TurnableClock
from tests.sending.world import World


@pytest.fixture
def world(database: Database, clock: TurnableClock, tmp_path: Path) -> World:
    """On SQLite and on PostgreSQL."""
    return World(database, clock, tmp_path)
