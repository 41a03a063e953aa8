"""What an operator can set about mail that is handed in by SMTP."""

from dataclasses import dataclass
from typing import Any

from marshmallow import RAISE, Schema, ValidationError, fields, validate, validates_schema


@dataclass(frozen=True)
class Submission:
    """``listen`` is HOST:PORT, "": nobody listens. ``certificate`` and ``key`` are files."""

    listen: str
    certificate: str
    key: str
    recipients: int
    per_minute: int


def address(listen: str) -> tuple[str, int]:
    """Host and port of HOST:PORT. Raises ValueError."""
    host, colon, port = listen.rpartition(":")
    if not colon or not host or not port.isdecimal() or int(port) > 65535:
        raise ValueError("must be HOST:PORT, such as 127.0.0.1:2525")
    return host.strip("[]"), int(port)


def _listen(value: str) -> None:
    try:
        if value:
            address(value)
    except ValueError as error:
        raise ValidationError(str(error)) from None


class SubmissionShape(Schema):
    """The section ``submission``."""

    class Meta:
        unknown = RAISE

    listen = fields.String(required=True, validate=_listen)
    certificate = fields.String(required=True)
    key = fields.String(required=True)
    recipients = fields.Integer(required=True, validate=validate.Range(1, 1000))
    per_minute = fields.Integer(required=True, validate=validate.Range(1, 1_000_000))

    @validates_schema
    def _both(self, values: dict[str, Any], **_: Any) -> None:
        if bool(values["certificate"]) != bool(values["key"]):
            raise ValidationError("needs both or neither", "certificate")
