"""How long what is over is kept."""

from datetime import UTC, datetime

from app.rules.retention import Kept, before

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)


def test_a_workspace_outranks_the_installation() -> None:
    usual = Kept(content=30, messages=365, alerts=None)
    assert usual.but({}) == usual
    assert usual.but({"content": None, "alerts": 7}) == Kept(None, 365, 7)
    assert usual.but({"of another version": 3}) == usual


def test_the_moment() -> None:
    assert before(30, NOW) == datetime(2026, 10, 23, 12, tzinfo=UTC)
    assert before(None, NOW) is None
