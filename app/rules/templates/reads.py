"""The short way for what nearly every gap of a template is: a field, with a default or without."""

import re
from collections.abc import Callable, Mapping, Sequence
from operator import itemgetter
from typing import Any, NamedTuple, cast

from liquid import Node
from liquid.builtin.expressions import FilteredExpression, Path, PositionalArgument, StringLiteral
from liquid.builtin.output import OutputNode
from markupsafe import escape

#: Text for the gap, or None when Liquid itself must say.
Read = Callable[[Mapping[str, object]], str | None]

#: The same for all gaps of a template.
ReadAll = Callable[[Mapping[str, Any]], list[str] | None]

_LINK = ("unsubscribe_url",)
_TEXT = {str}
_TO_ESCAPE = re.compile("[&<>\"']")
#: Words that Liquid understands at the end of a path.
_RESERVED = ("size", "first", "last")


class Fields(NamedTuple):
    """What stands in the gaps of a template: which field of the contact (None: the link), and what
    is said in its place where it is empty.
    """

    names: tuple[str | None, ...]
    fallbacks: tuple[str, ...]


def read(node: Node, html: bool) -> Read | None:
    """A function that reads what ``node`` says, if it is as simple as that."""
    if not isinstance(node, OutputNode) or not isinstance(node.expression, FilteredExpression):
        return None
    path, fallback = _path(node.expression.left), _fallback(node.expression)
    if path is None or fallback is None:
        return None
    return _escaping(path, fallback) if html else _plain(path, fallback)


def fields_of(nodes: Sequence[Node]) -> Fields | None:
    """What stands in the gaps of ``nodes``, each of which can be ``read``: fields of the contact's
    own and the link, else None.
    """
    said = [cast(FilteredExpression, cast(OutputNode, node).expression) for node in nodes]
    paths = [_path(one.left) or () for one in said]
    if any(len(path) != 2 and path != _LINK for path in paths):
        return None
    names = tuple(path[1] if path != _LINK else None for path in paths)
    return Fields(names, tuple(_fallback(one) or "" for one in said))


def together(fields: Fields, html: bool) -> ReadAll:
    """A function that reads all of ``fields`` at once; it leaves to the others what holds anything
    but text.
    """
    links = [at for at, name in enumerate(fields.names) if name is None]
    names = [name for name in fields.names if name is not None]
    pick = itemgetter(*names) if len(names) > 1 else lambda them: [them[one] for one in names]
    is_odd = _TO_ESCAPE.search

    def gaps(given: Mapping[str, Any]) -> list[str] | None:
        try:
            found = list(pick(given["contact"]))
        except KeyError:
            return None
        for at in links:
            found.insert(at, given[_LINK[0]])
        if {*map(type, found)} != _TEXT:
            return None
        if html and is_odd("".join(found)):
            found = [escaped(one) for one in found]
        if "" in found:
            return [one or other for one, other in zip(found, fields.fallbacks, strict=True)]
        return found

    return gaps


def escaped(value: str) -> str:
    """Text as HTML shows it."""
    return str(escape(value)) if _TO_ESCAPE.search(value) else value


def _path(expression: object) -> tuple[str, ...] | None:
    if not isinstance(expression, Path):
        return None
    keys = tuple(key for key in expression.path if isinstance(key, str))
    simple = len(keys) == len(expression.path) and not set(keys) & set(_RESERVED)
    return keys if simple and keys[0] in ("contact", "unsubscribe_url") else None


def _fallback(expression: FilteredExpression) -> str | None:
    if not expression.filters:
        return ""
    if len(expression.filters) > 1 or expression.filters[0].name != "default":
        return None
    arguments = expression.filters[0].args
    if len(arguments) != 1 or not isinstance(arguments[0], PositionalArgument):
        return None
    value = arguments[0].value
    return str(value.value) if isinstance(value, StringLiteral) else None


def _plain(path: tuple[str, ...], fallback: str) -> Read:
    found = _finder(path)

    def gap(given: Mapping[str, object]) -> str | None:
        value = found(given)
        return (value or fallback) if type(value) is str else None

    return gap


def _escaping(path: tuple[str, ...], fallback: str) -> Read:
    found, is_odd = _finder(path), _TO_ESCAPE.search

    def gap(given: Mapping[str, object]) -> str | None:
        value = found(given)
        if type(value) is not str:
            return None
        return str(escape(value)) if is_odd(value) else value or fallback

    return gap


def _finder(path: tuple[str, ...]) -> Callable[[Any], object]:
    """What stands at ``path``, "" where nothing does. Nearly every path is ``contact.x``."""
    if len(path) != 2:
        return lambda given: _found(path, given)
    first, second = path

    def found(given: Any) -> object:
        try:
            return given[first][second]
        except (KeyError, TypeError, IndexError):
            return ""

    return found


def _found(path: tuple[str, ...], given: Any) -> object:
    for key in path:
        try:
            given = given[key]
        except (KeyError, TypeError, IndexError):
            return ""
    return given
