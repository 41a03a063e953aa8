"""Tokens in return paths: short, of no case, not to be forged, and found again in any text."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.rules import email_address
from app.rules.mail import verp

KEY, OTHER = b"k" * 32, b"o" * 32
PATH = "bounces+{token}@bounces.example.com"
attempts = st.integers(min_value=0, max_value=2**62)


@given(attempts)
def test_an_address_names_its_attempt_in_any_case(attempt: int) -> None:
    address = verp.address(PATH, KEY, attempt)
    assert verp.attempts_in(address.upper(), [KEY]) == [attempt]
    assert verp.attempts_in(f"to <{address}>, and again: {address}", [OTHER, KEY]) == [attempt]
    assert len(address.partition("@")[0]) <= 64
    assert email_address.parse(address) is not None


@given(attempts, st.integers(0, 15), st.sampled_from("abcdefghijklmnopqrstuvwxyz234567"))
def test_what_was_touched_names_nobody(attempt: int, at: int, letter: str) -> None:
    token = verp.token(KEY, attempt)
    number, _, mac = token.partition("-")
    touched = mac[:at] + letter + mac[at + 1 :]
    found = verp.attempts_in(f"bounces+{number}-{touched}@b.example.com", [KEY])
    assert found == ([attempt] if touched == mac else [])


def test_another_key_makes_other_tokens() -> None:
    assert verp.attempts_in(verp.address(PATH, OTHER, 7), [KEY]) == []
    assert verp.token(KEY, 7) != verp.token(OTHER, 7)


def test_the_number_of_another_attempt_is_not_believed() -> None:
    mac = verp.token(KEY, 7).partition("-")[2]
    assert verp.attempts_in(f"b+8-{mac}@b.example.com", [KEY]) == []
    assert verp.attempts_in(f"b+07-{mac}@b.example.com", [KEY]) == []


def test_several_are_found_in_order_and_once() -> None:
    text = " ".join(verp.address(PATH, KEY, attempt) for attempt in (9, 3, 9))
    assert verp.attempts_in(text, [KEY]) == [9, 3]


@pytest.mark.parametrize(
    ("path", "words"),
    [
        (PATH, ""),
        ("{token}@b.example.com", ""),
        ("b-{token}-x@b\u00fccher.example", ""),
        ("bounces@b.example.com", "once, before the @"),
        ("{token}{token}@b.example.com", "once, before the @"),
        ("bounces@{token}.example.com", "once, before the @"),
        ("{token}@{token}.example.com", "once, before the @"),
        ("x" * 35 + "+{token}@b.example.com", "room for 35"),
        ("bounces{token}@b.example.com", "set off"),
        ("{token}x@b.example.com", "set off"),
        ("b\u00fc+{token}@b.example.com", "e-mail address"),
        ("b+{token}@", "e-mail address"),
        ("b +{token}@b.example.com", "e-mail address"),
        ("b+{token}@b.example.com\r\nRCPT", "e-mail address"),
    ],
)
def test_what_may_be_a_return_path(path: str, words: str) -> None:
    sentence = verp.mistake(path)
    assert (words in sentence) if words else (sentence == "")
