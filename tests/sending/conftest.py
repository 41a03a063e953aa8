"""A world to send in."""

import socket
from pathlib import Path

import pytest

from app.db import Database
from tests.conftest import TurnableClock
from tests.sending.world import World


@pytest.fixture
def world(database: Database, clock: TurnableClock, tmp_path: Path) -> World:
    """On SQLite and on PostgreSQL."""
    return World(database, clock, tmp_path)


@pytest.fixture
def dead_port() -> int:
    """A port on which nobody listens."""
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        port: int = one.getsockname()[1]
        return port
