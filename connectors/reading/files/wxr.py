"""WordPress' own export (WXR): its parts with people in them, one after the other.

The XML is read as a stream. What no WordPress writes, such as a document type with entities, is
refused.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from xml.parsers import expat

from connectors.reading.files.texts import Broken

#: Longer texts are cut: they are posts, not values.
_LONGEST = 100_000
_DEEPEST = 40
_MOST_METAS = 300
#: Letters that XML forbids, and that WordPress writes all the same.
_FORBIDDEN = bytes(code for code in range(32) if code not in (9, 10, 13))
_BOXES = {"wp:author": "author", "item": "item", "wp:comment": "comment"}
#: Metas of a post that say something about a person.
_METAS = ("_field_", "_from", "_email", "_name", "_props", "_consent", "_subject")


@dataclass(slots=True)
class Part:
    """An author, a post or a comment. ``values``: by the name of the element. ``metas``: of a post.

    ``terms``: taxonomy, slug and name.
    """

    kind: str
    values: dict[str, str] = field(default_factory=dict)
    metas: dict[str, str] = field(default_factory=dict)
    terms: list[tuple[str, str, str]] = field(default_factory=list)


def parts(pieces: Iterable[bytes]) -> Iterator[Part]:
    """The parts in their order; a comment before the post that it belongs to. Raises Broken."""
    reader = _Reader()
    for piece in pieces:
        yield from reader.feed(piece)
    yield from reader.feed(b"", is_last=True)


class _Reader:
    """What is open, and what was read of it."""

    def __init__(self) -> None:
        self._parser = expat.ParserCreate()
        self._parser.buffer_text = True
        self._parser.StartElementHandler = self._start
        self._parser.EndElementHandler = self._end
        self._parser.CharacterDataHandler = self._say
        self._parser.StartDoctypeDeclHandler = self._refuse
        self._parser.EntityDeclHandler = self._refuse
        self._open: list[str] = []
        self._boxes: list[Part] = []
        self._done: list[Part] = []
        self._text: list[str] = []
        self._length = 0
        self._meta = ""
        self._term = ("", "")

    def feed(self, piece: bytes, *, is_last: bool = False) -> list[Part]:
        """What is whole by now. Raises Broken."""
        try:
            self._parser.Parse(piece.translate(None, _FORBIDDEN), is_last)
        except expat.ExpatError as error:
            raise _broken(error, self._open) from None
        found, self._done = self._done, []
        return found

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        if not self._open and name != "rss":
            raise Broken("This is XML, but not WordPress' own export (Tools > Export).")
        if len(self._open) >= _DEEPEST:
            raise Broken("Its elements are nested more deeply than in any export of WordPress.")
        self._open.append(name)
        self._text, self._length = [], 0
        if name in _BOXES:
            self._boxes.append(Part(_BOXES[name]))
        elif name == "category":
            self._term = (attributes.get("domain", ""), attributes.get("nicename", ""))

    def _say(self, text: str) -> None:
        if self._boxes and self._length < _LONGEST:
            self._text.append(text[: _LONGEST - self._length])
            self._length += len(text)

    def _end(self, name: str) -> None:
        self._open.pop()
        said, self._text = "".join(self._text), []
        if name in _BOXES:
            self._done.append(self._boxes.pop())
        elif self._boxes:
            self._keep(self._boxes[-1], name, said)

    def _keep(self, box: Part, name: str, said: str) -> None:
        if name == "wp:meta_key":
            self._meta = said
        elif name == "wp:meta_value":
            is_ours = box.kind == "item" and self._meta.startswith(_METAS)
            if is_ours and len(box.metas) < _MOST_METAS:
                box.metas[self._meta] = said
        elif name == "category":
            box.terms.append((*self._term, said))
        elif name.startswith("wp:") or name == "title":
            box.values.setdefault(name, said.strip())

    def _refuse(self, *_: object) -> None:
        raise Broken(
            "It declares a document type or entities, as no export of WordPress does: it is not "
            "read."
        )


def _broken(error: expat.ExpatError, opened: list[str]) -> Broken:
    why = expat.ErrorString(error.code)
    if error.code in (
        expat.errors.codes[expat.errors.XML_ERROR_NO_ELEMENTS],
        expat.errors.codes[expat.errors.XML_ERROR_UNCLOSED_TOKEN],
        expat.errors.codes[expat.errors.XML_ERROR_UNCLOSED_CDATA_SECTION],
    ):
        return Broken(
            f"The file ends in the middle (line {error.lineno}): the site broke off its export. "
            "Export again, in smaller parts (by month) if it happens again."
        )
    return Broken(f"Line {error.lineno}: the XML is broken there ({why}). Export again.")
