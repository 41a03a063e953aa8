"""Not later than: what is found too late waits for a person, and nobody is lost."""

from datetime import timedelta
from typing import Any

import pytest

from app.campaigns import lateness, lifecycle
from app.sending import ledger
from app.sending.models import Sender
from tests.app.campaign_desk import balance, ready, running, seen
from tests.app.conftest import Client
from tests.conftest import TurnableClock


def at(clock: TurnableClock, **later: float) -> str:
    return (clock.time + timedelta(**later)).isoformat()


def launch(client: Client, campaign: str, **body: Any) -> int:
    return client.post(f"/campaigns/{campaign}/launch", body).status_code


def is_open(client: Client) -> bool:
    runtime = running(client)
    with runtime.database.reading() as session:
        return bool(ledger.open_dispatches(session, runtime.now()))


def test_a_scheduled_launch_that_is_found_too_late(owner: Client, clock: TurnableClock) -> None:
    campaign = ready(owner, not_later_than=at(clock, hours=3))
    assert launch(owner, campaign, at=at(clock, hours=2)) == 202
    clock.turn(hours=4)
    lifecycle.launch_due(running(owner))
    found = seen(owner, campaign)
    assert (found["status"], found["launched_at"]) == ("paused", None)
    assert "15:00 UTC at the latest" in found["status_reason"]
    assert owner.post(f"/campaigns/{campaign}/resume", {}).status_code == 422
    later = {"not_later_than": at(clock, hours=1)}
    assert owner.patch(f"/campaigns/{campaign}", later).status_code == 200
    assert owner.post(f"/campaigns/{campaign}/resume", {}).status_code == 202
    assert balance(owner, campaign) == (3, {"queued": 3})
    assert is_open(owner)


def test_in_time_it_goes_out(owner: Client, clock: TurnableClock) -> None:
    campaign = ready(owner, not_later_than=at(clock, hours=3))
    launch(owner, campaign, at=at(clock, hours=2))
    clock.turn(hours=2, minutes=59)
    lifecycle.launch_due(running(owner))
    assert seen(owner, campaign)["status"] == "sending"
    assert is_open(owner)


def test_the_rest_of_a_slow_campaign_is_paused(owner: Client, clock: TurnableClock) -> None:
    campaign = ready(owner, not_later_than=at(clock, hours=3))
    assert launch(owner, campaign) == 202
    clock.turn(hours=3)
    assert not is_open(owner), "a sender must not wait for the job"
    lateness.pause_late(running(owner))
    found = seen(owner, campaign)
    assert found["status"] == "paused"
    assert "15:00 UTC" in found["status_reason"]
    assert balance(owner, campaign) == (3, {"queued": 3}), "nobody is lost"
    assert owner.patch(f"/campaigns/{campaign}", {"not_later_than": None}).status_code == 200
    assert owner.post(f"/campaigns/{campaign}/resume", {}).status_code == 202
    lateness.pause_late(running(owner))
    assert seen(owner, campaign)["status"] == "sending"
    assert is_open(owner)


def test_what_is_done_is_not_paused(owner: Client, clock: TurnableClock) -> None:
    campaign = ready(owner, not_later_than=at(clock, hours=3))
    launch(owner, campaign)
    runtime = running(owner)
    with runtime.database.transaction() as session:
        dispatch = ledger.open_dispatches(session, runtime.now())[0]
        sender = Sender(host="h", boot_id="b", started_at=clock(), lease_until=clock())
        session.add(sender)
        session.flush()
        ledger.claim(session, sender.id, dispatch.id, fresh=10, tried=0, now=runtime.now())
    clock.turn(hours=4)
    lateness.pause_late(runtime)
    assert seen(owner, campaign)["status"] == "sending"


@pytest.mark.parametrize(("hours", "status"), [(-1, 422), (0, 422), (1, 202)])
def test_a_launch_must_be_in_time(
    owner: Client, clock: TurnableClock, hours: int, status: int
) -> None:
    campaign = ready(owner, not_later_than=at(clock, hours=hours))
    assert launch(owner, campaign) == status


def test_a_schedule_must_be_in_time(owner: Client, clock: TurnableClock) -> None:
    campaign = ready(owner, not_later_than=at(clock, hours=1))
    assert launch(owner, campaign, at=at(clock, hours=2)) == 422
    assert seen(owner, campaign)["status"] == "draft"


def test_a_copy_has_no_such_moment(owner: Client, clock: TurnableClock) -> None:
    campaign = ready(owner, not_later_than=at(clock, hours=1))
    assert seen(owner, campaign)["not_later_than"] == "2026-11-22T13:00:00Z"
    copy = owner.post(f"/campaigns/{campaign}/duplicate", {}).json or {}
    assert copy["not_later_than"] is None
