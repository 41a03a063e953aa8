"""A relay that takes no more logins rests; when that goes on and on it is a fault of its own."""

from collections.abc import Callable
from typing import Any

import pytest
from aiosmtpd.smtp import AuthResult

from app.sending.relays import standing
from tests.sending.servers import RelayServer
from tests.sending.world import World

Servers = Callable[..., RelayServer]
ENOUGH = "454 4.7.0 Too many login attempts, please try again later"


@pytest.fixture
def crowded(world: World, server: Servers, monkeypatch: pytest.MonkeyPatch) -> dict[str, bool]:
    """A relay called "one" that wants a login, and takes none while ``crowded``."""
    one, mood = server(password="right"), {"crowded": True}

    def authenticate(_s: Any, _session: Any, _envelope: Any, _how: str, _data: Any) -> AuthResult:
        refused = mood["crowded"]
        return AuthResult(success=not refused, handled=False, message=ENOUGH if refused else None)

    monkeypatch.setattr(one, "authenticate", authenticate)
    one.stop()
    one.start()
    world.relay(one, "one", username="me", secret="right", max_connections=1)
    return mood


def test_the_third_time_is_a_fault_and_each_further_one(
    world: World, crowded: dict[str, bool]
) -> None:
    world.people(1)
    dispatch = world.dispatch()
    with world.database.reading() as session:
        (relay,) = [one.id for one in standing.of_workspace(session, world.workspace_id)]
    faults = []
    for _ in range(7):
        before = _ended(world)
        world.send(until=lambda before=before: _ended(world) > before)  # type: ignore[misc]
        faults.append(world.row(relay).fail_streak)
        world.clock.turn(minutes=6)
    assert faults == [0, 0, 1, 2, 3, 4, 5]
    row = world.row(relay)
    assert row.open_until is not None
    assert "Too many login" in row.last_fault
    crowded["crowded"] = False
    world.send()
    assert world.balance(dispatch) == {"sent": 1}
    row = world.row(relay)
    assert (row.login_streak, row.fail_streak, row.open_until) == (0, 0, None)


def test_a_login_that_works_in_between_begins_anew(world: World, crowded: dict[str, bool]) -> None:
    world.people(1)
    for busy in (True, True, False, True, True, False):
        crowded["crowded"] = busy
        world.dispatch()
        before = _ended(world)
        world.send(until=lambda before=before: _ended(world) > before)  # type: ignore[misc]
        world.clock.turn(minutes=6)
    assert {one.outcome for one in world.attempts()} <= {"accepted", "throttled", "void"}
    with world.database.reading() as session:
        (row,) = standing.of_workspace(session, world.workspace_id)
    assert (row.fail_streak, row.login_streak) == (0, 0)


def _ended(world: World) -> int:
    return sum(one.outcome not in (None, "void") for one in world.attempts())
