"""The commands: quick to explain themselves, and a mistake is one sentence."""

import socket
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from app import __version__
from app.cli import cli
from config.settings import fresh_environment
from tests.journeys.serving import command


def test_help_imports_nothing_slow() -> None:
    program = "import sys, app.cli; print(*sys.modules, sep='\\n')"
    done = subprocess.run(
        [sys.executable, "-c", program],
        env=fresh_environment(),
        capture_output=True,
        text=True,
        check=True,
    )
    slow = {"sqlalchemy", "flask", "alembic", "marshmallow", "requests", "aiosmtpd", "rich"}
    assert slow.isdisjoint(done.stdout.splitlines())


@pytest.mark.parametrize("arguments", [["--help"], ["-h"], ["dev", "--help"], ["init", "--help"]])
def test_commands_explain_themselves(arguments: list[str]) -> None:
    done = CliRunner().invoke(cli, arguments)
    assert done.exit_code == 0
    assert "Usage:" in done.output


def test_the_version() -> None:
    assert __version__ in CliRunner().invoke(cli, ["--version"]).output


@pytest.mark.parametrize(
    "arguments",
    [
        "init",
        "serve --port 99999",
        "serve --port x",
        "dev inbox --smtp-port -1",
        "fly",
        "demo --slow",
    ],
)
def test_wrong_usage_is_exit_code_2(arguments: str) -> None:
    assert CliRunner().invoke(cli, arguments.split()).exit_code == 2


def test_a_password_may_come_from_the_standard_input(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-P", "-m", "app", "init", "--email", "a@example.org", "--password-stdin"],
        env=fresh_environment(DATA_DIR=str(tmp_path)),
        input="correct horse battery staple\n",
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert '"password": null' in done.stdout
    assert "correct horse" not in done.stdout + done.stderr


def test_a_short_password_is_refused(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-P", "-m", "app", "init", "--email", "a@example.org", "--password-stdin"],
        env=fresh_environment(DATA_DIR=str(tmp_path)),
        input="short\n",
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert "password" in done.stderr
    assert "short" not in done.stderr


def test_a_master_key_that_is_none_is_named(tmp_path: Path) -> None:
    (tmp_path / "master.key").write_text("short\n")
    done = command(tmp_path, "init", "--email", "a@example.org")
    assert done.returncode == 2
    assert "master.key" in done.stderr
    assert "Traceback" not in done.stderr


def test_migrate_says_where_without_the_password(tmp_path: Path) -> None:
    done = command(tmp_path, "migrate")
    assert done.returncode == 0, done.stderr
    assert str(tmp_path / "pressferry.db") in done.stdout


@pytest.mark.parametrize(
    "arguments", ["dev wordpress --port {}", "dev inbox --smtp-port {} --http-port 0"]
)
def test_a_taken_port_is_one_sentence(arguments: str, tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        done = command(tmp_path, *arguments.format(port).split())
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    assert "in use" in done.stderr


def test_a_data_dir_that_cannot_be_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    done = command(tmp_path / "file" / "var", "serve", "--port", "0")
    assert done.returncode == 1
    assert done.stderr.startswith(f"pressferry: {tmp_path / 'file'}")
    assert "Not a directory" in done.stderr
    assert "PRESSFERRY__DATA_DIR" in done.stderr


def test_a_database_that_is_away_is_one_sentence(tmp_path: Path) -> None:
    url = f"postgresql://nobody:zinnober@/x?host={tmp_path}"
    done = command(tmp_path, "status", DATABASE__URL=url)
    assert done.returncode == 1
    assert done.stderr.startswith("pressferry: the database does not answer")
    assert "PRESSFERRY__DATABASE__URL" in done.stderr
    assert "zinnober" not in done.stderr


def test_recordings_that_are_none(tmp_path: Path) -> None:
    done = command(tmp_path, "dev", "wordpress", "--from", str(tmp_path))
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    assert "no recordings" in done.stderr
