"""Files as text: which encoding somebody's spreadsheet wrote, and its lines, piece by piece."""

import codecs
from collections.abc import Iterable, Iterator
from io import StringIO

from wp_bridge.errors import NotUnderstood

#: What a file may be written in; the first that fits is taken unless somebody says otherwise.
ENCODINGS = (
    *("utf-8", "utf-16", "utf-16-le", "utf-16-be", "cp1252", "iso-8859-15"),
    *("cp1250", "cp1251", "mac_roman"),
)
#: No line of a table is longer, unless it is none.
LONGEST_LINE = 4_000_000
_BOMS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)


class Broken(NotUnderstood):
    """A file that is not what it should be; its sentence says where, and what to do."""


def encoding_of(pieces: Iterable[bytes]) -> str:
    """What a file is written in: by its mark, by its zeros, or UTF-8 where every byte fits it.

    What is none of these was written by a spreadsheet of western Windows.
    """
    decoder, is_first = codecs.getincrementaldecoder("utf-8")(), True
    try:
        for piece in pieces:
            if is_first and (found := _marked(piece)):
                return found
            is_first = False
            decoder.decode(piece)
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return "cp1252"
    return "utf-8"


def _marked(head: bytes) -> str:
    for mark, encoding in _BOMS:
        if head.startswith(mark):
            return encoding
    even, odd = head[0:2000:2].count(0), head[1:2000:2].count(0)
    most = len(head[:2000]) / 4
    if odd > most and not even:
        return "utf-16-le"
    return "utf-16-be" if even > most and not odd else ""


def decoded(pieces: Iterable[bytes], encoding: str) -> Iterator[str]:
    """The text in the pieces of a file; what does not fit the encoding is shown as such."""
    decoder, is_first = codecs.getincrementaldecoder(encoding)(errors="replace"), True
    for piece in pieces:
        if text := decoder.decode(piece):
            yield text.removeprefix("\ufeff") if is_first else text
            is_first = False
    if text := decoder.decode(b"", final=True):
        yield text


def lines(texts: Iterable[str]) -> Iterator[str]:
    """The lines of a text with their ends, which may be those of Unix, Windows or an old Mac.

    Raises Broken.
    """
    rest = ""
    for text in texts:
        found = StringIO(rest + text, newline="").readlines()
        rest = "" if not found or found[-1].endswith("\n") else found.pop()
        yield from found
        if len(rest) > LONGEST_LINE:
            raise Broken("A line of the file is endless: it is no table with rows.")
    if rest:
        yield rest
