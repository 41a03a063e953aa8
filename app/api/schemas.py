"""The words of the API: fields that refuse what a database, a header or a person cannot take."""

import re
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from marshmallow import RAISE, Schema, fields, validate

from app.rules import email_address

_UUID = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
_SURROGATE = re.compile("[\ud800-\udfff]")
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]")
_CONTROL_OR_BREAK = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029]")


class Strict(Schema):
    """A body or a query: a field that is not known is a mistake, never ignored."""

    class Meta:
        unknown = RAISE

    def __init__(self, **more: Any) -> None:
        super().__init__(**more)
        known = ", ".join(
            sorted(field.data_key or name for name, field in self.load_fields.items())
        )
        unknown = f"Unknown field; known here: {known}." if known else "Nothing is asked for here."
        self.error_messages = self.error_messages | {"unknown": unknown}


class Text(fields.String):
    """Text of at most ``most`` characters, trimmed when ``lines`` is off.

    Refuses NUL and lone surrogates, which PostgreSQL cannot store, and other control
    characters; line breaks are allowed only with ``lines``.
    """

    default_error_messages = {
        "control": "Must not hold control characters{hint}.",
        "surrogate": "Holds a broken character (a lone surrogate).",
    }

    def __init__(
        self, *, least: int = 0, most: int = 255, lines: bool = False, **more: Any
    ) -> None:
        length = validate.Length(least or None, most)
        super().__init__(validate=[length, *more.pop("validate", [])], **more)
        self.most, self.lines = most, lines

    def _deserialize(self, value: Any, attr: Any, data: Any, **kwargs: Any) -> str:
        found = super()._deserialize(value, attr, data, **kwargs)
        if len(found) > self.most:
            return found  # too long: its validator says so, nobody has to read it
        if _SURROGATE.search(found):
            raise self.make_error("surrogate")
        if (_CONTROL if self.lines else _CONTROL_OR_BREAK).search(found):
            raise self.make_error("control", hint="" if self.lines else " or line breaks")
        return found if self.lines else found.strip()


class Name(Text):
    """One line that must say something: the name of a thing, up to 255 characters."""

    def __init__(self, **more: Any) -> None:
        super().__init__(least=1, **more)


class Email(Text):
    """An address that can be written to; it stays as it was given, trimmed."""

    default_error_messages = {"email": "Is not an e-mail address that can be written to."}

    def __init__(self, **more: Any) -> None:
        more.setdefault("metadata", {"format": "email"})
        super().__init__(least=3, most=320, **more)

    def _deserialize(self, value: Any, attr: Any, data: Any, **kwargs: Any) -> str:
        given = super()._deserialize(value, attr, data, **kwargs)
        found = email_address.parse(given) if len(given) <= self.most else None
        if found is None:
            raise self.make_error("email")
        return found.email


class Id(fields.UUID):
    """An id in its one spelling."""

    def _validated(self, value: Any) -> UUID:
        if isinstance(value, str) and not _UUID.fullmatch(value):
            raise self.make_error("invalid_uuid")
        return super()._validated(value)


class Whole(fields.Integer):
    """A whole number between ``least`` and ``most``; in a body only a JSON number will do."""

    def __init__(self, *, least: int = 0, most: int = 2**31 - 1, **more: Any) -> None:
        super().__init__(strict=True, validate=validate.Range(least, most), **more)

    def _validated(self, value: Any) -> int:
        if isinstance(value, str):
            raise self.make_error("invalid")
        return super()._validated(value)


def open_ends(_: Any, field: fields.Field[Any], ret: dict[str, Any], **__: Any) -> dict[str, Any]:
    """For the OpenAPI document, which forgets it: a range that begins above its least number."""
    least = [
        one.min
        for one in field.validators
        if isinstance(one, validate.Range) and not one.min_inclusive
    ]
    return {"exclusiveMinimum": ret.pop("minimum", least[0])} if least else {}


class Share(fields.Float):
    """A part of something, more than 0 and up to 1; only a JSON number will do."""

    def __init__(self, **more: Any) -> None:
        super().__init__(validate=validate.Range(0, 1, min_inclusive=False), **more)

    def _validated(self, value: Any) -> float:
        if isinstance(value, str | bool):
            raise self.make_error("invalid")
        return super()._validated(value)


class Flag(fields.Boolean):
    """true or false, and nothing that merely looks like it."""

    def _deserialize(self, value: Any, attr: Any, data: Any, **kwargs: Any) -> bool:
        if not isinstance(value, bool):
            raise self.make_error("invalid", input=value)
        return value


class Instant(fields.AwareDateTime):
    """A moment with its zone (ISO 8601), given back in UTC."""

    default_error_messages = dict.fromkeys(
        ("invalid", "invalid_awareness", "format"),
        "A moment is a date and a time with its zone, such as 2026-11-21T09:00:00Z.",
    )

    def _deserialize(self, value: Any, attr: Any, data: Any, **kwargs: Any) -> datetime:
        found = super()._deserialize(value, attr, data, **kwargs)
        try:
            return found.astimezone(UTC)
        except OverflowError:
            raise self.make_error("invalid", input=value, obj_type="datetime") from None

    def _serialize(self, value: datetime | None, *args: Any, **kwargs: Any) -> str | None:
        return None if value is None else value.astimezone(UTC).isoformat().replace("+00:00", "Z")


class Day(fields.Date):
    """A day as it is written, YYYY-MM-DD."""

    default_error_messages = {"invalid": "A day is YYYY-MM-DD, such as 2026-12-01."}

    def _deserialize(self, value: Any, *args: Any, **kwargs: Any) -> Any:
        return super()._deserialize(value, *args, **kwargs).isoformat()

    def _serialize(self, value: Any, *args: Any, **kwargs: Any) -> Any:
        return value
