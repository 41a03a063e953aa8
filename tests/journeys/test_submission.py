"""A program hands mail in by SMTP to a real `serve`; it goes out, and nothing is left behind."""

import json
import os
import signal
import smtplib
import socket
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

from tests.journeys.serving import Served, children, command_line, founded, lives, serving
from tests.sending.servers import RelayServer
from tests.waiting import PATIENCE, until

MAIL = b"From: Shop <shop@example.com>\r\nTo: jane@example.com\r\nSubject: Hi\r\n\r\n.Hello\r\n"


def _post(served: Served, path: str, body: dict[str, Any]) -> dict[str, Any]:
    headers = {"Authorization": f"Bearer {served.key}", "Content-Type": "application/json"}
    request = Request(f"{served.url}/api/v1{path}", json.dumps(body).encode(), headers)
    with urlopen(request, timeout=PATIENCE) as answer:
        found: dict[str, Any] = json.load(answer)
        return found


def _receivers(served: Served) -> list[int]:
    return [pid for pid in children(served.process.pid) if b"app.receiver" in command_line(pid)]


def _hand_in(port: int, key: str) -> None:
    with smtplib.SMTP("127.0.0.1", port, timeout=PATIENCE) as client:
        client.login("wordpress", key)
        client.sendmail("shop@example.com", ["jane@example.com"], MAIL)


def test_from_a_sites_program_to_the_relay(
    tmp_path: Path, server: Callable[..., RelayServer], dead_port: int
) -> None:
    relay, port = server(), dead_port
    key = founded(tmp_path)["api_key"]
    with serving(tmp_path, "--submission", f"127.0.0.1:{port}") as served:
        served.key = key
        values = {"name": "one", "host": "127.0.0.1", "port": relay.port, "encryption": "none"}
        _post(served, "/relays", {**values, "from_email": "shop@example.com"})
        _hand_in(port, key)
        until(lambda: relay.taken)
        assert relay.bodies[0].endswith(b"\r\n\r\n.Hello\r\n")
        (receiver,) = _receivers(served)
        with socket.socket() as kept:
            kept.connect(("127.0.0.1", port))
            assert kept.recv(100).startswith(b"220 ")
            os.kill(receiver, signal.SIGKILL)
            until(lambda: _receivers(served) not in ([], [receiver]))
        _hand_in(port, key)
        until(lambda: len(relay.taken) == 2)
        (receiver,) = _receivers(served)
        assert served.stop() == 0
        until(lambda: not lives(receiver))
        with socket.socket() as one:
            assert one.connect_ex(("127.0.0.1", port)) != 0
