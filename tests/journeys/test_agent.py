"""Site, agent and server as processes of their own, which are killed: nobody lost, nobody twice."""

import json
import os
import signal
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import pytest
from sqlalchemy import text

from app.db import Database
from app.dev import ports
from app.dev.people import distinct_addresses
from config.settings import fresh_environment
from tests.agent.conftest import GatedSite
from tests.journeys.serving import Served, command, serving
from tests.waiting import PATIENCE, until

PEOPLE, PAGES = 1150, 12


class Journey:
    """A site, a server on one port that is started again and again, and an agent."""

    def __init__(self, folder: Path, url: str, stack: ExitStack) -> None:
        self.folder = folder
        self.settings = {"DATABASE__URL": url} if url else {}
        self._stack = stack
        self.site = GatedSite(PEOPLE)
        self.site.start()
        stack.callback(self.site.stop)
        stack.callback(self.site.gate.set)
        self.port = ports.number(stack.enter_context(ports.kept()))
        done = command(folder / "data", "init", "--email", "o@example.org", **self.settings)
        assert done.returncode == 0, done.stderr
        self.key: str = json.loads(done.stdout)["api_key"]

    def serve(self) -> Served:
        """A server."""
        more = ("--port", str(self.port), "--no-sender") if self.settings else ()
        arguments = more or ("--port", str(self.port))
        return self._stack.enter_context(serving(self.folder / "data", *arguments, **self.settings))

    def kill(self, served: Served) -> None:
        """Pulls the plug of a server."""
        os.killpg(served.process.pid, signal.SIGKILL)
        served.process.wait()

    def register(self) -> None:
        """Makes the agent's key."""
        made = self.ask("POST", "/agents", {"url": self.site.url})
        (self.folder / "key").write_text(made["key"])
        (self.folder / "password").write_text(self.site.password)
        self.site_id = made["site_id"]

    def agent(self, server: str = "") -> subprocess.Popen[str]:
        """An agent, as systemd starts it."""
        log = self._stack.enter_context((self.folder / "agent.log").open("a"))
        process = subprocess.Popen(
            [
                *(sys.executable, "-P", "-m", "app", "agent"),
                *("--site", self.site.url, "--username", "admin"),
                *("--server", server or f"http://127.0.0.1:{self.port}"),
                *("--key-file", str(self.folder / "key")),
                *("--password-file", str(self.folder / "password")),
                *("--state-dir", str(self.folder / "state")),
            ],
            env=fresh_environment(),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=log,
            text=True,
        )
        self._stack.callback(self._end, process)
        return process

    def _end(self, process: subprocess.Popen[str]) -> None:
        process.kill()
        process.wait()

    def ask(self, method: str, path: str, body: Any = None) -> Any:
        """The API."""
        headers = {"Authorization": f"Bearer {self.key}", "Content-Type": "application/json"}
        data = None if body is None else json.dumps(body).encode()
        url = f"http://127.0.0.1:{self.port}/api/v1{path}"
        with urlopen(Request(url, data, headers, method=method), timeout=PATIENCE) as answer:
            return json.load(answer)

    def run(self) -> dict[str, Any]:
        """The newest run, {} before there is one."""
        connections = self.ask("GET", f"/sites/{self.site_id}/connections")["items"]
        runs = [
            run
            for one in connections
            for run in self.ask("GET", f"/connections/{one['id']}/runs")["items"]
        ]
        return runs[0] if runs else {}

    def waiting(self) -> int:
        """How many batches wait on the agent's disk."""
        return len(list((self.folder / "state").glob("*.batch")))

    def check(self) -> None:
        """Everybody is here once, and the numbers are those of one undisturbed run."""
        until(lambda: self.run().get("state") == "succeeded", "the run did not end")
        run = self.run()
        assert (run["seen"], run["pages"]) == (PEOPLE, PAGES)
        assert run["seen"] == run["created"] + run["kept"] + sum(run["skipped"].values())
        found: list[str] = []
        for page in range(1, 4):
            part = self.ask("GET", f"/contacts?per_page=500&page={page}")
            found += [one["email"].lower() for one in part["items"]]
        assert [one for one, count in Counter(found).items() if count > 1] == []
        assert len(found) == run["created"] == len(distinct_addresses(self.site.people))
        until(lambda: self.waiting() == 0, "something still waits")


