"""Addresses: the short way for usual ones says what the long way says."""

import re

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from app.rules import email_address

_LETTERS = st.text("aB9_+-.'\u00e9 ", max_size=10)
_HOSTS = st.text("aZ0-.x", max_size=12)
_ENDS = st.sampled_from(["", ".com", ".DE", ".c", ".c0m", ".xn--p1ai", ".com.", "..com"])


@given(local=_LETTERS, host=_HOSTS, end=_ENDS)
@example("a" * 64, "b", ".com")
@example("a" * 65, "b", ".com")
@example("a", "b" * 63, ".com")
@example("a", "b" * 64, ".com")
@example("a", ".".join(["b" * 62] * 4), ".com")
@example("a..b", "c", ".com")
@example("a.", "c", ".com")
def test_the_short_way_is_the_long_way(local: str, host: str, end: str) -> None:
    value = f" {local}@{host}{end} "
    short = email_address.parse(value)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(email_address, "_USUAL", re.compile("(?!)"))
        assert email_address.parse(value) == short
    assert email_address.normal(value) == (short.address if short else None)


def test_usual_ones_take_the_short_way() -> None:
    assert email_address._USUAL.fullmatch("Ada.Lovelace+news_1@mail.Example-Shop.co.uk")
    assert not email_address._USUAL.fullmatch("o'hara@example.com")
