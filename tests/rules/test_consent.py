"""Which "no" outranks which."""

import pytest

from app.contacts.models import STATUSES
from app.rules import consent
from sync import mapping

#: What is known (row) and asked for (column) -> what it becomes.
TABLE = """
known         pending       active        unsubscribed  bounced       invalid       complained
pending       pending       active        unsubscribed  bounced       invalid       complained
active        active        active        unsubscribed  bounced       invalid       complained
unsubscribed  unsubscribed  unsubscribed  unsubscribed  unsubscribed  unsubscribed  complained
bounced       bounced       bounced       unsubscribed  bounced       bounced       complained
invalid       invalid       invalid       unsubscribed  bounced       invalid       complained
complained    complained    complained    complained    complained    complained    complained
"""
_HEAD, *_ROWS = (line.split() for line in TABLE.strip().splitlines())
MERGED = {
    (row[0], asked): becomes
    for row in _ROWS
    for asked, becomes in zip(_HEAD[1:], row[1:], strict=True)
}


@pytest.mark.parametrize(("known", "asked"), MERGED)
def test_what_a_machine_may_ask_for(known: str, asked: str) -> None:
    assert consent.merged(known, asked) == MERGED[known, asked]


def test_the_table_is_whole() -> None:
    assert set(MERGED) == {(known, asked) for known in STATUSES for asked in STATUSES}


def test_a_no_is_the_same_here_and_in_a_sync() -> None:
    assert {status for status in STATUSES if consent.is_no(status)} == mapping.CLOSED


@pytest.mark.parametrize(
    ("reason", "statuses"),
    [
        ("invalid", {"pending", "active"}),
        ("bounced", {"pending", "active", "invalid"}),
        ("manual", {"pending", "active", "invalid", "bounced"}),
        ("unsubscribed", {"pending", "active", "invalid", "bounced"}),
        ("complained", {"pending", "active", "invalid", "bounced", "unsubscribed"}),
    ],
)
def test_what_gives_way(reason: str, statuses: set[str]) -> None:
    assert set(consent.gives_way(reason)) == statuses
