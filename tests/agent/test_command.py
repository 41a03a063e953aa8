"""`pressferry agent` as its user runs it: settings, exit codes, and what it never loads."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from app.dev.people import make_people
from app.dev.wordpress import WordPressStandIn
from app.rules import signing
from config.settings import fresh_environment
from tests.agent.conftest import Stage
from tests.waiting import PATIENCE

_LOADED = """
import json, sys
from app.cli import cli
try:
    cli(sys.argv[1:], prog_name="pressferry")
except SystemExit as end:
    heavy = ("alembic", "flask", "flask_smorest", "sqlalchemy", "waitress", "werkzeug")
    found = sorted({name for name in sys.modules if name.partition(".")[0] in heavy})
    print(json.dumps([end.code, found, "connectors.woocommerce" in sys.modules]))
"""


def agent(*arguments: str, **environ: str) -> subprocess.CompletedProcess[str]:
    """One command, run to its end."""
    mine = {f"PRESSFERRY_AGENT_{name}": value for name, value in environ.items()}
    return subprocess.run(
        [sys.executable, "-P", "-m", "app", "agent", *arguments],
        env={**fresh_environment(), **mine},
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )


def loaded(*arguments: str) -> tuple[int, list[str], bool]:
    """The exit code of a command, what it loaded of what it must not, and that it worked at all."""
    done = subprocess.run(
        [sys.executable, "-P", "-c", _LOADED, "agent", *arguments],
        env=fresh_environment(),
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )
    assert done.stdout, done.stderr
    code, found, has_read = json.loads(done.stdout.splitlines()[-1])
    return code, found, has_read


def options(stage: Stage) -> list[str]:
    """What `--once` needs."""
    (stage.folder.parent / "key").write_text(stage.desk.key + "\n")
    (stage.folder.parent / "password").write_text(stage.site.password + "\n")
    return [
        *("--site", stage.site.url, "--server", stage.url, "--username", "admin"),
        *("--key-file", str(stage.folder.parent / "key")),
        *("--password-file", str(stage.folder.parent / "password")),
        *("--state-dir", str(stage.folder)),
    ]


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_it_works_without_database_and_web_framework(stage: Stage) -> None:
    assert loaded("--once", *options(stage)) == (0, [], True)
    assert len(stage.desk.contacts()) == 446
    assert loaded("doctor", "--site", stage.site.url) == (1, [], True)
    assert loaded("status", "--state-dir", str(stage.folder)) == (0, [], False)
    said = agent("status", "--state-dir", str(stage.folder)).stdout
    assert "5 batches, 450 seen, 446 created" in said
    assert "error    none" in said
    assert stage.desk.key not in said


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_once_with_a_fresh_state_folder_every_time(stage: Stage, tmp_path: Path) -> None:
    """As in a container whose folder is not kept: the server still knows what can be read."""
    for name in ("first", "second"):
        done = agent("--once", *options(stage), "--state-dir", str(tmp_path / name))
        assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_exit_codes(stage: Stage, tmp_path: Path) -> None:
    stage.server.off()
    done = agent("--once", *options(stage))
    assert done.returncode == 3, done.stderr
    assert "kept for the next time" in done.stderr
    stage.server.on()
    parts = signing.agent_key_parts(stage.desk.key)
    assert parts
    (tmp_path / "other").write_text(signing.agent_key(parts[0], "x" * 40))
    done = agent("--once", *options(stage), "--key-file", str(tmp_path / "other"))
    assert done.returncode == 1
    assert "not known here" in done.stderr
    assert "Traceback" not in done.stderr
    done = agent("--once", *options(stage), "--password", "wrong")
    assert (done.returncode, "Nothing can be read" in done.stderr) == (1, True)


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_a_login_that_was_mended_is_tried_at_once(stage: Stage) -> None:
    """Also where cron begins it: the server would have it look again only after an hour."""
    assert agent("--once", *options(stage)).returncode == 0
    refused = agent("--once", *options(stage), "--password", "wrong")
    assert (refused.returncode, "password is wrong" in refused.stderr) == (1, True)
    again = agent("--once", *options(stage), "--password", "wrong")
    assert (again.returncode, "password is wrong" in again.stderr) == (1, True)
    done = agent("--once", *options(stage))
    assert done.returncode == 0, done.stderr
    (line,) = (line for line in done.stderr.splitlines() if "brought" in line)
    assert ("state=succeeded" in line, "batches=5" in line) == (True, True), line
    kept = (stage.folder / "status.json").read_text()
    assert stage.site.password.replace(" ", "") not in kept.replace(" ", "")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--once"], "say which server"),
        (["--server", "https://s.example", "--key", "pfa_" + "0" * 32 + "_" + "x" * 40], "site"),
        (["--server", "https://s.example", "--site", "https://w.example"], "agent's key"),
        (["--server", "https://s.example", "--site", "https://w.example", "--key", "pf_1"], "pfa_"),
        (["doctor", "--site", "ftp://x"], "--site must start"),
        (["doctor"], "--site"),
        (["--key-file", "/nowhere", "--server", "https://s", "--site", "w.example"], "/nowhere"),
        (["--config", "/nowhere/agent.toml"], "cannot be read"),
    ],
)
def test_what_is_missing_is_named(arguments: list[str], words: str) -> None:
    done = agent(*arguments)
    assert (done.returncode, words in done.stderr) == (2, True), done.stderr
    assert "Traceback" not in done.stderr


@pytest.fixture
def site() -> WordPressStandIn:
    return WordPressStandIn(make_people(7))


def test_a_file_and_the_environment_say_the_same_as_options(
    site: WordPressStandIn, tmp_path: Path
) -> None:
    site.start()
    (tmp_path / "password").write_text(site.password)
    (tmp_path / "agent.toml").write_text(
        f'site = "{site.url}"\nusername = "nobody"\npassword_file = "{tmp_path}/password"\n'
    )
    file = str(tmp_path / "agent.toml")
    assert "knows no user" in agent("doctor", "--config", file).stdout
    done = agent("--config", file, "doctor", USERNAME="admin")
    assert (done.returncode, "7 rows can be read" in done.stdout) == (0, True), done.stdout
    done = agent("doctor", CONFIG=file, USERNAME="somebody")
    assert "knows no user" in done.stdout
    done = agent("doctor", "--username", "admin", CONFIG=file, USERNAME="somebody")
    assert done.returncode == 0, done.stdout
    site.stop()


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("sight = 1", "sight: there is no such setting; did you mean site?"),
        ("site = 1", "must be a str"),
        ("site", "not TOML"),
    ],
)
def test_a_file_that_is_wrong_is_named(text: str, words: str, tmp_path: Path) -> None:
    (tmp_path / "agent.toml").write_text(text)
    done = agent("--config", str(tmp_path / "agent.toml"))
    assert (done.returncode, words in done.stderr) == (2, True), done.stderr


def test_the_doctor_says_what_to_do(site: WordPressStandIn, dead_port: int) -> None:
    site.start()
    done = agent("doctor", "--site", site.url)
    assert done.returncode == 1
    assert f"{site.url}/wp-admin/authorize-application.php?app_name=pressferry+20" in done.stdout
    assert "WordPress users: needs permission" in done.stdout
    assert "Not at this site: Contact Form 7 (Flamingo), Fluent Forms, " in done.stdout
    assert "More: docs/sources/wordpress-users.md#what-it-needs" in done.stdout
    site.stop()
    done = agent("doctor", "--site", f"http://127.0.0.1:{dead_port}")
    assert done.returncode == 1
    assert "cannot be reached" in done.stdout
