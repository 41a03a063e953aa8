"""Templates: Liquid with hard limits, compiled once and filled for every contact."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, cast

from liquid import Node, RenderContext
from liquid.builtin.content import ContentNode
from liquid.builtin.output import OutputNode
from liquid.exceptions import LiquidError, LiquidInterrupt, OutputStreamLimitError
from liquid.output import LimitedStringIO
from liquid.stringify import to_liquid_string

from app.rules.mail import plain_text
from app.rules.templates import language, reads
from app.rules.templates.limits import MAX_TEXT

_COMMENTS = re.compile(r"<!--.*?-->", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong with a template: in which part (subject, preheader, html, text) and where.

    ``line`` and ``column`` count from 1.
    """

    where: str
    line: int
    column: int
    sentence: str


class TemplateError(Exception):
    """A template does not parse, or does not render for this contact."""

    def __init__(self, sentence: str, line: int = 1, column: int = 1) -> None:
        super().__init__(sentence)
        self.sentence, self.line, self.column = sentence, line, column


class Template:
    """One compiled template: ``literals`` with a value between each two of them.

    ``html``: what contacts bring is escaped. Raises TemplateError.
    """

    def __init__(self, source: str, *, html: bool) -> None:
        self.source = source
        language.refuse_unclosed(source, TemplateError)
        try:
            self._parsed = language.environment(html).from_string(source)
            self._analysis = self._parsed.analyze(include_partials=False)
            language.refuse_unknown_filters(self._analysis, html)
        except (LiquidError, RecursionError) as error:
            raise _understood(error, source) from error
        self.html = html
        self.literals, self._nodes = _split(self._parsed.nodes)
        direct = not self._analysis.locals
        self._reads = [reads.read(node, html) if direct else None for node in self._nodes]
        #: What stands between the literals, where all of it is as simple as that.
        self.fields = reads.fields_of(self._nodes) if all(self._reads) else None
        self._read_all = reads.together(self.fields, html) if self.fields else None

    def values(self, given: Mapping[str, object]) -> list[str]:
        """What stands between the literals when the variables are ``given``."""
        filled = self._read_all(given) if self._read_all else None
        if filled is None:
            filled = self._one_by_one(given)
        if sum(map(len, filled)) > MAX_TEXT:
            raise TemplateError(f"the values make more than {MAX_TEXT} characters")
        return filled

    def _one_by_one(self, given: Mapping[str, object]) -> list[str]:
        found = [read(given) if read else None for read in self._reads]
        if None in found:
            self._render_rest(found, given)
        return cast(list[str], found)

    def _render_rest(self, found: list[str | None], given: Mapping[str, object]) -> None:
        context = RenderContext(self._parsed, globals=given)
        left = MAX_TEXT
        try:
            for at, node in enumerate(self._nodes):
                text = found[at] if found[at] is not None else _rendered(node, context, left)
                found[at] = text
                left -= len(text or "")
        except LiquidInterrupt as error:
            raise TemplateError(f"{error} stands outside of a loop") from error
        except (LiquidError, ArithmeticError, ValueError, RecursionError) as error:
            raise _understood(error, self.source) from error

    def render(self, given: Mapping[str, object]) -> str:
        """The whole text."""
        values = self.values(given)
        pairs = zip(self.literals, [*values, ""], strict=True)
        return "".join(literal + value for literal, value in pairs)

    def shows(self, variable: str) -> bool:
        """Whether ``variable`` is used outside of Liquid and HTML comments."""
        hidden = [match.span() for match in _COMMENTS.finditer(self.source)] if self.html else []
        return any(
            not any(start <= use.span.index < end for start, end in hidden)
            for use in self._analysis.globals.get(variable, [])
        )


def given(contact: Mapping[str, Any], unsubscribe_url: str, now: datetime) -> dict[str, object]:
    """Everything a template can see."""
    return {
        "contact": contact,
        "unsubscribe_url": unsubscribe_url,
        "now": now,
        "today": now.date(),
    }


def check(subject: str, preheader: str, html: str, text: str) -> list[Problem]:
    """What is wrong with the four parts, the first fault of each; nothing wrong: nothing."""
    parts = (
        ("subject", subject, False),
        ("preheader", preheader, False),
        ("html", html, True),
        ("text", text, False),
    )
    found = []
    for where, source, escaped in parts:
        try:
            Template(source, html=escaped).values(_NOBODY)
        except TemplateError as error:
            found.append(Problem(where, error.line, error.column, error.sentence))
    if not found and not text.strip():
        found = _check_made_text(html)
    return found


def _check_made_text(html: str) -> list[Problem]:
    try:
        Template(plain_text.from_html(html), html=False).values(_NOBODY)
    except TemplateError as error:
        sentence = f"no text part can be made from this ({error}): give the text, too"
        return [Problem("html", 1, 1, sentence)]
    return []


#: A contact of whom only the address is known: a template must cope with that.
_NOBODY = given(
    {"email": "somebody@example.com", "fields": {}},
    "https://mail.example.com/u/sample",
    datetime.fromisoformat("2026-01-31T12:00:00+00:00"),
)


def _split(nodes: list[Node]) -> tuple[list[str], list[Node]]:
    literals, dynamic = [""], []
    for node in nodes:
        if isinstance(node, ContentNode):
            literals[-1] += node.text
        elif not isinstance(node, language.SILENT):
            dynamic.append(node)
            literals.append("")
    return literals, dynamic


def _rendered(node: Node, context: RenderContext, left: int) -> str:
    try:
        if isinstance(node, OutputNode):
            value = node.expression.evaluate(context)
            text = str(to_liquid_string(value, context.autoescape))
        else:
            buffer = LimitedStringIO(left)
            node.render(context, buffer)
            text = buffer.getvalue()
        if len(text) > left:
            raise OutputStreamLimitError(f"more than {MAX_TEXT} characters", token=None)
    except LiquidError as error:
        error.token = error.token or node.token
        raise
    return text


def _understood(error: Exception, source: str) -> TemplateError:
    return TemplateError(*language.fault(error, source))
