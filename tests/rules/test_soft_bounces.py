"""When mails that came back for now add up."""

import pytest

from app.rules.replies import reply as meanings
from app.rules.replies import soft_bounces
from app.rules.replies.meaning import Verdict

FULL, STRANGE, LATE = "full", "undetermined", "given_up"


@pytest.mark.parametrize(
    ("kinds", "enough"),
    [
        ([], False),
        ([STRANGE], False),
        ([STRANGE] * 2, True),
        ([FULL] * 2, False),
        ([FULL] * 3, True),
        ([LATE] * 4, False),
        ([LATE] * 5, True),
        ([STRANGE, FULL, FULL], False),
        ([STRANGE, FULL, FULL, LATE, LATE], True),
    ],
)
def test_how_many_are_enough(kinds: list[str], enough: bool) -> None:
    assert soft_bounces.is_enough(kinds) == enough


@pytest.mark.parametrize(
    ("verdict", "state", "kind"),
    [
        (meanings.FULL, "bounced", FULL),
        (meanings.UNDETERMINED, "bounced", STRANGE),
        (meanings.BOUNCED, "bounced", ""),
        (Verdict("bounced"), "bounced", ""),
        (meanings.DEFERRED, "queued", ""),
        (meanings.DEFERRED, "failed", LATE),
        (meanings.SLOWED, "failed", ""),
        (meanings.BLOCKED, "failed", ""),
        (meanings.REFUSED, "failed", ""),
    ],
)
def test_what_an_answer_is(verdict: Verdict, state: str, kind: str) -> None:
    assert soft_bounces.told_at_once(verdict, state) == kind


@pytest.mark.parametrize(
    ("verdicts", "kind"),
    [
        ([meanings.FULL], FULL),
        ([meanings.DEFERRED], LATE),
        ([meanings.BOUNCED, meanings.FULL], FULL),
        ([meanings.FULL, meanings.REJECTED], ""),
        ([meanings.UNAUTHORIZED], ""),
    ],
)
def test_what_a_report_is(verdicts: list[Verdict], kind: str) -> None:
    assert soft_bounces.told_later(verdicts) == kind
