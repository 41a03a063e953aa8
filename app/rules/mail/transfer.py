"""Text in the form a mail carries it: lines that every server passes on unchanged.

A body is encoded once around its variables; what a variable brings is encoded by itself and can
neither start a line with a dot nor end one, so dot-stuffing, bare CR or LF and line length are
settled here, whatever a contact is called.
"""

import re
from base64 import b64encode
from collections.abc import Sequence
from functools import lru_cache

_LINE = 76
_SHORT = 100
_SOFT = b"=\r\n"
_UNSAFE = re.compile(rb"[^ !\"#$%&'()*+,\-/0-9:;<>?@A-Z\[\\\]^_`a-z{|}~]")
_UNSAFE_LITERAL = re.compile(rb"[^\t !\"#$%&'()*+,\-./0-9:;<>?@A-Z\[\\\]^_`a-z{|}~]")
_HEX = {bytes((byte,)): b"=%02X" % byte for byte in range(256)}
#: Nothing but full stops and equals signs has to be encoded in it: links and addresses.
_NEARLY_PLAIN = re.compile(r"[ !#$%&'()*+,./0-9:;<=>?@A-Z\[\]^_`a-z{|}~-]{0,400}")
_PLAIN = re.compile(r"[ !#$%&'()*+,/0-9:;<>?@A-Z\[\]^_`a-z{|}~-]{0,72}")
_NEWLINE = re.compile(r"\r\n|\r|\n")


class Body:
    """A text with gaps, ready to be filled: ``literals`` with a gap between each two.

    Quoted-printable, or base64 where most of it is not ASCII.
    """

    def __init__(self, literals: Sequence[str]) -> None:
        whole = "".join(literals)
        extra = len(whole.encode("utf-8", "replace")) - len(whole)
        self.encoding = "base64" if extra * 3 > len(whole) else "quoted-printable"
        self._literals = [_NEWLINE.sub("\n", literal) for literal in literals]
        if not self._literals[-1].endswith("\n"):
            self._literals[-1] += "\n"
        #: Quoted-printable: the encoded literals, and between each two of them room for a value.
        self.frame = [b""] * (2 * len(literals) - 1)
        self.frame[::2] = _encoded_literals(self._literals)

    def fill(self, values: Sequence[str]) -> bytes:
        """The encoded body with ``values`` in its gaps; ends with CRLF."""
        if self.encoding == "base64":
            return self._base64(values)
        pieces = self.frame.copy()
        pieces[1::2] = [
            known_value(value) if len(value) < _SHORT else _encoded_value(value) for value in values
        ]
        return b"".join(pieces)

    def _base64(self, values: Sequence[str]) -> bytes:
        pairs = zip(self._literals, [*values, ""], strict=True)
        text = _NEWLINE.sub("\r\n", "".join(literal + value for literal, value in pairs))
        data = b64encode(text.encode("utf-8", "replace"))
        lines = [data[at : at + _LINE] for at in range(0, len(data), _LINE)]
        return b"\r\n".join([*lines, b""])


def _encoded_literals(literals: Sequence[str]) -> list[bytes]:
    *middle, last = literals
    return [_literal(one, b"=\r\n") for one in middle] + [_literal(last, b"")]


def _literal(text: str, end: bytes) -> bytes:
    """Quoted-printable that begins at the start of a line and leaves the next one there too."""
    lines = [_wrapped(_literal_line(line)) for line in text.split("\n")]
    closing = end if lines[-1] else b""
    return b"\r\n".join(lines) + closing


def _literal_line(line: str) -> bytes:
    data = _UNSAFE_LITERAL.sub(lambda found: _HEX[found[0]], line.encode("utf-8", "replace"))
    if data.endswith((b" ", b"\t")):
        data = data[:-1] + _HEX[data[-1:]]
    return data


def _wrapped(data: bytes) -> bytes:
    lines = []
    while len(data) > _LINE - 3:
        end = _whole(data, _LINE - 3)
        lines.append(_shielded(data[:end]))
        data = data[end:]
    return _SOFT.join([*lines, _shielded(data)])


def _shielded(line: bytes) -> bytes:
    """No line starts with what SMTP or a mailbox file would take for its own."""
    if line.startswith(b"."):
        return b"=2E" + line[1:]
    return b"=46" + line[1:] if line.startswith(b"From ") else line


@lru_cache(maxsize=4096)
def known_value(value: str) -> bytes:
    """A short value for a gap of quoted-printable: the same few names, cities and countries come
    again and again.
    """
    return _encoded_value(value) if value else b""


def _encoded_value(value: str) -> bytes:
    if _PLAIN.fullmatch(value):
        return value.encode() + _SOFT
    if _NEARLY_PLAIN.fullmatch(value):
        data = value.encode().replace(b"=", b"=3D").replace(b".", b"=2E")
    else:
        text = _NEWLINE.sub("\r\n", value)
        data = _UNSAFE.sub(lambda found: _HEX[found[0]], text.encode("utf-8", "replace"))
    if len(data) < _LINE:
        return data + _SOFT
    lines = []
    start = 0
    while len(data) - start > _LINE - 1:
        end = _whole(data, start + _LINE - 1)
        lines.append(data[start:end])
        start = end
    return _SOFT.join([*lines, data[start:], b""])


def _whole(data: bytes, end: int) -> int:
    """The last place up to ``end`` that is not inside of an escape."""
    if data[end - 1 : end] == b"=":
        return end - 1
    return end - 2 if data[end - 2 : end - 1] == b"=" else end
