"""Real sender processes, as `serve` starts them, and what they cost."""

import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from uuid import UUID

from sqlalchemy import func, select

from app.sending.models import Sender
from bench.stage import Stage
from config.settings import fresh_environment

_TICKS = os.sysconf("SC_CLK_TCK")
_LOOK_SECONDS = 0.01


@dataclass(frozen=True, slots=True)
class Cost:
    """Messages per second, and microseconds of processor time per message."""

    rate: float
    cpu: float


@contextmanager
def sender(stage: Stage, url: str) -> Iterator[subprocess.Popen[bytes]]:
    """A sender that has registered and waits for work."""
    before = _registered(stage)
    with TemporaryDirectory(prefix="pressferry-bench-") as folder:
        environment = fresh_environment(
            DATA_DIR=folder,
            DATABASE__URL=url,
            MASTER_KEY="only for benchmarks",
            BASE_URL="https://mail.example.com",
            NETWORK__ALLOW_PRIVATE="true",
            LOG__LEVEL="warning",
        )
        program = [sys.executable, "-P", "-m", "app.sender"]
        running = subprocess.Popen(
            program, stdin=subprocess.PIPE, env=environment, cwd=Path(folder), bufsize=0
        )
        try:
            while _registered(stage) == before:
                _pause()
            yield running
        finally:
            assert running.stdin is not None
            running.stdin.close()
            running.wait(240)


def campaign(stage: Stage, url: str, dispatch_id: UUID, messages: int, senders: int = 1) -> Cost:
    """Sends a held dispatch with so many senders, and makes sure that everybody was sent to."""
    with ExitStack() as stack:
        running = [stack.enter_context(sender(stage, url)) for _ in range(senders)]
        spent = sum(cpu_seconds(one.pid) for one in running)
        start = time.perf_counter()
        let_go(stage, dispatch_id, running)
        while not stage.is_finished(dispatch_id):
            _pause()
        seconds = time.perf_counter() - start
        spent = sum(cpu_seconds(one.pid) for one in running) - spent
    sent = stage.balance(dispatch_id)["sent"]
    if sent != messages:
        raise RuntimeError(f"{sent} of {messages} were sent: {stage.balance(dispatch_id)}")
    return Cost(messages / seconds, spent / messages * 1e6)


def let_go(stage: Stage, dispatch_id: UUID, running: Sequence[subprocess.Popen[bytes]]) -> None:
    """A held dispatch may go, and the senders hear of it."""
    stage.let_go(dispatch_id)
    for one in running:
        assert one.stdin is not None
        one.stdin.write(b"wake\n")


def cpu_seconds(pid: int) -> float:
    """What a process has used of the processors."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / _TICKS


def memory_mb(pid: int) -> float:
    """What a process has in memory now."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    (found,) = (line for line in lines if line.startswith("VmRSS:"))
    return int(found.split()[1]) / 1024


def _registered(stage: Stage) -> int:
    with stage.database.reading() as session:
        return session.scalar(select(func.count()).select_from(Sender)) or 0


def _pause() -> None:
    threading.Event().wait(_LOOK_SECONDS)
