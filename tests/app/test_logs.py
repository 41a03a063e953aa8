"""Logs: one line per happening on stderr, and never a secret.

Each is looked at in a process of its own: logging belongs to a whole process.
"""

import json
import subprocess
import sys

import pytest

from tests.waiting import PATIENCE

_BEGIN = """
import logging, structlog
from app import logs
logs.configure({level!r}, {form!r})
log = structlog.get_logger()
"""


def said(level: str, form: str, code: str) -> str:
    """What a process that logs like this writes to stderr; to stdout it must write nothing."""
    done = subprocess.run(
        [sys.executable, "-c", _BEGIN.format(level=level, form=form) + code],
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=PATIENCE,
        check=True,
    )
    assert done.stdout == ""
    return done.stderr


@pytest.mark.parametrize("form", ["text", "json"])
def test_secrets_are_blotted_out(form: str) -> None:
    line = said(
        "info",
        form,
        "log.info('hello', smtp_password='hunter2', api_key='pf_1', host='h.example')",
    )
    assert "hunter2" not in line
    assert "pf_1" not in line
    assert "h.example" in line


def test_json_is_one_object_per_line() -> None:
    lines = said(
        "info",
        "json",
        "log.info('ours', name='zoe\\n')\n"
        "logging.getLogger('somebody.else').warning('theirs %d', 7)",
    )
    ours, theirs = map(json.loads, lines.splitlines())
    assert (ours["event"], ours["name"], ours["level"]) == ("ours", "zoe\n", "info")
    assert (theirs["event"], theirs["level"]) == ("theirs 7", "warning")


def test_an_exception_is_told_in_full() -> None:
    code = "try:\n    raise ValueError('no luck')\nexcept ValueError:\n    log.exception('failed')"
    assert "ValueError: no luck" in json.loads(said("info", "json", code))["exception"]


@pytest.mark.parametrize("form", ["text", "json"])
def test_an_exception_shows_no_values(form: str) -> None:
    code = (
        "def enter(word):\n    raise ValueError('refused')\n"
        "try:\n    enter('hunter' + '2')\nexcept ValueError:\n    log.exception('failed')"
    )
    line = said("info", form, code)
    assert "ValueError: refused" in line
    assert "hunter2" not in line


def test_what_is_below_the_level_is_not_said() -> None:
    code = "log.info('quiet')\nlogging.getLogger('somebody.else').info('quiet')"
    assert said("warning", "text", code) == ""
