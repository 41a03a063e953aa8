"""Bodies: whatever stands in their gaps, every server passes them on as they are."""

import base64
import quopri
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.rules.mail.transfer import Body

_PIECE = st.text(st.characters(exclude_categories=["Cs"]), max_size=200)


def newlines(text: str) -> str:
    return re.sub(r"\r\n|\r|\n", "\r\n", text)


def decoded(body: Body, data: bytes) -> str:
    raw = base64.b64decode(data) if body.encoding == "base64" else quopri.decodestring(data)
    return raw.decode()


def well_formed(data: bytes) -> None:
    assert data.endswith(b"\r\n")
    lines = data.removesuffix(b"\r\n").split(b"\r\n")
    for line in lines:
        assert b"\r" not in line
        assert b"\n" not in line
        assert len(line) <= 76
        assert line.isascii()
        assert not line.startswith(b".")
        assert not line.endswith((b" ", b"\t"))
        assert b"\x00" not in line


def expected(literals: list[str], values: list[str]) -> str:
    """What must come out; newlines that only meet at a gap stay two."""
    pairs = zip(literals, [*values, ""], strict=True)
    whole = "".join(newlines(literal) + newlines(value) for literal, value in pairs)
    return whole if literals[-1].endswith(("\n", "\r")) else whole + "\r\n"


@given(st.lists(st.tuples(_PIECE, _PIECE), max_size=5), _PIECE)
def test_a_body_comes_back(pairs: list[tuple[str, str]], last: str) -> None:
    literals, values = [p[0] for p in pairs] + [last], [p[1] for p in pairs]
    body = Body(literals)
    data = body.fill(values)
    well_formed(data)
    if body.encoding == "quoted-printable":
        assert decoded(body, data) == expected(literals, values)
    else:
        flat = "".join(a + b for a, b in zip(literals, [*values, ""], strict=True))
        assert newlines(decoded(body, data)).strip() == newlines(flat).strip()


SMUGGLED = "\r\n.\r\nMAIL FROM:<evil@example.com>\r\nRCPT TO:<you@example.com>\r\nDATA\r\n"


@pytest.mark.parametrize(
    "value",
    [
        SMUGGLED,
        "\n.\n",
        "\r.\r",
        ".",
        "..",
        "\r\n.",
        "From me\nFrom you",
        "--=_pressferry_alternative--\r\n",
        "\x00",
        "=3D=\r\n",
        " ",
        "\t",
        "x" * 100_000,
        "ä" * 100_000,
        "=" * 1_000,
        "👩‍🚀 שלום 日本語\u202e",
        "\x0b\x0c\x85\u2028\u2029",
    ],
)
@pytest.mark.parametrize("around", ["", "text ", "text\n", ".", "日本語日本語日本語"])
def test_no_value_leaves_its_gap(value: str, around: str) -> None:
    body = Body([around, around])
    data = body.fill([value])
    well_formed(data)
    assert decoded(body, data) == expected([around, around], [value])
    assert b"--=_pressferry" not in data


@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        ("Hello", "quoted-printable"),
        ("Grüße aus Köln, es ist schön hier", "quoted-printable"),
        ("日本語の本文です。これは長い文章です。", "base64"),
        ("Привет, как дела?", "base64"),
        ("", "quoted-printable"),
    ],
)
def test_the_encoding_fits_the_text(text: str, encoding: str) -> None:
    body = Body([text])
    assert body.encoding == encoding
    assert decoded(body, body.fill([])).strip() == text


def test_literals_are_shielded_too() -> None:
    literal = "..\n.\nFrom here\nend of line \n\ttab\t\n" + "." * 200 + "\n" + "é=" * 60
    data = Body([literal]).fill([])
    well_formed(data)
    assert quopri.decodestring(data).decode() == newlines(literal) + "\r\n"
    assert b"\nFrom " not in data


def test_broken_unicode_does_not_stop_a_mail() -> None:
    well_formed(Body(["a\ud800", ""]).fill(["\udfff"]))
    well_formed(Body(["日本語\ud800", ""]).fill(["\udfff"]))
