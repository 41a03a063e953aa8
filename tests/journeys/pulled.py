"""A process that pulls what is due, and can be made to die at a chosen commit."""

from datetime import timedelta

from app import clock
from app.db import Database
from app.runtime import Runtime
from app.sources import running
from app.vault import Vault
from tests.journeys.killed import Points

MASTER_KEY = "a master key for tests"


def pull(url: str, fatal: int, later: float = 0.0) -> None:
    """Does what is due, or dies at point number ``fatal`` (0: nowhere), ``later`` seconds on."""
    database = Database(url, pool_size=2)
    runtime = Runtime(
        database=database,
        vault=Vault([MASTER_KEY]),
        now=lambda: clock.now() + timedelta(seconds=later),
        base_url="http://127.0.0.1:8080",
        allow_private=True,
    )
    Points(fatal).install()
    running.run_due(runtime)
    database.close()
