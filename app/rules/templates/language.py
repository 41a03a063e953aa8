"""The Liquid that templates are written in: what it knows, what it refuses, where a fault is."""

import re
from collections.abc import Callable, Iterable, Iterator
from functools import cache
from typing import Any

from liquid import Environment, Token, TokenStream
from liquid.builtin.expressions import FilteredExpression, tokenize
from liquid.builtin.output import Output, OutputNode
from liquid.builtin.tags.comment_tag import CommentNode
from liquid.builtin.tags.doc_tag import DocNode
from liquid.builtin.tags.inline_comment_tag import InlineCommentNode
from liquid.exceptions import LiquidError, UnknownFilterError
from liquid.static_analysis import TemplateAnalysis
from liquid.token import (
    TOKEN_COLON,
    TOKEN_DPIPE,
    TOKEN_EXPRESSION,
    TOKEN_OUTPUT,
    TOKEN_PIPE,
    TOKEN_WORD,
)

from app.rules.templates import limits

#: Nodes that never say anything.
SILENT = (CommentNode, DocNode, InlineCommentNode)

_OPENING = re.compile(r"\{%-?\s*(end)?(if|unless|for|case|capture|tablerow|comment|ifchanged)\b")
#: What must be closed, and what closes it. The lexer looks for the closing part from each
#: opening one up to the end, so many unclosed ones would take it minutes.
_PAIRS = (
    (re.compile(r"\{\{"), re.compile(r"\}\}"), "}}"),
    (re.compile(r"\{%"), re.compile(r"%\}"), "%}"),
    (re.compile(r"\{%-?\s*raw\b"), re.compile(r"\{%-?\s*endraw\b"), "{% endraw %}"),
    (re.compile(r"\{%-?\s*doc\b"), re.compile(r"\{%-?\s*enddoc\b"), "{% enddoc %}"),
)


class _Output(Output):
    """``{{ a || "b" }}``, as people bring it from elsewhere: ``{{ a | default: "b" }}``."""

    def parse(self, stream: TokenStream) -> OutputNode:
        token = stream.eat(TOKEN_OUTPUT)
        words = stream.expect(TOKEN_EXPRESSION)
        tokens = _with_defaults(tokenize(words.value, words))
        return OutputNode(token, FilteredExpression.parse(self.env, TokenStream(tokens)))


class Language(Environment):
    """Liquid without files, without raw output, and with an end to everything."""

    loop_iteration_limit = 10_000
    output_stream_limit = limits.MAX_TEXT
    local_namespace_limit = 50_000
    context_depth_limit = 20

    def setup_tags_and_filters(self, *, extra: bool = False) -> None:
        """Takes away what mail has no use for, and limits what every filter may cost."""
        super().setup_tags_and_filters(extra=extra)
        self.add_tag(_Output)
        for tag in ("include", "render"):
            del self.tags[tag]
        for name in limits.REFUSED_FILTERS:
            del self.filters[name]
        self.filters["date"] = limits.date
        for name in limits.MULTIPLYING_FILTERS:
            self.filters[name] = limits.multiplying(self.filters[name])
        for name, function in self.filters.items():
            self.filters[name] = limits.limited(function)

    def error(self, exc: Any, msg: str | None = None, token: Token | None = None) -> None:
        """Gives a fault that does not know its place the place of its tag."""
        if isinstance(exc, LiquidError) and (exc.token is None or exc.token.start_index < 0):
            exc.token = token
        super().error(exc, msg, token)


@cache
def environment(html: bool) -> Language:
    """The language for HTML (what contacts bring is escaped) or for plain text."""
    return Language(autoescape=html)


def refuse_unclosed(source: str, error: Callable[[str, int, int], Exception]) -> None:
    """Raises ``error`` where something is opened and nothing after it closes anything."""
    for opening, closing, name in _PAIRS:
        last = max((match.start() for match in closing.finditer(source)), default=-1)
        unclosed = opening.search(source, last + 1)
        if unclosed:
            sentence = f"{unclosed.group()} is not closed by {name}"
            raise error(sentence, *_line_column(source, unclosed.start()))


def refuse_unknown_filters(analysis: TemplateAnalysis, html: bool) -> None:
    """Raises UnknownFilterError before the first mail does."""
    for name, spans in analysis.filters.items():
        if name not in environment(html).filters:
            token = Token("filter", name, spans[0].index, "")
            raise UnknownFilterError(f"there is no filter {name!r}", token=token)


def fault(error: Exception, source: str) -> tuple[str, int, int]:
    """What is wrong, in which line and column (from 1)."""
    sentence = str(getattr(error, "message", None) or error) or type(error).__name__
    token = getattr(error, "token", None)
    if token is not None and token.start_index >= 0:
        return sentence, *_line_column(source, token.start_index)
    name, index = _never_closed(source)
    if name:
        sentence = f"{{% {name} %}} is not closed by {{% end{name} %}}"
    return sentence, *_line_column(source, index)


def _never_closed(source: str) -> tuple[str, int]:
    open_tags: list[tuple[str, int]] = []
    for match in _OPENING.finditer(source):
        if not match[1]:
            open_tags.append((match[2], match.start()))
        elif open_tags and open_tags[-1][0] == match[2]:
            open_tags.pop()
    return open_tags[-1] if open_tags else ("", 0)


def _line_column(source: str, index: int) -> tuple[int, int]:
    return source.count("\n", 0, index) + 1, index - source.rfind("\n", 0, index)


def _with_defaults(tokens: Iterable[Token]) -> Iterator[Token]:
    for token in tokens:
        if token.kind != TOKEN_DPIPE:
            yield token
            continue
        _, _, index, source = token
        yield Token(TOKEN_PIPE, "|", index, source)
        yield Token(TOKEN_WORD, "default", index, source)
        yield Token(TOKEN_COLON, ":", index, source)
