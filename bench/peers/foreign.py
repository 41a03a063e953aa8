"""Peers in other languages: built once in a cache folder, then run beside us."""

import re
import shutil
import subprocess
from collections.abc import Callable
from functools import cache
from pathlib import Path

from bench import letters
from bench.missing import cache_folder, made, tool

_HERE = Path(__file__).parent


def go_campaign(port: int, *, messages: int, connections: int) -> float:
    """Messages per second of net/smtp with html/template."""
    where = f"127.0.0.1:{port}"
    return _rate([_go(), where, str(_templates("go")), str(messages), str(connections)])


def node_campaign(port: int, *, messages: int, connections: int) -> float:
    """Messages per second of nodemailer's pool."""
    program = [tool("node"), str(_node() / "campaign.js"), str(port)]
    return _rate([*program, str(_templates("node")), str(messages), str(connections)])


def _rate(command: list[str]) -> float:
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    return float(done.stdout)


@cache
def _go() -> str:
    program = cache_folder() / "peer"
    command = [tool("go"), "build", "-o", str(program), "."]
    made(command, _HERE / "go", "the Go peer could not be built")
    return str(program)


@cache
def _node() -> Path:
    folder = cache_folder() / "node"
    shutil.copytree(_HERE / "node", folder, dirs_exist_ok=True)
    command = [tool("npm"), "install", "--silent", "--no-audit", "--no-fund", "--ignore-scripts"]
    made(command, folder, "nodemailer could not be installed")
    return folder


@cache
def _templates(language: str) -> Path:
    """The same letter with the peer's own way of naming a variable."""
    folder = cache_folder() / f"letter-{language}"
    folder.mkdir(exist_ok=True)
    before = "{{." if language == "go" else "{{"
    for name, source in (("html", letters.HTML), ("text", letters.TEXT)):
        (folder / name).write_text(re.sub(r"\{\{ (?:contact\.)?(\w+) \}\}", _named(before), source))
    return folder


def _named(before: str) -> Callable[[re.Match[str]], str]:
    def name(found: re.Match[str]) -> str:
        word = found[1].removesuffix("_url")
        return before + "".join(piece.capitalize() for piece in word.split("_")) + "}}"

    return name
