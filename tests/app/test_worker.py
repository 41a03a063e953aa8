"""What `serve` is made of: the lock, the address, the web application, the sender's keeper."""

import json
import os
import threading
import urllib.request
from http.client import HTTPConnection
from pathlib import Path
from urllib.error import URLError

import pytest
from flask import Flask

from app.worker.alone import Busy, alone_in
from app.worker.child import SenderProcess
from app.worker.web import Listener, Web
from config.settings import fresh_environment
from tests.waiting import PATIENCE, until


def test_one_at_a_time_in_a_data_dir(tmp_path: Path) -> None:
    with alone_in(tmp_path):
        with pytest.raises(Busy, match=str(os.getpid())), alone_in(tmp_path):
            pass
        with alone_in(tmp_path / "another"):
            pass
    with alone_in(tmp_path):
        pass


@pytest.mark.parametrize(
    ("host", "loopback", "shown"),
    [
        ("127.0.0.1", True, "127.0.0.1"),
        ("localhost", True, "localhost"),
        ("0.0.0.0", False, "0.0.0.0"),
    ],
)
def test_a_listener_knows_its_address(host: str, loopback: bool, shown: str) -> None:
    with Listener(host, 0) as listener:
        assert listener.is_loopback is loopback
        assert listener.url == f"http://{shown}:{listener.socket.getsockname()[1]}"


@pytest.mark.parametrize(
    ("host", "port"), [("127.0.0.1", 99999), ("127.0.0.1", -1), ("nowhere.invalid", 0)]
)
def test_an_address_that_cannot_be_had_is_named(host: str, port: int) -> None:
    with pytest.raises(Busy, match=f"{host}:{port}"):
        Listener(host, port)


def test_a_taken_address_is_named() -> None:
    with Listener("127.0.0.1", 0) as first:
        first.socket.listen()
        port = first.socket.getsockname()[1]
        with pytest.raises(Busy, match=str(port)):
            Listener("127.0.0.1", port)


def _get(url: str) -> bytes:
    with urllib.request.urlopen(url, timeout=PATIENCE) as answer:
        body: bytes = answer.read()
        return body


def test_requests_under_way_are_answered_before_the_end(dead_port: int) -> None:
    app, inside, answers = Flask("slow"), threading.Event(), list[bytes]()

    @app.get("/")
    def slow() -> str:
        inside.set()
        threading.Event().wait(0.3)
        return "answered"

    listener = Listener("127.0.0.1", dead_port)
    with listener, Web(app, listener, failed=lambda: None):
        asking = threading.Thread(target=lambda: answers.append(_get(listener.url)))
        asking.start()
        assert inside.wait(PATIENCE)
    asking.join(PATIENCE)
    assert answers == [b"answered"]
    with pytest.raises(URLError):
        _get(listener.url)


@pytest.mark.parametrize(
    ("headers", "status", "words"),
    [
        ({"Content-Length": "999999999999"}, 413, "a file may have 33,554,432 bytes"),
        ({"Content-Length": "many"}, 400, "Content-Length"),
    ],
)
def test_what_the_web_server_refuses_is_said_like_all_else(
    headers: dict[str, str], status: int, words: str
) -> None:
    """Nothing of a file that is too large is read, so no route can say it."""
    listener = Listener("127.0.0.1", 0)
    with listener, Web(Flask("any"), listener, failed=lambda: None):
        line = HTTPConnection("127.0.0.1", listener.port, timeout=PATIENCE)
        line.putrequest("POST", "/api/v1/uploads")
        for name, value in headers.items():
            line.putheader(name, value)
        line.endheaders()
        answer = line.getresponse()
        problem = json.loads(answer.read())
        line.close()
    assert (answer.status, answer.headers["Content-Type"]) == (status, "application/problem+json")
    assert (problem["status"], problem["errors"], words in problem["detail"]) == (status, [], True)


def _keeping(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, script: str) -> SenderProcess:
    """A keeper whose sender is this script; each start and end is a line in ``log``."""
    program = tmp_path / "sender.py"
    program.write_text(f"log = open({str(tmp_path / 'log')!r}, 'a', buffering=1)\n{script}")
    monkeypatch.setattr("app.worker.child.PROGRAM", (str(program),))
    return SenderProcess(fresh_environment())


def test_the_sender_is_woken_and_ends_with_its_stdin(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    log = tmp_path / "log"
    script = """
import sys
log.write("up\\n")
for line in sys.stdin:
    log.write(line)
log.write("end\\n")
"""
    with _keeping(tmp_path, monkeypatch, script) as sender:
        until(lambda: log.exists() and "up" in log.read_text())
        sender.wake()
        until(lambda: "wake" in log.read_text())
    assert log.read_text().split() == ["up", "wake", "end"]
    sender.wake()


def test_a_sender_that_dies_is_started_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.worker.child.SHORTEST_REST", 0.01)
    log = tmp_path / "log"
    with _keeping(tmp_path, monkeypatch, "log.write('up\\n'); raise SystemExit(3)"):
        until(lambda: log.exists() and log.read_text().count("up") >= 3)


def test_a_sender_that_does_not_stop_is_killed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.worker.child.STOP_SECONDS", 0.2)
    log = tmp_path / "log"
    script = "import time\nlog.write('up\\n')\ntime.sleep(3600)"
    with _keeping(tmp_path, monkeypatch, script):
        until(lambda: log.exists() and "up" in log.read_text())
