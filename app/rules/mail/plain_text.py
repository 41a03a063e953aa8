"""The text part of a mail that was written as HTML only.

It is made once, from the template: Liquid tags stay where they are, in loops around table rows
too. (Parsers that build a tree, as browsers do, move such tags out of the table.)
"""

import re
from html import unescape

_LIQUID = re.compile(
    r"\{%-?\s*comment\b.*?\{%-?\s*endcomment\s*-?%\}|\{\{.*?\}\}|\{%.*?%\}", re.DOTALL
)
_MARK = re.compile("\ue000([0-9]+)\ue001")
_ONLY_TAGS = re.compile(r"^((?:\{%(?:(?!%\}).)*%\} ?)+)\n+", re.MULTILINE)
#: A tag, a declaration, or words: what HTML is read by.
PIECE = re.compile(
    r"<(/?)([a-zA-Z][a-zA-Z0-9:-]*)((?:[^<>\"']|\"[^\"<]*\"|'[^'<]*')*)>|<[!?][^<>]*>|[^<]+|<"
)
_HREF = re.compile(r"\shref\s*=\s*(?:\"([^\"]*)\"|'([^']*)'|([^\s\"'>]+))", re.IGNORECASE)
_ALT = re.compile(r"\salt\s*=\s*(?:\"([^\"]*)\"|'([^']*)'|([^\s\"'>]+))", re.IGNORECASE)
_LINE = re.compile(
    "address|article|aside|caption|center|div|dl|dd|dt|fieldset|figure|footer|form|header|hr|"
    "li|main|nav|pre|section|tr|tbody|tfoot|thead"
)
_PARAGRAPH = re.compile("blockquote|h[1-6]|ol|p|table|ul")
_UNSEEN = re.compile("head|style|script|title|template|svg|object")


def from_html(html: str) -> str:
    """HTML with Liquid -> plain text with the same Liquid; links as ``words (address)``."""
    kept: list[str] = []

    def mark(found: re.Match[str]) -> str:
        kept.append("" if "comment" in found[0][:12] else found[0])
        return f"\ue000{len(kept) - 1}\ue001"

    marked = _LIQUID.sub(mark, html.replace("\ue000", "").replace("\ue001", ""))
    text = _tidy(_Reader().read(without_comments(marked)))
    text = text.replace("{{", '{{ "{{" }}').replace("{%", '{{ "{%" }}')
    text = _MARK.sub(lambda found: kept[int(found[1])], text)
    return _ONLY_TAGS.sub(lambda found: found[1], text).strip() + "\n" if text else ""


def without_comments(html: str) -> str:
    """HTML without what nobody sees of it."""
    pieces, start = [], 0
    while (opened := html.find("<!--", start)) >= 0:
        closed = html.find("-->", opened)
        pieces.append(html[start:opened])
        start = closed + 3 if closed >= 0 else len(html)
    return "".join([*pieces, html[start:]])


def _tidy(text: str) -> str:
    lines = [" ".join(line.split()) for line in text.split("\n")]
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip()


class _Reader:
    """Takes tags in their order and writes words, line breaks and the addresses of links."""

    def __init__(self) -> None:
        self._pieces: list[str] = []
        self._unseen = ""
        self._link = ("", 0)
        self._at_start = True

    def read(self, html: str) -> str:
        """What a person would read there."""
        for piece in PIECE.finditer(html):
            tag = (piece[2] or "").lower()
            if self._unseen:
                self._look_for_end(tag, bool(piece[1]))
            elif tag and piece[1]:
                self._end(tag)
            elif tag:
                self._start(tag, " " + piece[3])
            elif not piece[0].startswith(("<!", "<?")):
                self._say(" ".join(re.split(r"\s+", unescape(piece[0]))))
        return "".join(self._pieces)

    def _look_for_end(self, tag: str, ending: bool) -> None:
        if (ending and tag == self._unseen) or (tag == "body" and self._unseen == "head"):
            self._unseen = ""

    def _start(self, tag: str, attributes: str) -> None:
        if _UNSEEN.fullmatch(tag):
            self._unseen = "" if attributes.endswith("/") else tag
        elif tag == "a":
            self._link = (_value(_HREF, attributes), len(self._pieces))
        elif tag == "img":
            self._say(_value(_ALT, attributes))
        elif tag == "br":
            self._pieces.append("\n")
            self._at_start = True
        else:
            self._break(tag)
            self._say("* " if tag == "li" else "")

    def _end(self, tag: str) -> None:
        if tag == "a":
            self._end_link()
        elif tag in ("td", "th"):
            self._pieces.append(" ")
        else:
            self._break(tag)

    def _say(self, words: str) -> None:
        self._pieces.append(words)
        self._at_start = self._at_start and not words.strip()

    def _break(self, tag: str) -> None:
        if _PARAGRAPH.fullmatch(tag):
            self._pieces.append("\n\n")
            self._at_start = True
        elif _LINE.fullmatch(tag) and not self._at_start:
            self._pieces.append("\n")
            self._at_start = True

    def _end_link(self) -> None:
        address, start = self._link
        self._link = ("", 0)
        address = address.removeprefix("mailto:").strip()
        if not address or address.startswith("#"):
            return
        words = "".join(self._pieces[start:]).strip()
        if address != words:
            self._say(f" ({address})" if words else address)


def _value(attribute: re.Pattern[str], attributes: str) -> str:
    found = attribute.search(attributes)
    return unescape(found[1] or found[2] or found[3] or "") if found else ""
