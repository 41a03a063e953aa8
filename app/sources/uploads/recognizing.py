"""What somebody brought, by its first bytes: a kind of file that is read, or why not."""

from app.errors import Unsupported
from connectors.reading.files.texts import encoding_of

_WORKBOOK = "This is an Excel workbook: save it as CSV (UTF-8), and bring that."
#: How files begin that are often brought by mistake, and what to do.
_OTHERS = (
    (b"PK\x03\x04", _WORKBOOK[:-1] + "; a ZIP archive has to be unpacked first."),
    (b"\xd0\xcf\x11\xe0", _WORKBOOK),
    (b"\x1f\x8b", "This is packed (gzip): unpack it, and bring what was in it."),
    (b"%PDF", "This is a PDF: export the people as CSV, and bring that."),
    (b"{", "This is JSON, not a table: export CSV, or post it to a webhook of a site."),
    (b"[{", "This is JSON, not a table: export CSV, or post it to a webhook of a site."),
    (
        b"<!doctype html",
        "This is a web page: the export asked for a login. Log in, and save the file.",
    ),
    (b"<html", "This is a web page: the export asked for a login. Log in, and save the file."),
)
_XML = (b"<?xml", b"<rss")


def kind_of(head: bytes) -> str:
    """The kind of a file that begins like this. Raises Unsupported."""
    start = head.removeprefix(b"\xef\xbb\xbf").lstrip()[:200].lower()
    for beginning, sentence in _OTHERS:
        if start.startswith(beginning.lower()):
            raise Unsupported(sentence)
    if start.startswith(_XML):
        return "wxr"
    if b"\0" in head and not encoding_of([head]).startswith("utf-16"):
        raise Unsupported("This is no text: bring a CSV file, or WordPress' own export (WXR).")
    return "csv"
