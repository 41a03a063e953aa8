"""What the house is made of: its source files and their functions, as tests look at them."""

import ast
from collections.abc import Callable, Iterable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
PACKAGES = ("app", "connectors", "sync", "wp_bridge", "migrations", "config")
#: Folders that tools make and nobody reads.
_MADE = (".git", ".venv", "var", "build", "dist", "node_modules")

Definition = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef


@cache
def sources() -> list[Path]:
    """Every Python file of the product."""
    return sorted(
        path
        for package in PACKAGES
        for path in (ROOT / package).rglob("*.py")
        if "versions" not in path.parts
    )


@cache
def pages() -> list[Path]:
    """Every page that people read."""
    return [path for path in texts() if path.suffix == ".md"]


@cache
def text(path: Path) -> str:
    """What is in one file."""
    return path.read_text("utf-8")


@cache
def tree(path: Path) -> ast.Module:
    """The syntax of one file."""
    return ast.parse(text(path))


def name(path: Path) -> str:
    """A file as people write it."""
    return path.relative_to(ROOT).as_posix()


def offending(paths: Iterable[Path], wrong: Callable[[Path], Any]) -> dict[str, Any]:
    """Which of these files have something wrong, and what. One test asks about all of them: a
    test for each would take longer to begin than to ask.
    """
    return {name(path): found for path in paths if (found := wrong(path))}


def definitions(path: Path) -> Iterator[Definition]:
    """Every function and class of one file, inner ones too."""
    for node in ast.walk(tree(path)):
        if isinstance(node, Definition):
            yield node


def texts() -> Iterator[Path]:
    """Every file of the repository that is read by people or machines as text."""
    for path in sorted(ROOT.rglob("*")):
        parts = path.relative_to(ROOT).parts
        made = any(part in _MADE or part.endswith(("_cache", "__pycache__")) for part in parts)
        if path.is_file() and not made and not parts[0].startswith((".venv", ".hypothesis")):
            yield path
