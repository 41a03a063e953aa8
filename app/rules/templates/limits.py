"""What one Liquid filter may cost, so that no template eats the sender's time or memory.

python-liquid bounds loops, output and variables; a single filter it does not: joining a range of
20 million numbers takes it 42 seconds, and chained ``replace`` doubles text without an end.
"""

import re
from collections.abc import Callable
from functools import wraps
from typing import Any

from liquid import RenderContext
from liquid.builtin.filters import misc
from liquid.exceptions import FilterArgumentError, LiquidError
from liquid.filter import with_context, with_environment

#: The longest text, the most items and the most binary digits that a filter takes or gives.
MAX_TEXT = 512_000
MAX_ITEMS = 10_000
MAX_BITS = 4_096

_FORMAT = re.compile(r"(?:[^%]|%[-_0^#]?[A-Za-z%]){0,100}")


class TooBig(LiquidError):
    """A filter was given, or would give, more than MAX_TEXT, MAX_ITEMS or MAX_BITS."""


def limited(function: Callable[..., Any]) -> Callable[..., Any]:
    """The same filter, refusing to work on, or to give, something enormous."""

    @wraps(function)
    def wrapper(value: object, *args: Any, **kwargs: Any) -> Any:
        for one in (value, *args):
            if not isinstance(one, str) or len(one) > MAX_TEXT:
                _weigh(one)
        result = function(value, *args, **kwargs)
        if not isinstance(result, str) or len(result) > MAX_TEXT:
            _weigh(result)
        return result

    return wrapper


def multiplying(function: Callable[..., Any]) -> Callable[..., Any]:
    """A filter whose result grows with the product of what it is given: asked beforehand."""

    @wraps(function)
    def wrapper(value: object, *args: Any, **kwargs: Any) -> Any:
        pieces = len(value) + 1 if isinstance(value, str | list | tuple | range) else 1
        longest = max((len(one) for one in args if isinstance(one, str)), default=0)
        if pieces * longest > 16 * MAX_TEXT:
            raise TooBig(f"more than {MAX_TEXT} characters at once", token=None)
        return function(value, *args, **kwargs)

    return wrapper


@with_context
@with_environment
def date(value: Any, format: Any, *, context: RenderContext, environment: Any) -> Any:
    """The ``date`` filter, with the moment of the message as ``now``: rendering reads no clock."""
    if isinstance(format, str) and not _FORMAT.fullmatch(format):
        raise FilterArgumentError("the format of date is not understood", token=None)
    if isinstance(value, str) and value in ("now", "today"):
        value = context.resolve("now")
    try:
        return misc.date(value, format, environment=environment)
    except (ValueError, OverflowError, OSError):
        return str(value)


def _weigh(value: object) -> None:
    if isinstance(value, str):
        _refuse(len(value) > MAX_TEXT, f"more than {MAX_TEXT} characters at once")
    elif isinstance(value, list | tuple | range):
        _refuse(_length(value) > MAX_ITEMS, f"more than {MAX_ITEMS} items at once")
    elif isinstance(value, int):
        _refuse(value.bit_length() > MAX_BITS, "a number with more than 1000 digits")


def _length(value: Any) -> int:
    try:
        return len(value)
    except OverflowError:
        return MAX_ITEMS + 1


def _refuse(too_big: bool, sentence: str) -> None:
    if too_big:
        raise TooBig(sentence, token=None)


#: Never asked for by a mail: raw output of what a stranger typed, and script.
REFUSED_FILTERS = ("safe", "escapejs")
MULTIPLYING_FILTERS = ("replace", "replace_first", "replace_last", "join")
