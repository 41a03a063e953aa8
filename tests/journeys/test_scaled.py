"""The scaled size: a web server, and workers on what could be other machines; one PostgreSQL."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.request import urlopen

import pytest
from sqlalchemy import text

from app.db import Database
from app.dev import ports
from config.settings import fresh_environment
from tests.journeys.serving import command, lives
from tests.journeys.test_campaign_to_sent import Owner
from tests.sending.servers import RelayServer
from tests.waiting import PATIENCE, until


class Machines:
    """An owner, a web server, and as many workers as are asked for."""

    def __init__(self, folder: Path, database: Database, stack: ExitStack) -> None:
        with database.transaction() as session:
            session.execute(text("DROP SCHEMA IF EXISTS procrastinate CASCADE"))
        self._stack = stack
        self._folder = folder
        self._port = ports.number(stack.enter_context(ports.kept()))
        url = database.engine.url.render_as_string(hide_password=False)
        self.owner = Owner(folder / "web", url)
        self.owner.url = f"http://127.0.0.1:{self._port}"
        self.settings = {
            **self.owner.settings,
            "BASE_URL": self.owner.url,
            "MASTER_KEY": "a master key for tests",
            "NETWORK__ALLOW_PRIVATE": "true",
        }

    def web(self) -> None:
        """The web application behind gunicorn, without jobs and without a sender."""
        address = f"127.0.0.1:{self._port}"
        apart = "--no-control-socket"  # there is one path for all of a user's, unless told
        self._start("web", "gunicorn", apart, "-b", address, "app.wsgi:from_settings()")
        until(self._answers, "gunicorn does not answer")

    def worker(self, name: str, *arguments: str) -> subprocess.Popen[bytes]:
        """`pressferry worker` on a machine of this name: the data dir is the machine's own."""
        return self._start(name, "app", "worker", *arguments)

    def senders(self) -> int:
        """How many `pressferry status` knows of."""
        said = command(self._folder / "web", "status", **self.settings).stdout
        return said.count("A sender is alive")

    def _start(self, machine: str, *arguments: str) -> subprocess.Popen[bytes]:
        environ = fresh_environment(DATA_DIR=str(self._folder / machine), **self.settings)
        return self._stack.enter_context(_process(["-P", "-m", *arguments], environ))

    def _answers(self) -> bool:
        try:
            with urlopen(f"{self.owner.url}/healthz", timeout=PATIENCE) as answer:
                return bool(answer.status == 200)
        except OSError:
            return False


@contextmanager
def _process(arguments: list[str], environ: dict[str, str]) -> Iterator[subprocess.Popen[bytes]]:
    process = subprocess.Popen(
        [sys.executable, *arguments],
        env=environ,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        yield process
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


@pytest.fixture
def machines(postgres_database: Database, tmp_path: Path) -> Iterator[Machines]:
    with ExitStack() as stack:
        yield Machines(tmp_path, postgres_database, stack)


def test_a_scheduled_campaign_goes_out_through_two_workers(
    machines: Machines, server: Callable[..., RelayServer]
) -> None:
    relay, owner = server(), machines.owner
    machines.web()
    workers = [machines.worker("one"), machines.worker("two", "--concurrency", "3")]
    owner.relay("one", relay)
    emails = owner.people(60)
    campaign = owner.campaign()
    at = (datetime.now(UTC) + timedelta(seconds=1)).isoformat()
    owner.ask("POST", f"/campaigns/{campaign}/launch", {"at": at})
    until(lambda: owner.ask("GET", f"/campaigns/{campaign}")["status"] == "sent", "not sent")
    assert owner.balance(campaign) == {"sent": 60}
    assert sorted(relay.recipients) == sorted(emails)
    until(lambda: machines.senders() == 2, "one of them was not let in")
    for worker in workers:
        worker.send_signal(signal.SIGTERM)
    assert [worker.wait(PATIENCE) for worker in workers] == [0, 0]


def test_a_worker_is_killed_and_the_other_one_takes_over(
    machines: Machines, server: Callable[..., RelayServer]
) -> None:
    """Both on one machine, so that the journal of the dead one proves what it said."""
    relay, owner = server(), machines.owner
    machines.web()
    relay_id = owner.relay("one", relay)
    owner.ask("PATCH", f"/relays/{relay_id}", {"rate_per_second": 30})
    emails = owner.people(120)
    campaign = owner.campaign()
    owner.launch(campaign)
    victim = machines.worker("same")
    until(lambda: len(relay.taken) >= 20, "nothing was sent", pause=0.02)
    survivor = machines.worker("same")
    os.killpg(victim.pid, signal.SIGKILL)
    victim.wait()
    balance = owner.settled(campaign)
    assert sum(balance.values()) == 120
    assert set(balance) <= {"sent", "unknown"}
    assert balance.get("unknown", 0) <= 8, "two per line at most"
    assert len(relay.recipients) == len(set(relay.recipients)), "somebody was written to twice"
    assert len(set(emails) - set(relay.recipients)) <= balance.get("unknown", 0)
    assert lives(survivor.pid)


def test_jobs_without_a_sender(machines: Machines, server: Callable[..., RelayServer]) -> None:
    relay, owner = server(), machines.owner
    machines.web()
    machines.worker("jobs", "--no-sender", "--queues", "campaigns")
    owner.relay("one", relay)
    owner.people(3)
    campaign = owner.campaign()
    at = (datetime.now(UTC) + timedelta(seconds=1)).isoformat()
    owner.ask("POST", f"/campaigns/{campaign}/launch", {"at": at})
    until(lambda: owner.ask("GET", f"/campaigns/{campaign}")["status"] == "sending", "not launched")
    assert owner.balance(campaign) == {"queued": 3}
    assert relay.taken == []


@pytest.mark.parametrize(
    ("settings", "word"),
    [
        ({"BASE_URL": "https://mail.example.com"}, "PostgreSQL"),
        ({"DATABASE__URL": "postgresql://nobody@127.0.0.1:1/none"}, "base_url"),
    ],
)
def test_a_worker_says_what_it_needs(tmp_path: Path, settings: dict[str, str], word: str) -> None:
    done = command(tmp_path, "worker", **settings)
    assert done.returncode == 2
    assert word in done.stderr


def test_an_unknown_queue_is_named(machines: Machines) -> None:
    done = command(machines._folder / "w", "worker", "--queues", "mails", **machines.settings)
    assert done.returncode == 1
    assert "'mails'" in done.stderr
