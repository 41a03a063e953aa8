"""pressferry as its user runs it: commands and servers as processes of their own."""

import json
import os
import re
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

from config.settings import fresh_environment
from tests.waiting import PATIENCE


def command(data_dir: Path, *arguments: str, **settings: str) -> subprocess.CompletedProcess[str]:
    """One command, run to its end."""
    return subprocess.run(
        [sys.executable, "-P", "-m", "app", *arguments],
        env=fresh_environment(DATA_DIR=str(data_dir), **settings),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )


def founded(data_dir: Path) -> dict[str, Any]:
    """What `init` printed."""
    done = command(data_dir, "init", "--email", "owner@example.org")
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    return found


@dataclass
class Served:
    """A running `serve`."""

    process: subprocess.Popen[str]
    url: str
    key: str = ""
    log: list[str] = field(default_factory=list)

    def get(self, path: str) -> Any:
        """The JSON at a path."""
        headers = {"Authorization": f"Bearer {self.key}"} if self.key else {}
        with urlopen(Request(self.url + path, headers=headers), timeout=PATIENCE) as answer:
            return json.load(answer)

    def stop(self, number: int = signal.SIGTERM) -> int:
        """Sends the signal; gives back the exit code."""
        self.process.send_signal(number)
        return self.process.wait(PATIENCE)

    def senders(self) -> list[int]:
        """The process ids of its senders."""
        return [pid for pid in children(self.process.pid) if b"app.sender" in command_line(pid)]


@contextmanager
def serving(data_dir: Path, *arguments: str, **settings: str) -> Iterator[Served]:
    """`serve` on a free port, until the block ends."""
    process = subprocess.Popen(
        [sys.executable, "-P", "-m", "app", "serve", "--port", "0", *arguments],
        env=fresh_environment(DATA_DIR=str(data_dir), **settings),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    assert process.stdout is not None
    assert process.stderr is not None
    served = Served(process, "")
    reader = threading.Thread(target=lambda: served.log.extend(process.stderr or ()), daemon=True)
    reader.start()
    try:
        for line in process.stdout:
            if found := re.search(r"http://\S+$", line):
                served.url = found[0]
                break
        assert served.url, f"serve did not start: {''.join(served.log)}"
        yield served
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        process.stdout.close()
        reader.join(PATIENCE)
        process.stderr.close()


def children(parent: int) -> list[int]:
    """The processes that this one started and that still live."""
    found = []
    for status in Path("/proc").glob("[0-9]*/stat"):
        try:
            state, ppid = status.read_text().rpartition(")")[2].split()[:2]
        except OSError:
            continue
        if int(ppid) == parent and state != "Z":
            found.append(int(status.parent.name))
    return found


def command_line(pid: int) -> bytes:
    """How a process was started; empty when it is gone."""
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return b""


def lives(pid: int) -> bool:
    """Whether the process is still there."""
    return command_line(pid) != b""
