"""What follows a trouble: going on later, failing, or asking for the login again."""

from datetime import timedelta

import pytest

from sync import aftermath
from sync.aftermath import Aftermath, Trouble
from wp_bridge.errors import AskTheOwner, NotUnderstood, TryLater

MINUTE = timedelta(minutes=1)


@pytest.mark.parametrize(
    ("trouble", "pages", "failures", "expected"),
    [
        (TryLater("", 5, throttled=True), 0, 3, Aftermath(True, 3, MINUTE / 12)),
        (TryLater("", throttled=True), 0, 0, Aftermath(True, 0, MINUTE)),
        (TryLater("", 0, throttled=True), 0, 0, Aftermath(True, 0, MINUTE / 60)),
        (TryLater(""), 0, 0, Aftermath(False, 1, MINUTE)),
        (TryLater(""), 4, 0, Aftermath(True, 1, MINUTE)),
        (TryLater(""), 4, 4, Aftermath(True, 5, MINUTE * 16)),
        (TryLater(""), 4, 5, Aftermath(False, 6, MINUTE * 32)),
        (
            AskTheOwner("needs_permission", ""),
            9,
            0,
            Aftermath(False, 1, timedelta(0), needs_reauth=True),
        ),
        (
            AskTheOwner("header_stripped", ""),
            0,
            0,
            Aftermath(False, 1, timedelta(0), needs_reauth=True),
        ),
        (AskTheOwner("blocked", ""), 9, 0, Aftermath(False, 1, MINUTE)),
        (NotUnderstood(""), 9, 1, Aftermath(False, 2, MINUTE * 2)),
    ],
)
def test_aftermath(trouble: Trouble, pages: int, failures: int, expected: Aftermath) -> None:
    assert aftermath.after(trouble, pages=pages, failures=failures) == expected
