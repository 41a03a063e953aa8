"""What an operator can set, read once and checked; the only file that reads the environment."""

import os
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from marshmallow import RAISE, Schema, ValidationError, fields, validate

from config.given import PREFIX, SettingsError, lay_environment, lay_file, variable
from config.retention import RetentionShape, days
from config.submission import Submission, SubmissionShape
from config.syncing import Syncing, SyncShape


class _Strict(Schema):
    class Meta:
        unknown = RAISE


class _Database(_Strict):
    url = fields.String(required=True)


class _Network(_Strict):
    allow_http = fields.Boolean(required=True)
    allow_private = fields.Boolean(required=True)


class _Sending(_Strict):
    breaker_threshold = fields.Integer(required=True, validate=validate.Range(1, 1000))
    breaker_seconds = fields.Float(required=True, validate=validate.Range(1, 86400))
    give_up_hours = fields.Float(required=True, validate=validate.Range(0, 24 * 30))
    connect_seconds = fields.Float(required=True, validate=validate.Range(0.1, 600))
    reply_seconds = fields.Float(required=True, validate=validate.Range(0.1, 600))
    final_reply_seconds = fields.Float(required=True, validate=validate.Range(0.1, 1800))
    hello_name = fields.String(required=True)


class _Messages(_Strict):
    largest = fields.Integer(required=True, validate=validate.Range(10_000, 30_000_000))


class _Metrics(_Strict):
    token = fields.String(
        required=True,
        validate=lambda value: validate.Length(16)(value) if value else None,
    )


class _Log(_Strict):
    level = fields.String(
        required=True, validate=validate.OneOf(["debug", "info", "warning", "error"])
    )
    format = fields.String(required=True, validate=validate.OneOf(["text", "json"]))


def _base_url(value: str) -> None:
    parts = urlsplit(value)
    if value and (parts.scheme not in ("http", "https") or not parts.hostname):
        raise ValidationError("must be an address such as https://mail.example.com")
    if value.endswith("/") or parts.query or parts.fragment:
        raise ValidationError("must end without a slash, a query or a fragment")


class _Settings(_Strict):
    data_dir = fields.String(required=True, validate=validate.Length(min=1))
    base_url = fields.String(required=True, validate=_base_url)
    master_key = fields.String(
        required=True,
        validate=lambda value: validate.Length(16)(value) if value else None,
    )
    master_key_file = fields.String(required=True)
    old_master_keys = fields.List(fields.String(validate=validate.Length(16)), required=True)
    database = fields.Nested(_Database, required=True)
    network = fields.Nested(_Network, required=True)
    sending = fields.Nested(_Sending, required=True)
    messages = fields.Nested(_Messages, required=True)
    retention = fields.Nested(RetentionShape, required=True)
    submission = fields.Nested(SubmissionShape, required=True)
    sync = fields.Nested(SyncShape, required=True)
    metrics = fields.Nested(_Metrics, required=True)
    log = fields.Nested(_Log, required=True)


@dataclass(frozen=True)
class Sending:
    """How mail is sent; seconds and counts as in ``default.toml``."""

    breaker_threshold: int
    breaker_seconds: float
    give_up_hours: float
    connect_seconds: float
    reply_seconds: float
    final_reply_seconds: float
    hello_name: str


@dataclass(frozen=True)
class Settings:
    """Every setting, checked. ``database_url`` is ready for SQLAlchemy."""

    data_dir: Path
    base_url: str
    master_key: str
    master_key_file: Path
    old_master_keys: tuple[str, ...]
    database_url: str
    allow_http: bool
    allow_private: bool
    sending: Sending
    largest_message: int
    kept_days: dict[str, int | None]
    submission: Submission
    sync: Syncing
    metrics_token: str
    log_level: str
    log_format: str


def load(environ: Mapping[str, str] | None = None) -> Settings:
    """Settings from ``default.toml`` < the file named by PRESSFERRY_CONFIG < the environment.

    Raises SettingsError, which names the setting, when one is unknown or wrong.
    """
    environ = os.environ if environ is None else environ
    values = tomllib.loads(resources.files("config").joinpath("default.toml").read_text("utf-8"))
    if path := environ.get("PRESSFERRY_CONFIG"):
        lay_file(values, Path(path))
    lay_environment(values, environ)
    try:
        checked = _Settings().load(values)
    except ValidationError as error:
        raise SettingsError(_sentence(error.messages)) from None
    return _settings(checked)


def _settings(values: dict[str, Any]) -> Settings:
    data_dir = Path(values["data_dir"]).expanduser().absolute()
    key_file = values["master_key_file"]
    return Settings(
        data_dir=data_dir,
        base_url=values["base_url"],
        master_key=values["master_key"],
        master_key_file=Path(key_file).expanduser() if key_file else data_dir / "master.key",
        old_master_keys=tuple(values["old_master_keys"]),
        database_url=_database_url(values["database"]["url"], data_dir),
        allow_http=values["network"]["allow_http"],
        allow_private=values["network"]["allow_private"],
        sending=Sending(**values["sending"]),
        largest_message=values["messages"]["largest"],
        kept_days=days(values["retention"]),
        submission=Submission(**values["submission"]),
        sync=Syncing(**values["sync"]),
        metrics_token=values["metrics"]["token"],
        log_level=values["log"]["level"],
        log_format=values["log"]["format"],
    )


def _database_url(url: str, data_dir: Path) -> str:
    if not url:
        return f"sqlite:///{data_dir / 'pressferry.db'}"
    scheme, separator, rest = url.partition("://")
    if not separator or scheme.partition("+")[0] not in ("sqlite", "postgresql", "postgres"):
        raise SettingsError(
            "database.url must start with sqlite:/// or postgresql:// "
            f"(set as {PREFIX}DATABASE__URL or in a file)"
        )
    return f"postgresql+psycopg://{rest}" if scheme in ("postgresql", "postgres") else url


def _sentence(messages: Any, path: str = "") -> str:
    if isinstance(messages, dict):
        return "; ".join(
            _sentence(about, f"{path}.{key}" if path else str(key))
            for key, about in messages.items()
        )
    return f"{path}: {' '.join(map(str, messages))} (set as {variable(path)} or in a file)"


def child_environment(settings: Settings) -> dict[str, str]:
    """The environment of a child process that shall see what its parent made of its settings."""
    return {
        **os.environ,
        "PYTHONPATH": _home(),
        f"{PREFIX}DATA_DIR": str(settings.data_dir),
        f"{PREFIX}BASE_URL": settings.base_url,
        f"{PREFIX}NETWORK__ALLOW_PRIVATE": str(settings.allow_private).lower(),
    }


def fresh_environment(**values: str) -> dict[str, str]:
    """The environment of a pressferry that shall see these settings and none of this one's."""
    mine = {key: value for key, value in os.environ.items() if not key.startswith("PRESSFERRY_")}
    return {**mine, "PYTHONPATH": _home(), **{PREFIX + key: text for key, text in values.items()}}


def _home() -> str:
    """Where our packages lie, for a child that is not started from there."""
    return str(Path(__file__).parents[1])
