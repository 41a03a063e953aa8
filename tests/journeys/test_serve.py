"""`init` and `serve` as an operator meets them: first start, second start, stop, accidents."""

import json
import os
import signal
import socket
import sqlite3
import stat
from pathlib import Path

import pytest

from app.db import Database
from tests.journeys.serving import command, founded, lives, serving
from tests.waiting import PATIENCE, until


def _everything(data_dir: Path) -> list[str]:
    database = sqlite3.connect(data_dir / "pressferry.db")
    lines = list(database.iterdump())
    database.close()
    return lines


def test_init_prints_what_is_needed_and_nothing_else(tmp_path: Path) -> None:
    done = command(tmp_path / "data", "init", "--email", "Owner@Example.org")
    assert done.returncode == 0, done.stderr
    printed = json.loads(done.stdout)
    assert set(printed) == {"workspace_id", "api_key", "email", "password"}
    assert printed["api_key"].startswith("pf_")
    assert printed["email"] == "owner@example.org"
    assert len(printed["password"]) >= 16
    assert printed["api_key"] not in done.stderr
    key_file = tmp_path / "data/master.key"
    assert stat.S_IMODE(key_file.stat().st_mode) == 0o600
    assert stat.S_IMODE(key_file.parent.stat().st_mode) == 0o700, "contacts are nobody else's"
    for one in key_file.parent.glob("pressferry.db*"):
        assert stat.S_IMODE(one.stat().st_mode) == 0o600, one


def test_init_twice_is_an_error_that_changes_nothing(tmp_path: Path) -> None:
    founded(tmp_path)
    before = _everything(tmp_path)
    again = command(tmp_path, "init", "--email", "other@example.org")
    assert again.returncode == 1
    assert again.stdout == ""
    assert "already" in again.stderr
    assert "Traceback" not in again.stderr
    assert _everything(tmp_path) == before


@pytest.mark.parametrize("email", ["nobody", "a b@example.org", "a@b"])
def test_init_refuses_what_is_no_address(email: str, tmp_path: Path) -> None:
    done = command(tmp_path, "init", "--email", email)
    assert done.returncode == 1
    assert email in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("arguments", ["serve", "init --email a@example.org", "migrate"])
def test_a_wrong_setting_stops_the_start(arguments: str, tmp_path: Path) -> None:
    done = command(tmp_path, *arguments.split(), NETWORK__ALLOW_HTTP="perhaps")
    assert done.returncode == 2
    assert "PRESSFERRY__NETWORK__ALLOW_HTTP" in done.stderr
    assert "Traceback" not in done.stderr


def test_serve_answers_and_stops_in_peace(tmp_path: Path) -> None:
    made = founded(tmp_path)
    with serving(tmp_path) as served:
        assert served.get("/healthz")["status"] == "ok"
        served.key = made["api_key"]
        assert served.get("/api/v1/workspace")["id"] == made["workspace_id"]
        until(served.senders)
        (sender,) = served.senders()
        assert served.stop() == 0
        assert not lives(sender)
    assert not any("Traceback" in line for line in served.log), "".join(served.log)
    assert made["api_key"] not in "".join(served.log)


def test_control_c_reaches_the_whole_group_and_stops_in_peace(tmp_path: Path) -> None:
    founded(tmp_path)
    with serving(tmp_path) as served:
        until(served.senders)
        os.killpg(served.process.pid, signal.SIGINT)
        assert served.process.wait(PATIENCE) == 0
    assert not any("Traceback" in line for line in served.log), "".join(served.log)


def test_a_second_serve_on_the_same_data_is_refused(tmp_path: Path) -> None:
    founded(tmp_path)
    with serving(tmp_path) as served:
        second = command(tmp_path, "serve", "--port", "0")
        assert second.returncode == 1
        assert str(served.process.pid) in second.stderr
        assert "PRESSFERRY__DATA_DIR" in second.stderr
        assert "Traceback" not in second.stderr
        assert served.get("/healthz")["status"] == "ok"


def test_a_taken_port_is_named(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        done = command(tmp_path, "serve", "--port", str(port))
    assert done.returncode == 1
    assert f"127.0.0.1:{port}" in done.stderr
    assert "--port" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("port", ["99999", "-1"])
def test_an_impossible_port_is_refused(port: str, tmp_path: Path) -> None:
    done = command(tmp_path, "serve", "--port", port)
    assert done.returncode in (1, 2)
    assert port in done.stderr
    assert "Traceback" not in done.stderr


def test_a_sender_that_dies_is_started_again(tmp_path: Path) -> None:
    founded(tmp_path)
    with serving(tmp_path) as served:
        until(served.senders)
        (first,) = served.senders()
        os.kill(first, signal.SIGKILL)
        until(lambda: served.senders() not in ([], [first]))
        assert served.stop() == 0
    assert any("started again" in line for line in served.log)


def test_a_killed_serve_takes_its_sender_along(tmp_path: Path) -> None:
    founded(tmp_path)
    with serving(tmp_path) as served:
        until(served.senders)
        (sender,) = served.senders()
        served.process.kill()
        served.process.wait()
        until(lambda: not lives(sender))
    with serving(tmp_path) as again:
        assert again.get("/healthz")["status"] == "ok"


def test_serve_on_postgresql(tmp_path: Path, postgres_database: Database) -> None:
    settings = {"DATABASE__URL": postgres_database.url}
    done = command(tmp_path, "init", "--email", "owner@example.org", **settings)
    assert done.returncode == 0, done.stderr
    with serving(tmp_path, **settings) as served:
        served.key = json.loads(done.stdout)["api_key"]
        assert served.get("/api/v1/workspace")["id"] == json.loads(done.stdout)["workspace_id"]
        assert served.stop() == 0
    assert not (tmp_path / "pressferry.db").exists()
