"""How the options of a connection are said: true, false, or a short text, each by its key."""

from typing import Any

from marshmallow import fields, validate

from app.api.schemas import Name, Text

_MOST = 100
_TEXT = Text(most=_MOST)


class Choice(fields.Raw):
    """True, false, or a short text."""

    def __init__(self) -> None:
        super().__init__(metadata={"oneOf": [{"type": "boolean"}, {"type": "string"}]})

    def _deserialize(self, value: Any, *args: Any, **kwargs: Any) -> bool | str:
        if isinstance(value, bool):
            return value
        found: str = _TEXT.deserialize(value)
        # A blank at its end is how a prefix says where the name begins.
        return found and found + " " * value.endswith(" ")


class Choices(fields.Dict):
    """Options by their keys. Only one that is put before something keeps the blank at its end."""

    def __init__(self, description: str) -> None:
        super().__init__(
            keys=Name(),
            values=Choice(),
            validate=validate.Length(0, _MOST),
            metadata={"description": description},
        )

    def deserialize(self, value: Any, *args: Any, **kwargs: Any) -> Any:
        """The options; those that were not given stay missing."""
        found = super().deserialize(value, *args, **kwargs)
        if not isinstance(found, dict):
            return found
        return {key: _meant(key, said) for key, said in found.items()}


def _meant(key: str, said: bool | str) -> bool | str:
    as_it_is = isinstance(said, bool) or key.endswith("_prefix")
    return said if as_it_is else str(said).rstrip()
