"""When a relay does not want our return path,."""

import pytest

from app.rules.mail.envelope import is_refused, state
from app.rules.replies.meaning import Reply


@pytest.mark.parametrize(
    ("phase", "code", "text", "refused"),
    [
        ("mail_from", 550, "5.7.1 not allowed", True),
        ("mail_from", 553, "5.7.1 <b+1@b.example.com>: Sender address rejected", True),
        ("mail_from", 501, "5.1.7 bad address", True),
        ("mail_from", 450, "4.1.8 <b@b>: Sender address rejected: Domain not found", True),
        ("mail_from", 451, "4.3.0 local error", False),
        ("mail_from", 421, "4.3.2 server busy", False),
        ("mail_from", 530, "5.7.0 Authentication required", False),
        ("mail_from", 550, "5.4.5 Daily user sending limit exceeded", False),
        ("mail_from", None, "the line was lost", False),
        ("mail_from", 250, "fine", False),
        ("rcpt_to", 550, "5.1.1 user unknown", False),
        ("rcpt_to", 550, "5.7.1 Sender verify failed", True),
        ("rcpt_to", 554, "5.7.1 <b@b>: Sender address rejected: not owned by user", True),
        ("rcpt_to", 451, "4.7.1 greylisted, try again", False),
        ("final_dot", 554, "5.7.1 Return-Path domain is not allowed", False),
        ("final_dot", 550, "5.7.26 unauthenticated email: SPF did not pass", True),
        ("final_dot", 554, "5.7.1 spam from this sender", False),
        ("final_dot", 250, "queued", False),
        ("auth", 535, "5.7.8 sender not allowed", False),
        ("greeting", 554, "no sender welcome", False),
    ],
)
def test_what_may_be_about_the_return_path(
    phase: str, code: int | None, text: str, refused: bool
) -> None:
    assert is_refused(Reply(phase, code, text)) is refused


@pytest.mark.parametrize(
    ("path", "learned", "expected"),
    [
        ("", "", "own"),
        ("", "in_use", "own"),
        ("b+{token}@b.example.com", "", "unproved"),
        ("b+{token}@b.example.com", "in_use", "in_use"),
        ("b+{token}@b.example.com", "refused", "refused"),
    ],
)
def test_how_it_stands(path: str, learned: str, expected: str) -> None:
    assert state(path, learned) == expected
