"""Message-IDs of our mails, as they are made and as they come back."""

from uuid import UUID

import pytest

from app.rules.mail import message_ids

DISPATCH = UUID("0190a0b0-c0d0-7000-8000-000000000001")
OURS = message_ids.made(42, DISPATCH, "shop.example.com")


def test_what_is_made_is_read() -> None:
    assert message_ids.read(f" {OURS}\n") == (42, DISPATCH)
    assert message_ids.read(OURS.strip("<>")) == (42, DISPATCH)


@pytest.mark.parametrize(
    "other", ["", "<hello@example.com>", f"{OURS} {OURS}", OURS.replace("@", " "), f"x{OURS}"]
)
def test_what_is_none_of_ours(other: str) -> None:
    assert message_ids.read(other) is None


def test_all_in_a_text_each_once() -> None:
    second = message_ids.made(7, DISPATCH, "other.example")
    text = f"In-Reply-To: {OURS}\nReferences: {second} {OURS}\nsee mid:{second[1:-1]}"
    assert message_ids.found_in(text) == [(42, DISPATCH), (7, DISPATCH)]
