"""Tables as people's programs write them: encodings, delimiters, quotes, headers, moments."""

import tracemalloc
from collections.abc import Iterator
from datetime import UTC
from zoneinfo import ZoneInfo

import pytest

from app.contacts.models import CONTACT_FIELDS
from connectors.reading.addresses import address_in
from connectors.reading.files import columns, php, tables, wxr
from connectors.reading.files.moments import moment
from connectors.reading.files.tables import Layout
from connectors.reading.files.texts import ENCODINGS, Broken, decoded, encoding_of, lines

PLAIN = Layout("utf-8", ",", has_header=True)


def pieces(content: bytes, size: int = 7) -> list[bytes]:
    return [content[at : at + size] for at in range(0, len(content), size)]


@pytest.mark.parametrize("encoding", ENCODINGS)
def test_every_encoding_is_read_in_pieces_of_any_size(encoding: str) -> None:
    text = {"cp1251": "Привет", "cp1250": "Český"}.get(encoding, "Grüße, café")
    for size in (1, 2, 3, 1000):
        assert "".join(decoded(pieces(text.encode(encoding), size), encoding)) == text


@pytest.mark.parametrize(
    ("content", "found"),
    [
        (b"plain", "utf-8"),
        ("Grüße".encode(), "utf-8"),
        (b"\xef\xbb\xbfx", "utf-8"),
        ("Grüße".encode("cp1252"), "cp1252"),
        ("a,b\nc,d\n".encode("utf-16"), "utf-16"),
        ("a,b\nc,d\n".encode("utf-16-le"), "utf-16-le"),
        ("a,b\nc,d\n".encode("utf-16-be"), "utf-16-be"),
        (b"x" * 100 + b"\xff", "cp1252"),
        (b"x" * 9 + "ü".encode()[:1], "cp1252"),
        (b"", "utf-8"),
    ],
)
def test_what_a_file_is_written_in(content: bytes, found: str) -> None:
    assert encoding_of(pieces(content, 100)) == found


def test_lines_end_as_on_any_system() -> None:
    for size in (1, 2, 3, 50):
        text = "a\r\nb\rc\nd\x0be\x85f\u2028g\r\n\r\nh"
        cut = [text[at : at + size] for at in range(0, len(text), size)]
        assert list(lines(cut)) == ["a\r\n", "b\r", "c\n", "d\x0be\x85f\u2028g\r\n", "\r\n", "h"]


@pytest.mark.parametrize(
    ("head", "delimiter", "has_header"),
    [
        ("email,name\na@x.com,A\n", ",", True),
        ("email;amount\na@x.com;1,50\nb@x.com;2,50\n", ";", True),
        ("email\tname\na@x.com\tA, B\n", "\t", True),
        ("email|name\na@x.com|A;B\n", "|", True),
        ("sep=;\r\nemail;name\r\na@x.com;A,B\r\n", ";", True),
        ('"a, b";email\n"x, y";a@x.com\n', ";", True),
        ("a@x.com;A\nb@x.com;B\n", ";", False),
        ("a@x.com\n", ",", False),
        ("email\n", ",", True),
        ("", ",", True),
    ],
)
def test_how_a_table_is_written(head: str, delimiter: str, has_header: bool) -> None:
    found = tables.layout_of(head.encode(), "utf-8", is_whole=True)
    assert (found.delimiter, found.has_header) == (delimiter, has_header)


def test_rows_are_numbered_as_spreadsheets_do() -> None:
    content = b'sep=,\r\nemail,note\r\n\r\na@x.com,"1\r\n2"\r\n , \r\nb@x.com\r\nc@x.com,x,more\r\n'
    found = [(row.number, dict(row.cells), row.is_torn) for row in tables.rows([content], PLAIN)]
    assert found == [
        (4, {"email": "a@x.com", "note": "1\r\n2"}, False),
        (6, {"email": "b@x.com"}, False),
        (7, {"email": "c@x.com", "note": "x"}, True),
    ]
    assert tables.count([content], PLAIN) == 3


def test_columns_have_names_of_their_own() -> None:
    content = b"email,,Name,Name,  a\x00 b ,\xe2\x80\xaex," + b"l" * 300 + b"\n"
    found = tables.columns([content], PLAIN)
    assert found == ["email", "Column 2", "Name", "Name (2)", "a b", "x", "l" * 100]


def test_a_quotation_mark_that_is_never_closed_is_found() -> None:
    for content in (b'email\n"a@x.com\nb@x.com\n', b'email\n"a@x.com'):
        with pytest.raises(Broken, match="row 2"):
            list(tables.rows([content], PLAIN))
    assert [row.number for row in tables.rows([b'email\n"a@x.com"'], PLAIN)] == [2]
    assert [row.number for row in tables.rows([b'email\na"b@x.com\nc@x.com'], PLAIN)] == [2, 3]


