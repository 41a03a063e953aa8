"""How our values travel as JSON: said at one end, understood at the other, nothing guessed."""

import types
from collections.abc import Callable, Hashable, Iterator, Mapping
from dataclasses import MISSING, Field, fields, is_dataclass
from functools import cache
from typing import Any, TypeVar, Union, cast, get_args, get_origin, get_type_hints

#: Longer texts are cut before they travel; what is stored of them is shorter still.
LONGEST = 16_000
_DEEPEST = 20
Thing = TypeVar("Thing")


class NotInForm(ValueError):
    """What came is not in the form; ``where`` it is not, and the sentence says why."""

    def __init__(self, where: str, sentence: str) -> None:
        super().__init__(f"{where}: {sentence}")
        self.where = where
        self.sentence = sentence


def said(value: Any) -> Any:
    """One of our values as JSON, without what no database can hold.

    Of a dataclass what stands at its default is left out.
    """
    if isinstance(value, str):
        return _clean(value)
    if is_dataclass(value):
        told = ((one, getattr(value, one.name)) for one in fields(value))
        return {one.name: said(what) for one, what in told if not _is_default(one, what)}
    if isinstance(value, Mapping):
        return {_clean(str(key)): said(what) for key, what in value.items()}
    if isinstance(value, frozenset | set):
        return sorted(_clean(one) for one in value)
    if isinstance(value, tuple | list):
        return [said(one) for one in value]
    return value


def understood(kind: type[Thing], said: Any, where: str) -> Thing:
    """One of our dataclasses out of JSON. Raises NotInForm."""
    if not isinstance(said, dict):
        raise NotInForm(where, "must be an object")
    hints: Mapping[str, Any] = _hints(cast(Hashable, kind))
    if unknown := sorted(set(said) - set(hints)):
        raise NotInForm(f"{where}.{unknown[0]}", "is not known here: update the server")
    values = {name: _value(hints[name], what, f"{where}.{name}") for name, what in said.items()}
    try:
        return kind(**values)
    except TypeError:
        raise NotInForm(where, f"lacks one of: {', '.join(hints)}") from None


def _clean(text: str) -> str:
    if not text.isprintable():
        text = "".join(" " if c == "\0" or "\ud800" <= c <= "\udfff" else c for c in text)
    return text[:LONGEST]


def _is_default(one: "Field[Any]", value: Any) -> bool:
    if one.default is not MISSING:
        return bool(value == one.default)
    return one.default_factory is not MISSING and bool(value == one.default_factory())


@cache
def _hints(kind: Any) -> Mapping[str, Any]:
    return get_type_hints(kind)


def _value(hint: Any, said: Any, where: str) -> Any:
    if hint is Any:
        return _any(said, where)
    kind, inner = get_origin(hint) or hint, get_args(hint)
    if kind in (Union, types.UnionType):
        (only,) = (one for one in inner if one is not type(None))
        return None if said is None else _value(only, said, where)
    if isinstance(kind, type) and is_dataclass(kind):
        return understood(kind, said, where)
    if kind in (tuple, frozenset):
        return kind(_each(inner[0], said, where))
    if isinstance(kind, type) and issubclass(kind, Mapping):
        if not isinstance(said, dict):
            raise NotInForm(where, "must be an object")
        return {_plain(str, key, where): _value(inner[1], one, where) for key, one in said.items()}
    return _plain(kind, said, where)


def _each(hint: Any, said: Any, where: str) -> Iterator[Any]:
    if not isinstance(said, list):
        raise NotInForm(where, "must be a list")
    for number, one in enumerate(said):
        yield _value(hint, one, f"{where}.{number}")


def _any(said: Any, where: str, depth: int = 0) -> Any:
    if depth > _DEEPEST:
        raise NotInForm(where, "is nested too deeply")
    if isinstance(said, dict):
        return {_plain(str, key, where): _any(one, where, depth + 1) for key, one in said.items()}
    if isinstance(said, list):
        return [_any(one, where, depth + 1) for one in said]
    return _plain(str, said, where) if isinstance(said, str) else said


_IS: Mapping[type, Callable[[Any], bool]] = {
    str: lambda said: isinstance(said, str),
    bool: lambda said: isinstance(said, bool),
    int: lambda said: isinstance(said, int) and not isinstance(said, bool),
    float: lambda said: isinstance(said, int | float) and not isinstance(said, bool),
}


def _plain(kind: type, said: Any, where: str) -> Any:
    if not _IS[kind](said):
        raise NotInForm(where, f"must be of the kind {kind.__name__}")
    if isinstance(said, str) and _clean(said) != said:
        raise NotInForm(where, "is too long, or holds what cannot be stored")
    return said
