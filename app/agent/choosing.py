"""From the command line, the environment and a file to the settings of an agent."""

from pathlib import Path
from typing import Any

from app.rules import network, signing
from config.agent import AgentSettings, SiteAccess, secret
from config.given import SettingsError


def access(options: dict[str, Any]) -> SiteAccess:
    """The site, and the login there. Raises SettingsError."""
    if not options["site"]:
        raise SettingsError("say which site: --site https://example.com (PRESSFERRY_AGENT_SITE)")
    try:
        url = network.site_url(options["site"])
    except network.BadUrl as error:
        raise SettingsError(f"--site {error.sentence}") from None
    password = secret(options["password"], options["password_file"])
    return SiteAccess(url, options["username"], password, options["allow_http"], _keys(options))


def settings(options: dict[str, Any]) -> AgentSettings:
    """Everything that an agent works with. Raises SettingsError."""
    server = (options["server"] or "").rstrip("/")
    if not server.startswith(("https://", "http://")):
        raise SettingsError("say which server: --server https://mail.example.com")
    key = signing.agent_key_parts(secret(options["key"], options["key_file"]))
    if key is None:
        raise SettingsError("give the agent's key, pfa_...: --key-file FILE (POST /api/v1/agents)")
    folder = Path(options["state_dir"]).expanduser().absolute()
    identity = (key[0].hex, key[1])
    return AgentSettings(access(options), server, identity, folder, bytes_of(options))


def _keys(options: dict[str, Any]) -> tuple[str, str] | None:
    """The keys of the site's shop; both or none. Raises SettingsError."""
    key = options["consumer_key"].strip()
    hidden = secret(options["consumer_secret"], options["consumer_secret_file"])
    if bool(key) != bool(hidden):
        raise SettingsError(
            "a shop's keys are both: --consumer-key ck_... and --consumer-secret-file FILE"
        )
    if key.startswith("cs_") or hidden.startswith("ck_"):
        raise SettingsError(
            "the shop's key (ck_...) and its secret (cs_...) are the wrong way round"
        )
    return (key, hidden) if key else None


def bytes_of(options: dict[str, Any]) -> int:
    """How much may wait on disk."""
    return int(options["spool_mb"]) * 1_000_000