@pytest.mark.parametrize(
    ("names", "cells", "found"),
    [
        (["Kunden-Nr", "E-Mail"], ["1", "a@x.com"], "E-Mail"),
        (["Email Marketing", "Contact"], ["yes", "a@x.com"], "Contact"),
        (["Courriel", "Nom"], ["a@x.com", "A"], "Courriel"),
        (["Correo electrónico", "x"], ["a@x.com", "b@x.com"], "Correo electrónico"),
        (["a", "b"], ["1", "mailto:a@x.com"], "b"),
        (["Mail", "b"], ["", ""], "Mail"),
        (["a", "b"], ["", ""], ""),
    ],
)
def test_the_column_with_the_address(names: list[str], cells: list[str], found: str) -> None:
    sample = [dict(zip(names, cells, strict=True))]
    assert columns.email_column(names, sample) == found


@pytest.mark.parametrize(
    ("cell", "found"),
    [
        (" A@x.com\u200b ", "A@x.com"),
        ("Zoë <z@x.com>", "z@x.com"),
        ("MAILTO:a@x.com", "a@x.com"),
        ("<>", "<>"),
        ("a@x.com <b", "a@x.com <b"),
        ("", ""),
    ],
)
def test_addresses_in_cells(cell: str, found: str) -> None:
    assert address_in(cell) == found


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("2024-05-01 10:00:00", "2024-05-01T08:00:00Z"),
        ("2024-05-01T10:00:00Z", "2024-05-01T10:00:00Z"),
        ("01.05.2024 10:00", "2024-05-01T08:00:00Z"),
        ("May 1, 2024 3:04 pm", "2024-05-01T13:04:00Z"),
        ("May 1, 2024 at 3:04 pm", "2024-05-01T13:04:00Z"),
        ("5/6/2024 3:04 PM", "2024-05-06T13:04:00Z"),
        ("13/5/2024", "2024-05-12T22:00:00Z"),
        ("5/6/2024", ""),
        ("31/31/2024", ""),
        ("0000-00-00 00:00:00", ""),
        ("yesterday", ""),
        ("01.01.0001", ""),
        ("9999-12-31 23:59:59 pm", ""),
        ("", ""),
    ],
)
def test_moments(text: str, found: str) -> None:
    assert moment(text, ZoneInfo("Europe/Berlin")) == found
    assert moment("2024-05-01", UTC) == "2024-05-01T00:00:00Z"


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("plain", "plain"),
        ("a:0:{}", []),
        ('a:2:{i:0;s:6:"Äpf";";i:1;i:7;}', ['Äpf";', "7"]),
        ('a:1:{s:1:"k";a:1:{i:0;b:1;}}', {"k": ["1"]}),
        ('a:1:{s:1:"k";N;}', {"k": ""}),
        ('a:1:{s:1:"k";O:3:"Foo":0:{}}', 'a:1:{s:1:"k";O:3:"Foo":0:{}}'),
        ('a:9999999:{s:1:"k"', 'a:9999999:{s:1:"k"'),
        ('s:99:"short";', 's:99:"short";'),
        ("a:1:{" * 50, "a:1:{" * 50),
        ('s:1:"é";', 's:1:"é";'),
        ("i:5", "i:5"),
        ("s: a sentence", "s: a sentence"),
    ],
)
def test_values_of_php(text: str, found: object) -> None:
    assert php.value(text) == found


def many_rows(count: int) -> Iterator[bytes]:
    yield b"email,name\n"
    for start in range(0, count, 1000):
        rows = (f'p{n}@example.com,"Person, {n}"\n' for n in range(start, start + 1000))
        yield "".join(rows).encode()


def many_posts(count: int) -> Iterator[bytes]:
    yield b"<rss><channel>"
    for start in range(0, count, 100):
        metas = "<wp:postmeta><wp:meta_key>_x</wp:meta_key><wp:meta_value>y</wp:meta_value>" * 1
        item = f"<item><wp:post_type>post</wp:post_type>{metas}</wp:postmeta></item>"
        yield (item * 100).encode() + f"<!-- {start} -->".encode()
    yield b"</channel></rss>"


@pytest.mark.timeout(300)
def test_memory_does_not_grow_with_the_file() -> None:
    peaks = []
    for count in (20_000, 200_000):
        tracemalloc.start()
        assert tables.count(many_rows(count), PLAIN) == count
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert peaks[1] < peaks[0] + 1_000_000
    peaks = []
    for count in (2_000, 20_000):
        tracemalloc.start()
        assert sum(1 for _ in wxr.parts(many_posts(count))) == count
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert peaks[1] < peaks[0] + 1_000_000


@pytest.mark.parametrize("name", CONTACT_FIELDS)
def test_our_own_names_of_fields_are_known(name: str) -> None:
    """As in our own lists of contacts, and with a space or as a title."""
    for spelled in (name, name.replace("_", " "), name.upper()):
        (found,) = columns.fields([spelled], columns.Roles())
        assert found.target == name, spelled
