"""The settings of a relay before they are a row: completed by presets, checked, warned about."""

from collections.abc import Mapping
from typing import Any

from app import providers
from app.errors import Invalid
from app.providers.presets import Preset
from app.rules import relay_fields
from app.sending.letters import return_paths
from app.sending.models import Relay

#: What a relay is when nothing else is said.
DEFAULTS: Mapping[str, Any] = {
    "provider": "smtp",
    "preset": "custom",
    "username": "",
    "from_name": "",
    "reply_to_email": "",
    "reply_to_name": "",
    "return_path": "",
    "description": "",
    "stream": "marketing",
    "rate_per_second": None,
    "minute_limit": None,
    "hourly_limit": None,
    "daily_limit": None,
    "rolling_day": False,
    "warm_up": None,
    "exclude_from_failover": False,
    "enabled": True,
    "max_connections": 4,
    "messages_per_connection": 100,
}
_PATHS = {
    "unproved": "The return path is not used yet: send a test mail to see whether the relay takes "
    "it.",
    "refused": "The relay refused the return path, so its own From is used: see 'envelope', and "
    "send a test mail to try it again.",
}
#: What may be given besides ``password``, ``failover_priority`` and what relay_duties takes.
FIELDS = ("name", "host", "port", "encryption", "from_email", *DEFAULTS)


def preset_of(relay: Relay) -> Preset:
    """What is known about the relay's service."""
    presets = providers.find()[relay.provider].presets
    return presets.get(relay.preset) or presets[DEFAULTS["preset"]]


def warnings(relay: Relay) -> list[str]:
    """What is seldom meant in its settings, in sentences."""
    values = {field: getattr(relay, field) for field in FIELDS}
    found = relay_fields.warnings(values)
    found += preset_of(relay).warnings(relay.host, relay.username)
    if sentence := _PATHS.get(return_paths.state(relay)):
        found.append(sentence)
    if relay.username and not relay.secret:
        found.append("There is a user name but no password: the relay will refuse the login.")
    if relay.is_default and not relay.enabled:
        found.append("The default relay is disabled: campaigns without a pin wait for it.")
    return found


def completed(values: Mapping[str, Any]) -> dict[str, Any]:
    """All settings: what is given, else what the preset knows, else the usual. Raises Invalid."""
    given = trimmed({field: values[field] for field in FIELDS if field in values})
    settings = {**DEFAULTS, **given}
    preset = _preset(settings)
    known = {"host": preset.host, "port": preset.port, "encryption": preset.encryption}
    if preset.host:
        settings = {**known, **settings}
        settings["username"] = settings["username"] or preset.username
    missing = [field for field in FIELDS if field not in settings]
    if missing:
        sentence = "Missing: there is no preset that knows it."
        raise Invalid(f"{', '.join(missing)}: {sentence}", {field: [sentence] for field in missing})
    return settings


def trimmed(values: dict[str, Any]) -> dict[str, Any]:
    """Values without blanks around them, but for free text."""
    kept = ("description",)
    return {
        field: value.strip() if isinstance(value, str) and field not in kept else value
        for field, value in values.items()
    }


def require_good(settings: Mapping[str, Any], *, allow_private: bool) -> None:
    """Raises Invalid, which names every field that cannot be."""
    _preset(settings)
    if found := relay_fields.mistakes(settings, allow_private=allow_private):
        field, sentences = next(iter(found.items()))
        raise Invalid(f"{field}: {sentences[0]}", found)


def _preset(settings: Mapping[str, Any]) -> Preset:
    provider = providers.find().get(settings["provider"])
    if provider is None:
        sentence = f"Must be one of: {', '.join(sorted(providers.find()))}."
        raise Invalid.at("provider", sentence)
    preset = provider.presets.get(settings["preset"])
    if preset is None:
        sentence = f"Must be one of: {', '.join(sorted(provider.presets))}."
        raise Invalid.at("preset", sentence)
    return preset
