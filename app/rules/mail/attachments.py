"""Files in a mail: those that are shown inside of it, and those that hang on it."""

import re
from base64 import b64encode
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import quote

#: Stand in no encoded body (``=_`` is neither quoted-printable nor base64) and not in each other.
_RELATED = b"=_pressferry_related"
_MIXED = b"=_pressferry_mixed"

_TYPE = re.compile(r"[a-z0-9][a-z0-9!#$&^_.+-]{0,63}/[a-z0-9][a-z0-9!#$&^_.+-]{0,63}")
_CONTENT_ID = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~.@-]{1,120}")
_PLAIN_NAME = re.compile(r"[A-Za-z0-9 !#$&+.^_`{}~()@,-]{1,60}")
_LINE = 76
_PIECE = 60


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file. ``content_id``: the HTML shows it as ``cid:...``; "" hangs it on the mail."""

    name: str
    type: str
    content: bytes
    content_id: str = ""


def faults(one: Attachment) -> str:
    """Why this cannot be attached, "" when it can."""
    if not _TYPE.fullmatch(one.type):
        return "type: Is no content type such as application/pdf."
    if one.type.startswith(("multipart/", "message/")):
        return "type: Mails cannot hang on a mail in this way: take application/octet-stream."
    if one.content_id and not _CONTENT_ID.fullmatch(one.content_id):
        return "content_id: Takes letters, digits and .@_- only."
    return ""


def assembled(words: bytes, files: Sequence[Attachment]) -> bytes:
    """Content headers and body of the ``words`` with their files: the rest of a mail."""
    inline = [_part(one) for one in files if one.content_id]
    hanging = [_part(one) for one in files if not one.content_id]
    if inline:
        words = _joined("related", _RELATED, [words, *inline])
    return _joined("mixed", _MIXED, [words, *hanging]) if hanging else words


def _joined(kind: str, boundary: bytes, parts: Sequence[bytes]) -> bytes:
    head = b'Content-Type: multipart/%s; boundary="%s"\r\n\r\n' % (kind.encode(), boundary)
    pieces = [b"--%s\r\n%s\r\n" % (boundary, part) for part in parts]
    return b"".join([head, *pieces, b"--%s--\r\n" % boundary])


def _part(one: Attachment) -> bytes:
    lines = [
        f"Content-Type: {one.type}",
        "Content-Transfer-Encoding: base64",
        f"Content-Disposition: {'inline' if one.content_id else 'attachment'};",
        f" {_filename(one.name)}",
    ]
    if one.content_id:
        lines.append(f"Content-ID: <{one.content_id}>")
    data = b64encode(one.content)
    body = b"\r\n".join(data[at : at + _LINE] for at in range(0, len(data), _LINE))
    return "\r\n".join([*lines, "", ""]).encode() + body


def _filename(name: str) -> str:
    """RFC 2231, in pieces where it is long; plain where every mail program reads it."""
    if _PLAIN_NAME.fullmatch(name):
        return f'filename="{name}"'
    pieces = ["utf-8''"]
    for letter in name:
        coded = quote(letter, safe="", errors="replace")
        if len(pieces[-1]) + len(coded) > _PIECE:
            pieces.append("")
        pieces[-1] += coded
    if len(pieces) == 1:
        return f"filename*={pieces[0]}"
    return ";\r\n ".join(f"filename*{number}*={piece}" for number, piece in enumerate(pieces))
