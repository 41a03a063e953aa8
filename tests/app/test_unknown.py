"""The list of what nobody can know, and the two things that a person can say about it."""

from typing import Any

import pytest
from sqlalchemy import select, update

from app.campaigns import lifecycle
from app.runtime import Runtime
from app.sending import ledger
from app.sending.models import Delivery, Dispatch
from tests.app.campaign_desk import balance, ready, running, seen
from tests.app.conftest import Client
from tests.conftest import TurnableClock


@pytest.fixture
def doubtful(owner: Client, runtime: Runtime) -> str:
    """A campaign that ended with three people in doubt."""
    campaign = ready(owner)
    owner.post(f"/campaigns/{campaign}/launch", {})
    with runtime.database.transaction() as session:
        session.execute(
            update(Delivery).values(state="unknown", reason="silence", finished_at=runtime.now())
        )
        ledger.close_finished(session, runtime.now())
    lifecycle.finish_done(running(owner))
    assert seen(owner, campaign)["status"] == "sent"
    return campaign


def say(client: Client, campaign: str, verdict: str, *emails: str) -> Any:
    body = {"verdict": verdict, **({"emails": list(emails)} if emails else {})}
    return client.post(f"/campaigns/{campaign}/unknown", body)


def told(settled: int, too_early: int = 0, not_in_doubt: tuple[str, ...] = ()) -> dict[str, Any]:
    """What is answered."""
    return {"settled": settled, "too_early": too_early, "not_in_doubt": list(not_in_doubt)}


def test_the_list(owner: Client, outsider: Client, doubtful: str) -> None:
    found = owner.get("/unknown?per_page=2").json or {}
    assert (found["total"], len(found["items"])) == (3, 2)
    assert found["items"][0]["campaign_id"] == doubtful
    assert found["items"][0]["reason"] == "silence"
    assert found["items"][0]["message_id"] is None
    assert (outsider.get("/unknown").json or {})["total"] == 0


def test_it_went(owner: Client, doubtful: str) -> None:
    assert say(owner, doubtful, "sent", "Person0@Example.com").json == told(1)
    assert balance(owner, doubtful) == (3, {"sent": 1, "unknown": 2})
    assert say(owner, doubtful, "sent").json == told(2)
    assert seen(owner, doubtful)["status"] == "sent"


def test_who_is_named_and_not_in_doubt_is_told(owner: Client, doubtful: str) -> None:
    twice = ("Person0@Example.com", "Nobody@Example.com")
    assert say(owner, doubtful, "sent", *twice).json == told(1, not_in_doubt=twice[1:])
    assert say(owner, doubtful, "sent", *twice).json == told(0, not_in_doubt=twice)


def test_send_again(owner: Client, doubtful: str, clock: TurnableClock) -> None:
    assert say(owner, doubtful, "again").json == told(0, too_early=3)
    assert seen(owner, doubtful)["status"] == "sent"
    clock.turn(minutes=15)
    assert say(owner, doubtful, "again").json == told(3)
    again = seen(owner, doubtful)
    assert (again["status"], again["completed_at"]) == ("sending", None)
    assert balance(owner, doubtful) == (3, {"queued": 3})


def test_what_cannot_be_settled(
    owner: Client, outsider: Client, viewer: Client, doubtful: str, runtime: Runtime
) -> None:
    assert say(outsider, doubtful, "sent").status_code == 404
    assert say(viewer, doubtful, "sent").status_code == 403
    assert say(owner, doubtful, "perhaps").status_code == 422
    draft = owner.post("/campaigns", {"name": "x"}).json or {}
    assert say(owner, draft["id"], "sent").status_code == 409


def test_a_cancelled_campaign_sends_nothing_again(
    owner: Client, runtime: Runtime, clock: TurnableClock
) -> None:
    campaign = ready(owner)
    owner.post(f"/campaigns/{campaign}/launch", {})
    with runtime.database.transaction() as session:
        session.execute(update(Delivery).values(state="unknown", finished_at=runtime.now()))
    owner.post(f"/campaigns/{campaign}/cancel")
    clock.turn(hours=1)
    assert say(owner, campaign, "again").status_code == 409
    assert say(owner, campaign, "sent").json == told(3)


def test_the_promise_goes_with_the_launch(owner: Client, runtime: Runtime) -> None:
    campaign = ready(owner, promise="at_least_once")
    assert seen(owner, campaign)["promise"] == "at_least_once"
    copy = owner.post(f"/campaigns/{campaign}/duplicate", {}).json or {}
    assert copy["promise"] == "at_least_once"
    back = owner.patch(f"/campaigns/{copy['id']}", {"promise": "never_twice"}).json or {}
    assert back["promise"] == "never_twice"
    assert owner.patch(f"/campaigns/{copy['id']}", {"promise": "x"}).status_code == 422
    owner.post(f"/campaigns/{campaign}/launch", {})
    with runtime.database.reading() as session:
        assert session.scalars(select(Dispatch.promise)).all() == ["at_least_once"]


@pytest.fixture
def messages(owner: Client, doubtful: str, runtime: Runtime) -> list[str]:
    """Three messages in doubt, to people who are no contacts but for the first."""
    to = ["person0@example.com", "jane@example.com", "kim@example.com"]
    made = owner.post("/messages", {"to": to, "subject": "Your order", "text": "Thank you."}).json
    with runtime.database.transaction() as session:
        session.execute(
            update(Delivery).values(state="unknown", reason="silence", finished_at=runtime.now())
        )
        ledger.close_finished(session, runtime.now())
    return [one["id"] for one in (made or {})["messages"]]


def test_messages_are_listed_too(
    owner: Client, outsider: Client, doubtful: str, messages: list[str]
) -> None:
    found = (owner.get("/unknown").json or {})["items"]
    assert [one["campaign_id"] for one in found] == [doubtful] * 3 + [None] * 3
    assert [one["message_id"] for one in found] == [None] * 3 + messages
    first, second = found[3], found[4]
    assert (first["email"], first["subject"]) == ("person0@example.com", "Your order")
    assert first["contact_id"] == found[0]["contact_id"]
    assert (second["contact_id"], second["campaign_name"]) == (None, None)
    assert (outsider.get("/unknown").json or {})["total"] == 0


def test_several_messages_are_settled_at_once(
    owner: Client, outsider: Client, doubtful: str, messages: list[str], clock: TurnableClock
) -> None:
    assert outsider.post("/messages/unknown", {"verdict": "sent"}).json == told(0)
    first = {"verdict": "sent", "ids": messages[:1]}
    not_hers = told(0, not_in_doubt=(messages[0],))
    assert outsider.post("/messages/unknown", first).json == not_hers
    assert owner.post("/messages/unknown", first).json == told(1)
    again = {"verdict": "again"}
    assert owner.post("/messages/unknown", again).json == told(0, too_early=2)
    clock.turn(minutes=15)
    assert owner.post("/messages/unknown", again).json == told(2)
    states = [(owner.get(f"/messages/{one}").json or {})["state"] for one in messages]
    assert states == ["sent", "queued", "queued"]
    assert balance(owner, doubtful) == (3, {"unknown": 3}), "campaigns are left alone"
