"""A signal is heard at any moment, also when the main thread is just about to wait for it."""

import subprocess
import sys

import pytest

from app.worker.signals import Stop
from config.settings import fresh_environment
from tests.waiting import PATIENCE


def run(program: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", f"import os, signal\n{program}"],
        env=fresh_environment(),
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )


@pytest.mark.parametrize("number", ["SIGINT", "SIGTERM"])
def test_it_comes_while_the_lock_is_held(number: str) -> None:
    done = run(f"""
from app.worker.signals import on_signals
stop = on_signals()
with stop._cond:  # where waiting for an event begins
    os.kill(os.getpid(), signal.{number})
    assert stop.is_set()
assert stop.wait()
print("stopped")
""")
    assert (done.returncode, done.stdout) == (0, "stopped\n"), done.stderr


def test_who_asks_twice_does_not_wait() -> None:
    done = run("""
from app.worker.signals import on_signals
on_signals()
os.kill(os.getpid(), signal.SIGTERM)
os.kill(os.getpid(), signal.SIGTERM)
print("still here")
""")
    assert (done.returncode, done.stdout) == (1, "")


def test_a_thread_may_ask_too() -> None:
    stop = Stop()
    assert not stop.wait(0.01)
    stop.set()
    assert stop.is_set()
    assert stop.wait()
