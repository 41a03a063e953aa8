"""What a sync agent is told: options, the environment, or a file of its own."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from config.given import SettingsError, read, unknown

#: What may stand in an agent's file; the environment has the same as PRESSFERRY_AGENT_<NAME>.
KINDS: dict[str, type] = {
    "site": str,
    "server": str,
    "key": str,
    "key_file": str,
    "username": str,
    "password": str,
    "password_file": str,
    "consumer_key": str,
    "consumer_secret": str,
    "consumer_secret_file": str,
    "state_dir": str,
    "spool_mb": int,
    "allow_http": bool,
}


@dataclass(frozen=True, slots=True)
class SiteAccess:
    """A site and the login there ("" for none); ``allow_http``: also when it is a public one.

    ``keys``: its shop's consumer key and the secret, if there are some.
    """

    url: str
    username: str
    password: str
    allow_http: bool
    keys: tuple[str, str] | None = None


@dataclass(frozen=True, slots=True)
class AgentSettings:
    """What an agent works with.

    ``key``: its id, and the secret it signs with. ``spool_bytes``: how much it keeps while the
    server is absent.
    """

    site: SiteAccess
    server: str
    key: tuple[str, str]
    state_dir: Path
    spool_bytes: int


def from_file(path: Path) -> dict[str, Any]:
    """What an agent's TOML file says. Raises SettingsError, which names what is wrong."""
    values = read(path)
    for name, value in values.items():
        if name not in KINDS:
            raise SettingsError(f"{path}: {unknown(name, name, KINDS)}")
        if type(value) is not KINDS[name]:
            raise SettingsError(f"{path}: {name} must be a {KINDS[name].__name__}")
    return values


def secret(given: str | None, file: Path | None) -> str:
    """A secret that was given, or the first line of the file that holds it, else "".

    Raises SettingsError.
    """
    if given or file is None:
        return (given or "").strip()
    try:
        return (file.read_text("utf-8").splitlines() or [""])[0].strip()
    except OSError as error:
        raise SettingsError(f"{file} cannot be read: {error.strerror}") from None
    except UnicodeDecodeError:
        raise SettingsError(f"{file} is not text") from None
