"""What a file and the environment say, laid over the defaults; what nobody knows is refused."""

import tomllib
from collections.abc import Callable, Iterable, Iterator, Mapping
from difflib import get_close_matches
from pathlib import Path
from typing import Any

PREFIX = "PRESSFERRY__"


class SettingsError(Exception):
    """A setting is unknown or wrong; the message names it and where it was set."""


def read(path: Path) -> dict[str, Any]:
    """What a TOML file says. Raises SettingsError."""
    try:
        return tomllib.loads(path.read_text("utf-8"))
    except OSError as error:
        raise SettingsError(f"{path} cannot be read: {error.strerror}") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SettingsError(f"{path} is not TOML: {error}") from None


def lay_file(values: dict[str, Any], path: Path) -> None:
    """Lays what a file says over ``values``. Raises SettingsError."""
    _merge(values, read(path), "", path, values)


def lay_environment(values: dict[str, Any], environ: Mapping[str, str]) -> None:
    """Lays what the environment says over ``values``. Raises SettingsError."""
    for name, text in sorted(environ.items()):
        if name.startswith(PREFIX):
            _set(values, name, text)


def variable(path: str) -> str:
    """The name in the environment of ``section.key``."""
    return PREFIX + path.upper().replace(".", "__")


def unknown(name: str, path: str, known: Iterable[str], shown: Callable[[str], str] = str) -> str:
    """Says that there is no setting of this ``name``, and which one may have been meant: the one
    of ``known`` that is most like ``path``.
    """
    alike = get_close_matches(path, list(known), n=1)
    meant = f"; did you mean {shown(alike[0])}?" if alike else ""
    return f"{name}: there is no such setting{meant}"


def _merge(
    into: dict[str, Any], said: dict[str, Any], section: str, path: Path, every: dict[str, Any]
) -> None:
    for key, value in said.items():
        if key not in into:
            name = f"{section}{key}"
            raise SettingsError(f"{path}: {unknown(name, name, _names(every))}")
        if isinstance(into[key], dict):
            if not isinstance(value, dict):
                raise SettingsError(f"{path}: {section}{key} must be a section")
            _merge(into[key], value, f"{section}{key}.", path, every)
        else:
            into[key] = value


def _set(values: dict[str, Any], name: str, text: str) -> None:
    every, path = values, name.removeprefix(PREFIX).lower().replace("__", ".")
    *sections, key = path.split(".")
    for section in sections:
        inner = values.get(section)
        values = inner if isinstance(inner, dict) else {}
    if key not in values or isinstance(values[key], dict):
        raise SettingsError(unknown(name, path, _names(every), variable))
    values[key] = list(filter(None, text.split(","))) if isinstance(values[key], list) else text


def _names(values: dict[str, Any], section: str = "") -> Iterator[str]:
    """All settings as ``section.key``."""
    for key, value in values.items():
        if isinstance(value, dict):
            yield from _names(value, f"{section}{key}.")
        else:
            yield f"{section}{key}"
