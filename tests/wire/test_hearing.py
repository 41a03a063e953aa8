"""Replies are put together however the network cuts them, and nothing else passes for one."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.wire.hearing import LONGEST_LINE, LONGEST_TEXT, Ear, Garbled, Heard, tidy

WORDS = st.text(st.characters(codec="utf-8", exclude_characters="\r\n"), max_size=20)
REPLIES = st.lists(
    st.tuples(st.integers(200, 599), st.lists(WORDS, min_size=1, max_size=4)), max_size=6
)


@given(REPLIES, st.lists(st.integers(0, 400), max_size=8), st.sampled_from(["\r\n", "\n"]))
def test_cuts_change_nothing(
    replies: list[tuple[int, list[str]]], cuts: list[int], end: str
) -> None:
    text = "".join(
        f"{code}{'-' if n < len(lines) - 1 else ' '}{line}{end}"
        for code, lines in replies
        for n, line in enumerate(lines)
    ).encode()
    edges = sorted({0, len(text), *(cut for cut in cuts if cut < len(text))})
    ear, heard = Ear(), list[Heard]()
    for start, stop in pairwise(edges):
        heard += ear.listen(text[start:stop])
    assert [code for code, _ in heard] == [code for code, _ in replies]
    for (_, words), (_, lines) in zip(heard, replies, strict=True):
        assert words == b" ".join(line.encode().strip() for line in lines)


@pytest.mark.parametrize("line", [b"250\r\n", b"250 \r\n", b"250\n"])
def test_a_reply_may_have_no_words(line: bytes) -> None:
    assert Ear().listen(line) == [(250, b"")]


@pytest.mark.parametrize(
    "line",
    [
        b"\r\n",
        b"25\r\n",
        b"hello\r\n",
        b"2500 ok\r\n",
        b"199 ok\r\n",
        b"600 ok\r\n",
        b"\xb2\xb20 x\r\n",
        b"x" * (LONGEST_LINE + 1),
        b"250 " + b"x" * LONGEST_LINE + b"\r\n",
        b"250-more\r\n" * 300,
    ],
)
def test_what_is_no_reply_is_said_to_be_none(line: bytes) -> None:
    ear = Ear()
    with pytest.raises(Garbled) as error:
        ear.listen(b"250 good\r\n" + line)
    assert error.value.heard == [(250, b"good")]


@given(st.one_of(st.binary(max_size=900), st.text(max_size=900)))
def test_tidy_words_are_one_bounded_storable_line(words: bytes | str) -> None:
    text = tidy(words)
    assert len(text) <= LONGEST_TEXT
    assert len(text.splitlines()) <= 1
    assert "\x00" not in text
    text.encode()
