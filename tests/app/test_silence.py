"""An agent that is not heard of any more is told of once, and once more when it is back."""

import pytest
from flask import Flask

from app.runtime import Runtime
from app.sources.agents.models import Agent
from app.watching import looking
from tests.app.agent_desk import Desk, opened, people
from tests.app.conftest import Client
from tests.conftest import TurnableClock


@pytest.fixture
def desk(app: Flask, runtime: Runtime, owner: Client) -> Desk:
    return opened(app, runtime, owner)


def alerts(desk: Desk) -> list[tuple[str, bool]]:
    """What each is about, the newest first, and whether it is open."""
    found = (desk.owner.get("/alerts").json or {})["items"]
    assert all(one["kind"] == "agent_silent" for one in found)
    return [(one["about"], one["closed_at"] is None) for one in found]


def is_silent(desk: Desk) -> bool:
    one = desk.owner.get(f"/agents/{desk.id}").json or {}
    (listed,) = (desk.owner.get("/agents").json or {})["items"]
    assert listed == one
    return bool(one["silent"])


def look(desk: Desk, clock: TurnableClock) -> None:
    """Two looks, so far apart that an agent would have found a server that was away."""
    looking.look(desk.runtime.database, clock())
    clock.turn(minutes=10)
    looking.look(desk.runtime.database, clock())


def test_one_that_stays_is_missed_after_an_hour(desk: Desk, clock: TurnableClock) -> None:
    clock.turn(days=2)
    assert not is_silent(desk), "it was never there"
    desk.visit()
    clock.turn(minutes=49)
    look(desk, clock)
    assert (is_silent(desk), alerts(desk)) == (False, [])
    clock.turn(minutes=1)
    looking.look(desk.runtime.database, clock())
    assert (is_silent(desk), alerts(desk)) == (True, [])
    clock.turn(minutes=9)
    looking.look(desk.runtime.database, clock())
    assert alerts(desk) == [], "it had no time to find a server that was away"
    clock.turn(minutes=1)
    for _ in range(3):
        looking.look(desk.runtime.database, clock())
        clock.turn(hours=1)
    assert alerts(desk) == [(desk.id, True)]
    sentence = (desk.owner.get("/alerts").json or {})["items"][0]["sentence"]
    assert "http://wp.intranet.example" in sentence
    assert "2026-11-24 12:00 UTC" in sentence
    desk.visit()
    assert (is_silent(desk), alerts(desk)) == (False, [(desk.id, False)])
    clock.turn(hours=2)
    look(desk, clock)
    assert alerts(desk) == [(desk.id, True), (desk.id, False)]


def test_one_that_brings_batches_is_there(desk: Desk, clock: TurnableClock) -> None:
    task = desk.task()
    for number in range(4):
        clock.turn(minutes=40)
        looking.look(desk.runtime.database, clock())
        assert desk.bring(task, number, *people(number)).status_code == 200
    look(desk, clock)
    assert (is_silent(desk), alerts(desk)) == (False, [])


def test_one_that_cron_begins_is_missed_after_four_turns(desk: Desk, clock: TurnableClock) -> None:
    def turn() -> None:
        desk.visit(begin=True, once=True)
        clock.turn(seconds=30)
        desk.visit(begin=False, once=True)

    turn()
    clock.turn(days=30)
    look(desk, clock)
    assert (is_silent(desk), alerts(desk)) == (False, []), "nobody knows how often it comes"
    turn()
    clock.turn(hours=12)
    turn()
    clock.turn(hours=47)
    look(desk, clock)
    assert alerts(desk) == []
    clock.turn(hours=1)
    look(desk, clock)
    assert (is_silent(desk), alerts(desk)) == (True, [(desk.id, True)])
    turn()
    assert alerts(desk) == [(desk.id, False)]


def test_one_that_comes_to_stay_is_expected_as_such(desk: Desk, clock: TurnableClock) -> None:
    for once in (True, True, False):
        desk.visit(begin=once, once=once)
        clock.turn(days=1)
    assert is_silent(desk)


@pytest.mark.parametrize("way", ["revoke", "remove"])
def test_one_that_is_gone_for_good_is_not_missed(
    desk: Desk, clock: TurnableClock, way: str
) -> None:
    desk.visit()
    clock.turn(hours=2)
    look(desk, clock)
    assert alerts(desk) == [(desk.id, True)]
    if way == "revoke":
        desk.owner.post(f"/agents/{desk.id}/revoke")
    else:
        desk.owner.delete(f"/agents/{desk.id}")
    look(desk, clock)
    assert alerts(desk) == [(desk.id, False)]


def test_agents_of_others_are_theirs(
    desk: Desk, app: Flask, runtime: Runtime, outsider: Client, clock: TurnableClock
) -> None:
    other = opened(app, runtime, outsider)
    desk.visit()
    other.visit()
    clock.turn(hours=2)
    desk.visit()
    look(desk, clock)
    assert (alerts(desk), alerts(other)) == ([], [(other.id, True)])
    with runtime.database.reading() as session:
        assert session.query(Agent).count() == 2
