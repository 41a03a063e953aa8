"""What pressferry adds to the words of a template, and how parts make one message."""

import re
from collections.abc import Sequence

from markupsafe import escape

from app.rules.mail import plain_text
from app.rules.mail.transfer import Body

#: Stands in no encoded body: ``=_`` is neither quoted-printable nor base64.
_BOUNDARY = "=_pressferry_alternative"

_BEGIN = f'Content-Type: multipart/alternative; boundary="{_BOUNDARY}"\r\n\r\n'.encode()
_BETWEEN, _END = f"--{_BOUNDARY}\r\n".encode(), f"--{_BOUNDARY}--\r\n".encode()

_LIQUID = re.compile(r"(\{\{.*?\}\}|\{%.*?%\})", re.DOTALL)
_COMMENT_OR_TAG = re.compile(
    r"<!--.*?-->|<(?P<tag>/?(?:body|head|html))\b(?:\{\{.*?\}\}|\{%.*?%\}|\"[^\"]*\"|'[^']*'|[^>])*?>"
    r"|<!doctype[^>]*>",
    re.DOTALL | re.IGNORECASE,
)
_PREHEADER = (
    '<div style="display:none;font-size:1px;line-height:1px;max-height:0;max-width:0;'
    'opacity:0;overflow:hidden;mso-hide:all">{}' + "&#847;&zwnj;&nbsp;" * 20 + "</div>"
)
_HTML_FOOTER = (
    '<p style="margin:24px 0;text-align:center;font:13px/1.5 Arial,sans-serif;color:#595959">'
    '<a href="{{ unsubscribe_url }}" style="color:#595959">Unsubscribe</a></p>'
)
_TEXT_FOOTER = "\n-- \nUnsubscribe: {{ unsubscribe_url }}\n"


def text_of(html: str, text: str) -> str:
    """The text part's template: the one given, else one made from the HTML."""
    return text if text.strip() or not html.strip() else plain_text.from_html(html)


def with_preheader(html: str, preheader: str) -> str:
    """The HTML template with the preheader, unseen, as the first thing in its body."""
    if not preheader.strip():
        return html
    at = _place(html, ("body", "/head", "html", "doctype"), first=True)
    return html[:at] + _PREHEADER.format(_escaped(preheader)) + html[at:]


def with_html_footer(html: str, *, at_end: bool = False) -> str:
    """The HTML template with an unsubscribe link where its body ends, or at its very end."""
    at = len(html) if at_end else _place(html, ("/body", "/html"), first=False)
    return html[:at] + _HTML_FOOTER + html[at:]


def with_text_footer(text: str) -> str:
    """The text template with an unsubscribe link at its end."""
    return text.rstrip("\n") + "\n" + _TEXT_FOOTER


def content_headers(subtype: str, body: Body) -> bytes:
    """The headers of one part."""
    return (
        f'Content-Type: text/{subtype}; charset="utf-8"\r\n'
        f"Content-Transfer-Encoding: {body.encoding}\r\n\r\n"
    ).encode()


def alternative(parts: Sequence[tuple[bytes, bytes]]) -> bytes:
    """Content headers and encoded body of each part, plainest first -> the rest of a message."""
    if len(parts) == 1:
        return parts[0][0] + parts[0][1]
    pieces = [_BEGIN]
    for headers, body in parts:
        pieces += (_BETWEEN, headers, body, b"\r\n")
    pieces.append(_END)
    return b"".join(pieces)


def _escaped(source: str) -> str:
    pieces = _LIQUID.split(source)
    return "".join(
        piece if at % 2 else str(escape(" ".join(piece.split("\n"))))
        for at, piece in enumerate(pieces)
    )


def _place(html: str, wanted: Sequence[str], *, first: bool) -> int:
    """After the first such tag, or before the last one; else at the start, or at the end."""
    found: dict[str, tuple[int, int]] = {}
    for match in _COMMENT_OR_TAG.finditer(html):
        if match[0].startswith("<!--"):
            continue
        name = (match["tag"] or "doctype").lower()
        if not first or name not in found:
            found[name] = match.span()
    for name in wanted:
        if name in found:
            return found[name][1 if first else 0]
    return 0 if first else len(html)
