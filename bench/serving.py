"""A whole pressferry of its own, as `init` and `serve` make it, and its API."""

import json
import re
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen
from uuid import UUID

from config.settings import fresh_environment


@dataclass(frozen=True, slots=True)
class Served:
    """A running `serve`, with the key of its first workspace."""

    url: str
    key: str

    def post(self, path: str, body: dict[str, Any]) -> Any:
        """What the API answers."""
        headers = {"Authorization": f"Bearer {self.key}", "Content-Type": "application/json"}
        data = json.dumps(body).encode()
        with urlopen(Request(f"{self.url}/api/v1{path}", data, headers), timeout=240) as answer:
            return json.load(answer)


def founded(folder: Path, url: str = "") -> tuple[UUID, str]:
    """The first workspace in a data folder, and an API key for it. ``url``: of the database, "":
    SQLite in the folder.
    """
    program = [sys.executable, "-P", "-m", "app", "init", "--email", "owner@example.org"]
    done = subprocess.run(program, env=_environment(folder, url), check=True, capture_output=True)
    said = json.loads(done.stdout)
    return UUID(said["workspace_id"]), said["api_key"]


@contextmanager
def serving(folder: Path, key: str, url: str = "") -> Iterator[Served]:
    """`serve` on a free port, until the block ends."""
    program = [sys.executable, "-P", "-m", "app", "serve", "--port", "0"]
    pipes: dict[str, Any] = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE}
    running = subprocess.Popen(program, env=_environment(folder, url), text=True, **pipes)
    assert running.stdout is not None
    try:
        url = next(filter(None, (re.search(r"http://\S+$", line) for line in running.stdout)))[0]
        threading.Thread(target=running.stdout.read, daemon=True).start()
        yield Served(url, key)
    finally:
        running.terminate()
        running.wait(240)
        running.stdout.close()


def _environment(folder: Path, url: str) -> dict[str, str]:
    return fresh_environment(
        DATA_DIR=str(folder),
        DATABASE__URL=url,
        NETWORK__ALLOW_PRIVATE="true",
        LOG__LEVEL="warning",
    )
