"""A few first: when the others follow, and when the campaign halts itself."""

from datetime import UTC, datetime, timedelta

import pytest

from app.rules.health.canary import Seen, Verdict, due_by, from_words, judge
from app.rules.health.guards import Figures

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
CANARY = from_words({"share": 0.1, "wait_minutes": 30})


def test_how_many_go_first() -> None:
    assert [CANARY.size(n) for n in (1, 5, 10, 11, 1000)] == [1, 1, 1, 2, 100]
    counted = from_words({"count": 50, "wait_minutes": 0})
    assert [counted.size(n) for n in (20, 50, 1000)] == [20, 50, 50]


def test_all_must_be_sent_and_time_must_pass() -> None:
    sending = Seen(100, 3, Figures(accepted=97), NOW - timedelta(hours=2))
    assert judge(CANARY, sending, NOW) == Verdict("testing", "3 of 100 are still to be sent")
    sent = Seen(100, 0, Figures(accepted=100), NOW - timedelta(minutes=29))
    waiting = judge(CANARY, sent, NOW)
    assert (waiting.state, waiting.goes_on_at) == ("testing", NOW + timedelta(minutes=1))
    assert judge(CANARY, sent, NOW + timedelta(minutes=1)).state == "passed"


@pytest.mark.parametrize(
    ("figures", "says"),
    [
        (Figures(accepted=95, bounced=5), "5 of 100 mails (5 %) were returned for good"),
        (Figures(accepted=100, complained=1), "1 of 100 mails (1 %) were complained about"),
        (Figures(accepted=80, deferred=20), "20 of 100 mails (20 %) were put off"),
        (Figures(accepted=98, unknown=2), "2 of 100 mails (2 %) were left without an answer"),
    ],
)
def test_it_halts_itself_and_says_why(figures: Figures, says: str) -> None:
    found = judge(CANARY, Seen(100, 0, figures, NOW), NOW)
    assert found.state == "halted"
    assert found.why.startswith(says), found.why


def test_it_does_not_wait_for_the_end_when_it_is_sure() -> None:
    assert judge(CANARY, Seen(100, 90, Figures(accepted=6, bounced=4), NOW), NOW).state == "testing"
    assert judge(CANARY, Seen(100, 90, Figures(accepted=5, bounced=5), NOW), NOW).state == "halted"


def test_limits_of_its_own() -> None:
    brave = from_words({"count": 10, "wait_minutes": 0, "limits": {"bounce": 0.6}})
    seen = Seen(10, 0, Figures(accepted=5, bounced=5), NOW)
    assert judge(brave, seen, NOW).state == "passed"


def test_while_it_is_tested_only_canaries_are_due() -> None:
    words = {"state": "testing", "rest_from": NOW.isoformat()}
    earlier = NOW - timedelta(minutes=1)
    assert due_by(words, earlier) == earlier
    assert due_by(words, NOW) < NOW
    assert due_by(words, NOW + timedelta(days=1)) < NOW
    for state in ("passed", "halted"):
        assert due_by(words | {"state": state}, NOW) == NOW
    assert due_by(None, NOW) == NOW
