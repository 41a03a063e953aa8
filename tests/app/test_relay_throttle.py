"""How a throttled relay is shown."""

import pytest
from sqlalchemy import select

from app.rules.replies.reply import LOGINS, QUOTA, THROTTLED, Verdict
from app.sending.models import Relay
from app.sending.relays import standing
from tests.app.conftest import Client
from tests.app.test_relays import made, seen
from tests.conftest import TurnableClock


def test_a_throttled_relay_says_why_and_what_comes_next(
    owner: Client, clock: TurnableClock
) -> None:
    relay = made(owner, rate_per_second=20)
    assert relay["throttle"] is None
    runtime = owner.app.extensions["pressferry"]
    with runtime.database.transaction() as session:
        row = session.scalars(select(Relay)).one()
        words = "final_dot: 454 Throttling failure"
        standing.heard(
            row, 1, THROTTLED, fault=False, words=words, now=clock(), settings=runtime.breaker
        )
    assert seen(owner, relay)["throttle"] == {
        "rate": 10.0,
        "ceiling": 20.0,
        "since": "2026-11-22T12:00:00Z",
        "why": words,
        "paused_until": "2026-11-22T12:00:01Z",
        "next_step": {"at": "2026-11-22T12:00:30Z", "rate": 11.0},
    }
    clock.turn(minutes=1)
    throttle = seen(owner, relay)["throttle"]
    assert (throttle["rate"], throttle["paused_until"]) == (12.0, None)
    clock.turn(minutes=10)
    assert seen(owner, relay)["throttle"] is None
    assert seen(owner, relay)["breaker"]["failures"] == 0


@pytest.mark.parametrize(
    ("verdict", "words", "until", "why"),
    [
        (QUOTA, "550 5.4.5 Daily limit exceeded", "13:00", "the quota is used up"),
        (LOGINS, "454 4.7.0 Too many login attempts", "12:05", "too many logins"),
    ],
)
def test_a_relay_that_wants_nothing_for_long_says_so(
    owner: Client, clock: TurnableClock, verdict: Verdict, words: str, until: str, why: str
) -> None:
    relay = made(owner)
    assert relay["rests_until"] is None
    runtime = owner.app.extensions["pressferry"]
    with runtime.database.transaction() as session:
        row = session.scalars(select(Relay)).one()
        standing.heard(
            row, 1, verdict, fault=False, words=words, now=clock(), settings=runtime.breaker
        )
    assert seen(owner, relay)["rests_until"] == f"2026-11-22T{until}:00Z"
    (asked,) = (owner.post("/routing/explain", {}).json or {})["chain"]
    assert (asked["free"], asked["why"]) == (False, f"Main: its provider says: {why}")
    owner.post(f"/relays/{relay['id']}/breaker", {"state": "closed"})
    assert seen(owner, relay)["rests_until"] is None, "a person knows better"
    (asked,) = (owner.post("/routing/explain", {}).json or {})["chain"]
    assert asked["free"] is True