@pytest.fixture(params=["sqlite", "postgresql"])
def journey(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Journey]:
    url = ""
    if request.param == "postgresql":
        database: Database = request.getfixturevalue("postgres_database")
        with database.transaction() as session:
            session.execute(text("DROP SCHEMA IF EXISTS procrastinate CASCADE"))
        url = database.engine.url.render_as_string(hide_password=False)
    with ExitStack() as stack:
        yield Journey(tmp_path, url, stack)


def test_server_and_agent_are_killed_in_the_middle(journey: Journey) -> None:
    served = journey.serve()
    journey.register()
    journey.site.close_at(4)
    agent = journey.agent()
    until(lambda: journey.run().get("pages") == 3, "three pages did not arrive")
    journey.kill(served)
    journey.site.closed_at = 8
    journey.site.gate.set()
    journey.site.gate.clear()
    until(lambda: journey.waiting() >= 3, "nothing was kept while the server was away")
    agent.kill()
    agent.wait()
    kept = journey.waiting()
    agent = journey.agent()
    until(lambda: "nothing was brought" in (journey.folder / "agent.log").read_text(), "no try")
    assert journey.waiting() == kept, "something was dropped"
    journey.serve()
    journey.site.gate.set()
    journey.check()
    assert agent.poll() is None
    agent.send_signal(signal.SIGTERM)
    assert agent.wait(PATIENCE) == 0


class Forgetful(ThreadingHTTPServer):
    """In front of a server: of every batch, the first answer gets lost on its way back."""

    daemon_threads = True

    def __init__(self, port: int) -> None:
        self.bodies: Counter[bytes] = Counter()
        front = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                headers = {name: value for name, value in self.headers.items() if name != "Host"}
                url = f"http://127.0.0.1:{port}{self.path}"
                try:
                    with urlopen(Request(url, body, headers, method="POST")) as answer:
                        status, said = answer.status, answer.read()
                except HTTPError as error:
                    status, said = error.code, error.read()
                front.bodies[body] += 1
                if self.path.endswith("/ingest") and front.bodies[body] == 1:
                    self.close_connection = True
                    return
                self.send_response(status)
                self.send_header("Content-Length", str(len(said)))
                self.end_headers()
                self.wfile.write(said)

            def log_message(self, *args: Any) -> None:
                pass

        super().__init__(("127.0.0.1", 0), Handler)


@pytest.mark.parametrize("journey", ["sqlite"], indirect=True)
def test_every_batch_comes_twice(journey: Journey) -> None:
    journey.serve()
    journey.register()
    front = Forgetful(journey.port)
    thread = threading.Thread(target=front.serve_forever, args=(0.02,))
    thread.start()
    agent = journey.agent(f"http://127.0.0.1:{front.server_port}")
    journey.check()
    agent.send_signal(signal.SIGTERM)
    agent.wait(PATIENCE)
    front.shutdown()
    thread.join()
    front.server_close()
    assert sorted(front.bodies.values())[-PAGES:] == [2] * PAGES


@contextmanager
def _wordpress(people: int) -> Iterator[tuple[str, str]]:
    """`pressferry dev wordpress`: where it is, and its password."""
    process = subprocess.Popen(
        [
            *(sys.executable, "-P", "-m", "app", "dev", "wordpress"),
            *("--port", "0", "--people", str(people)),
        ],
        env=fresh_environment(),
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout
    lines = [process.stdout.readline() for _ in range(5)]
    try:
        yield lines[0].split()[-1], lines[2].split("password")[1].strip()
    finally:
        process.kill()
        process.wait()
        process.stdout.close()


@pytest.mark.parametrize("journey", ["sqlite"], indirect=True)
def test_once_between_three_processes(journey: Journey) -> None:
    journey.serve()
    with _wordpress(PEOPLE) as (url, password):
        made = journey.ask("POST", "/agents", {"url": url})
        settings = journey.folder / "agent.toml"
        settings.write_text(
            f'site = "{url}"\nserver = "http://127.0.0.1:{journey.port}"\nusername = "admin"\n'
            f'password = "{password}"\nkey = "{made["key"]}"\n'
            f'state_dir = "{journey.folder}/state"\n'
        )
        journey.site_id = made["site_id"]
        for created in (len(distinct_addresses(journey.site.people)), 0):
            done = command(journey.folder, "agent", "--config", str(settings), "--once")
            assert done.returncode == 0, done.stderr
            assert (journey.run()["state"], journey.run()["created"]) == ("succeeded", created)
        said = command(journey.folder, "agent", "--config", str(settings), "status").stdout
        assert f"{2 * PEOPLE} seen" in said
