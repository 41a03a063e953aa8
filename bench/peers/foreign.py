"""Peers in other languages: built once in a cache folder, then run beside us."""

import re
import shutil
import subprocess
from collections.abc import Callable
from functools import cache
from pathlib import Path
from resource import RUSAGE_CHILDREN, getrusage

from bench import letters
from bench.missing import cache_folder, made, tool
from bench.senders import Cost

_HERE = Path(__file__).parent


def go_campaign(port: int, *, messages: int, connections: int) -> Cost:
    """A campaign by net/smtp with html/template."""
    where = f"127.0.0.1:{port}"
    program = [_go(), where, str(_templates("go"))]
    return _cost(program, messages, connections)


def node_campaign(port: int, *, messages: int, connections: int) -> Cost:
    """A campaign by nodemailer's pool."""
    program = [tool("node"), str(_node() / "campaign.js"), str(port), str(_templates("node"))]
    return _cost(program, messages, connections)


def _cost(program: list[str], messages: int, connections: int) -> Cost:
    spent = _spent()
    command = [*program, str(messages), str(connections)]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    return Cost(float(done.stdout), (_spent() - spent) / messages * 1e6)


def _spent() -> float:
    """Seconds of processor time of all programs that were run and have ended."""
    used = getrusage(RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


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
