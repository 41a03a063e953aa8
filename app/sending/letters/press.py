"""The short way for what nearly every content is: words with fields of the contact in them.

What is the same in all of its letters is put in its place once; a letter is then one join of bytes.
What this way cannot do is left to the composer, which makes the very same bytes.
"""

from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from operator import itemgetter
from typing import Any, NamedTuple, TypeVar

from app.rules.mail import headers, message
from app.rules.mail.transfer import Body, known_value
from app.rules.templates.reads import Fields, escaped
from app.rules.templates.template import Template

#: The values of a contact together have so many characters at most, and a content so many gaps:
#: no letter of them comes near to what is too much.
_SHORT, _FEW = 500, 100
_NAMES = ("first_name", "last_name")
_TEXT = {str}
#: Stands in no encoded body.
_GAP = b"\0"

T = TypeVar("T")
_Pick = Callable[[Sequence[str]], Sequence[str]]


class Words(NamedTuple):
    """A part of a content: what is said of it in the message, and its body around the gaps."""

    headers: bytes
    template: Template
    body: Body


class Pressed(NamedTuple):
    """A message of which everything is known: its headers, and what stands in the gaps of the
    ``frame``.
    """

    frame: list[bytes]
    head: bytes
    values: Sequence[bytes]

    def whole(self) -> bytes:
        """The message: lines end with CRLF, and none begins with a dot."""
        pieces = self.frame.copy()
        pieces[0] = self.head
        pieces[2::2] = self.values
        return b"".join(pieces)


def press(subject: Template, parts: Sequence[Words]) -> "Press | None":
    """A press for this content, plain words before HTML; None where it needs the long way."""
    said = subject.fields
    fields = [one.template.fields for one in parts]
    found = [one for one in fields if one is not None and None in one.names]
    gaps = sum(len(one.names) for one in found)
    if said is None or len(found) < len(parts) or len(said.names) + gaps > _FEW:
        return None
    if any(one.body.encoding != "quoted-printable" for one in parts):
        return None
    return Press(subject.literals, said, list(zip(parts, found, strict=True)))


class Press:
    """One content, for everybody whose values are short texts."""

    def __init__(
        self, subject: Sequence[str], said: Fields, parts: Sequence[tuple[Words, Fields]]
    ) -> None:
        every = [said, *(fields for _, fields in parts)]
        names = [name for fields in every for name in fields.names if name is not None]
        self._names = list(dict.fromkeys((*_NAMES, *names)))
        self._read = itemgetter(*self._names)
        self._subject = _alternating(subject, "")
        self._in_subject = self._pick([said])
        self._subject_others = _others([said])
        bodies = [(one.headers, _GAP.join(one.body.frame[::2])) for one, _ in parts]
        self._frame = [b"", *_alternating(message.alternative(bodies).split(_GAP), b"")]
        self._in_text = self._pick([one for words, one in parts if not words.template.html])
        self._in_html = self._pick([one for words, one in parts if words.template.html])
        self._others = [known_value(other) for other in _others(every[1:])]

    def pressed(
        self, common: bytes, address: str, contact: Mapping[str, Any], url: str, message_id: str
    ) -> Pressed | None:
        """The message for a contact; None where its values need the long way."""
        try:
            values = (*self._read(contact), url)
        except KeyError:
            return None
        if {*map(type, values)} != _TEXT or len("".join(values)) > _SHORT or escaped(url) != url:
            return None
        head = (
            common,
            headers.mailbox("To", f"{values[0]} {values[1]}", address),
            headers.text("Subject", self._said(values)),
            headers.token("Message-ID", message_id),
            headers.token("List-Unsubscribe", f"<{url}>"),
        )
        found = [
            *map(known_value, self._in_text(values)),
            *map(_known_in_html, self._in_html(values)),
        ]
        if self._others and "" in values:
            found = [value or other for value, other in zip(found, self._others, strict=True)]
        return Pressed(self._frame, b"".join(head), found)

    def _said(self, values: Sequence[str]) -> str:
        found = self._in_subject(values)
        if self._subject_others and "" in found:
            found = [one or other for one, other in zip(found, self._subject_others, strict=True)]
        pieces = self._subject.copy()
        pieces[1::2] = found
        return "".join(pieces)

    def _pick(self, texts: Sequence[Fields]) -> _Pick:
        """How the values of the gaps of ``texts`` are taken from all of them."""
        places = {name: place for place, name in enumerate([*self._names, None])}
        wanted = [places[name] for one in texts for name in one.names]
        return itemgetter(*wanted) if len(wanted) > 1 else lambda all_: [all_[at] for at in wanted]


def _alternating(literals: Sequence[T], room: T) -> list[T]:
    pieces = [room] * (2 * len(literals) - 1)
    pieces[::2] = literals
    return pieces


def _others(texts: Sequence[Fields]) -> list[str]:
    """What is said in place of empty values, nothing when none is."""
    found = [other for one in texts for other in one.fallbacks]
    return found if any(found) else []


@lru_cache(maxsize=4096)
def _known_in_html(value: str) -> bytes:
    return known_value(escaped(value))
