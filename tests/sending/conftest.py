"""A world to send in, and servers that are stopped afterwards."""

import socket
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from app.db import Database
from tests.conftest import TurnableClock
from tests.sending.servers import RelayServer
from tests.sending.world import World


@pytest.fixture(autouse=True)
def _servers_get_their_turn() -> Iterator[None]:
    """Servers and sender share this process: threads must change more often than usual."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(0.0002)
    yield
    sys.setswitchinterval(before)


@pytest.fixture
def world(database: Database, clock: TurnableClock, tmp_path: Path) -> World:
    """On SQLite and on PostgreSQL."""
    return World(database, clock, tmp_path)


@pytest.fixture
def server() -> Iterator[Callable[..., RelayServer]]:
    """Makes SMTP servers that listen."""
    made: list[RelayServer] = []

    def make(**more: Any) -> RelayServer:
        made.append(RelayServer(**more).start())
        return made[-1]

    yield make
    for one in made:
        one.stop()


@pytest.fixture
def dead_port() -> int:
    """A port on which nobody listens."""
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        port: int = one.getsockname()[1]
        return port
