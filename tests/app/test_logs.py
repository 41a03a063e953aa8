"""Logs: one line per happening on stderr, and never a secret."""

import json
import logging
from collections.abc import Iterator

import pytest
import structlog

from app import logs


@pytest.fixture(autouse=True)
def _as_before() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level = root.handlers, root.level
    yield
    root.handlers, root.level = handlers, level
    structlog.reset_defaults()


@pytest.mark.parametrize("form", ["text", "json"])
def test_secrets_are_blotted_out(form: str, capsys: pytest.CaptureFixture[str]) -> None:
    logs.configure("info", form)
    structlog.get_logger().info("hello", smtp_password="hunter2", api_key="pf_1", host="h.example")
    said = capsys.readouterr()
    assert said.out == ""
    assert "hunter2" not in said.err
    assert "pf_1" not in said.err
    assert "h.example" in said.err


def test_json_is_one_object_per_line(capsys: pytest.CaptureFixture[str]) -> None:
    logs.configure("info", "json")
    structlog.get_logger().info("ours", name="zoë\n")
    logging.getLogger("somebody.else").warning("theirs %d", 7)
    ours, theirs = map(json.loads, capsys.readouterr().err.splitlines())
    assert (ours["event"], ours["name"], ours["level"]) == ("ours", "zoë\n", "info")
    assert (theirs["event"], theirs["level"]) == ("theirs 7", "warning")


def test_an_exception_is_told_in_full(capsys: pytest.CaptureFixture[str]) -> None:
    logs.configure("info", "json")
    try:
        raise ValueError("no luck")
    except ValueError:
        structlog.get_logger().exception("failed")
    assert "ValueError: no luck" in json.loads(capsys.readouterr().err)["exception"]


def test_what_is_below_the_level_is_not_said(capsys: pytest.CaptureFixture[str]) -> None:
    logs.configure("warning", "text")
    structlog.get_logger().info("quiet")
    logging.getLogger("somebody.else").info("quiet")
    assert capsys.readouterr().err == ""
