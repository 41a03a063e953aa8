"""The text part of a mail that was written as HTML only.

It is made once, from the template: Liquid tags stay where they are, in loops around table rows
too. (Parsers that build a tree, as browsers do, move such tags out of the table.)
"""

import re
from html.parser import HTMLParser

_LIQUID = re.compile(
    r"\{%-?\s*comment\b.*?\{%-?\s*endcomment\s*-?%\}|\{\{.*?\}\}|\{%.*?%\}", re.DOTALL
)
_MARK = re.compile("\ue000([0-9]+)\ue001")
_ONLY_TAGS = re.compile(r"((?:\{%(?:(?!%\}).)*%\})+)[ \t]*\n+")
_BLOCKS = frozenset(
    "address article aside blockquote center div dl dd dt fieldset figure footer form header hr "
    "main nav ol p pre section table ul h1 h2 h3 h4 h5 h6".split()
)
_LINES = frozenset("br tr li caption thead tbody tfoot".split())
_SKIPPED = frozenset("head style script title template svg math object".split())
_APART = frozenset("p h1 h2 h3 h4 h5 h6 ul ol table blockquote".split())


def from_html(html: str) -> str:
    """HTML with Liquid -> plain text with the same Liquid; links as ``words (address)``."""
    kept: list[str] = []

    def mark(found: re.Match[str]) -> str:
        kept.append("" if "comment" in found[0][:12] else found[0])
        return f"\ue000{len(kept) - 1}\ue001"

    reader = _Reader()
    reader.feed(_LIQUID.sub(mark, html.replace("\ue000", "").replace("\ue001", "")))
    reader.close()
    text = _tidy(reader.text()).replace("{{", '{{ "{{" }}').replace("{%", '{{ "{%" }}')
    text = _MARK.sub(lambda found: kept[int(found[1])], text)
    return _ONLY_TAGS.sub(lambda found: found[1], text).strip() + "\n" if text else ""


def _tidy(text: str) -> str:
    lines = [" ".join(line.split()) for line in text.split("\n")]
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip()


class _Reader(HTMLParser):
    """Hears tags in their order and writes words, line breaks and the addresses of links."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self._pieces: list[str] = []
        self._skipping: list[str] = []
        self._links: list[tuple[str, int]] = []

    def text(self) -> str:
        """What was heard so far."""
        return "".join(self._pieces)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if self._skipping or tag in _SKIPPED:
            self._skip(tag)
        elif tag == "a":
            self._links.append((given.get("href") or "", len(self._pieces)))
        elif tag == "img":
            self._pieces.append(given.get("alt") or "")
        elif tag == "li":
            self._pieces.append("\n* ")
        else:
            self._break(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in _SKIPPED:
            self.handle_starttag(tag, attrs)

    def handle_endtag(self, tag: str) -> None:
        if self._skipping:
            if tag in self._skipping:
                del self._skipping[self._skipping.index(tag) :]
        elif tag == "a":
            self._end_link()
        elif tag in ("td", "th"):
            self._pieces.append(" ")
        elif tag != "br":
            self._break(tag)

    def handle_data(self, data: str) -> None:
        if not self._skipping:
            self._pieces.append(re.sub(r"\s+", " ", data))

    def _skip(self, tag: str) -> None:
        if tag in _SKIPPED:
            self._skipping.append(tag)
        elif tag == "body":
            self._skipping.clear()

    def _break(self, tag: str) -> None:
        if tag in _APART:
            self._pieces.append("\n\n")
        elif tag in _BLOCKS or tag in _LINES:
            self._pieces.append("\n")

    def _end_link(self) -> None:
        if not self._links:
            return
        address, start = self._links.pop()
        words = "".join(self._pieces[start:]).strip()
        address = address.removeprefix("mailto:").strip()
        if address and not address.startswith("#") and address != words:
            self._pieces.append(f" ({address})" if words else address)
