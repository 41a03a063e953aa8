"""One call says why somebody got a campaign, or why not."""

from typing import Any
from uuid import UUID

from sqlalchemy import select

from app.rules.replies.meaning import Reply
from app.runtime import Runtime
from app.sending import ledger
from app.sending.ledger import Event, Heard, Wanted
from app.sending.models import Attempt, Delivery, Dispatch, Relay
from app.sending.models import Event as Told
from tests.app.campaign_desk import change_relay, contact, draft, ready, relay
from tests.app.conftest import Client
from tests.app.test_campaign_rotation import pool
from tests.conftest import TurnableClock
from tests.sending.test_ledger_machine import OK, RULES

AWAY = Reply("greeting", 421, "4.3.2 try later")


def trace(client: Client, campaign: str, email: str = "person0@example.com") -> dict[str, Any]:
    answer = client.get(f"/campaigns/{campaign}/trace?email={email}")
    assert answer.status_code == 200, answer.json
    found: dict[str, Any] = answer.json or {}
    return found


def launch(client: Client, campaign: str) -> None:
    assert client.post(f"/campaigns/{campaign}/launch", {}).status_code == 202


def attempt(runtime: Runtime, name: str, reply: Reply, *, again: bool = False) -> int:
    """The first delivery is tried (``again``) through the relay ``name``; gives the attempt."""
    sender = UUID(int=7)
    with runtime.database.transaction() as session:
        carrier = session.scalars(select(Relay).where(Relay.name == name)).one()
        dispatch = session.scalars(select(Dispatch.id)).one()
        (one,) = ledger.claim(
            session, sender, dispatch, fresh=not again, tried=again, now=runtime.now()
        )
        wanted = Wanted(one.id, carrier.id, carrier.from_email, one.round, fallback=False)
        begun = ledger.begin(session, sender, [wanted], runtime.now())
        ledger.finish(session, [Heard(begun[one.id], reply)], now=runtime.now(), **RULES)
        return begun[one.id]


def test_before_the_launch(owner: Client) -> None:
    campaign = ready(owner)
    found = trace(owner, campaign, "Person0@Example.com")
    assert found["answer"].startswith("Not yet: the campaign was not launched")
    assert found["contact"]["status"] == "active"
    assert found["membership"] == {"everybody": True, "by": [], "excluded_by": [], "outside": ""}
    assert found["delivery"] is found["suppression"] is found["suppressed_at_launch"] is None
    assert found["routing"]["decision"] == "send"
    assert [step["by"] for step in found["routing"]["steps"]][-1] == "default"
    by_id = owner.get(f"/campaigns/{campaign}/trace?contact_id={found['contact']['id']}").json
    assert by_id == found | {"email": "person0@example.com"}


def test_the_audience_says_which_list_or_tag(owner: Client, clock: TurnableClock) -> None:
    relay(owner)
    contact(owner, "in@example.com", lists=["News"], tags=["vip"])
    contact(owner, "out@example.com", lists=["News"], tags=["staff"])
    contact(owner, "other@example.com", lists=["Other"])
    chosen = {"include": {"lists": ["News"], "tags": ["vip"]}, "exclude": {"tags": ["staff"]}}
    campaign = str(draft(owner, audience=chosen)["id"])
    place = trace(owner, campaign, "in@example.com")["membership"]
    assert [(one["kind"], one["name"]) for one in place["by"]] == [("list", "News"), ("tag", "vip")]
    assert trace(owner, campaign, "out@example.com")["answer"] == (
        "She would not get it: she is on the excluded tag 'staff'."
    )
    launch(owner, campaign)
    assert "none of the included" in trace(owner, campaign, "other@example.com")["answer"]
    clock.turn(hours=1)
    people = owner.get("/contacts?q=other@example.com").json or {}
    lists = owner.get("/lists").json or {}
    news = next(one["id"] for one in lists["items"] if one["name"] == "News")
    who = people["items"][0]["id"]
    joined = owner.post(f"/contacts/{who}/lists/{news}")
    assert joined.status_code == 204, joined.json
    late = trace(owner, campaign, "other@example.com")
    assert late["answer"] == (
        "No: she came to the included list 'News' only later (on 2026-11-22 13:00 UTC)."
    )
    assert late["delivery"] is None


def test_nobody_and_somebody_who_said_no(owner: Client, clock: TurnableClock) -> None:
    campaign = ready(owner)
    said_no = contact(owner, "no@example.com")
    owner.patch(f"/contacts/{said_no}/status", {"status": "unsubscribed"})
    clock.turn(minutes=5)
    launch(owner, campaign)
    nobody = trace(owner, campaign, "who@example.com")
    assert nobody["answer"] == "No: no contact has this address."
    assert nobody["contact"] is nobody["routing"] is nobody["membership"] is None
    found = trace(owner, campaign, "no@example.com")
    assert found["answer"].startswith("No: the address is suppressed (on 2026-11-22 12:00 UTC)")
    assert found["suppression"]["since"] == "2026-11-22T12:00:00Z"
    assert found["suppressed_at_launch"] is True
    owner.delete(f"/contacts/{said_no}")
    assert "suppressed" in trace(owner, campaign, "no@example.com")["answer"]
    clock.turn(minutes=5)
    contact(owner, "late@example.com")
    assert "not known yet" in trace(owner, campaign, "late@example.com")["answer"]


def test_what_is_still_to_come(owner: Client, runtime: Runtime, clock: TurnableClock) -> None:
    campaign = ready(owner)
    launch(owner, campaign)
    found = trace(owner, campaign)
    assert found["answer"] == "Not yet: it waits for its turn."
    assert found["next"]["what"] == "It goes through 'first' as soon as a sender has its turn."
    owner.post(f"/campaigns/{campaign}/pause")
    found = trace(owner, campaign)
    assert found["answer"] == "Not yet: the campaign is paused: paused by hand."
    assert found["next"] == {"what": "It waits until somebody resumes the campaign.", "at": None}
    owner.post(f"/campaigns/{campaign}/resume")
    change_relay(owner, "first", open_until=clock.time.replace(hour=13), fail_streak=5)
    found = trace(owner, campaign)
    assert (
        found["answer"] == "Not yet: it waits for a relay (first: disabled after repeated faults)."
    )
    assert found["next"]["at"] == "2026-11-22T13:00:00Z"
    assert "repeated faults" in found["next"]["what"]
    change_relay(owner, "first", open_until=None, enabled=False)
    assert trace(owner, campaign)["next"]["what"].startswith("The campaign will be paused")


def test_every_try_and_what_was_heard_later(
    owner: Client, runtime: Runtime, clock: TurnableClock
) -> None:
    campaign = ready(owner)
    relay(owner, "second", failover_priority=2)
    owner.patch("/workspace", {"failover_enabled": True})
    launch(owner, campaign)
    attempt(runtime, "first", AWAY)
    waiting = trace(owner, campaign)
    asked = {one["name"]: one["why"] for one in waiting["routing"]["chain"]}
    assert asked["first"] == "it refused this mail in this round"
    assert waiting["next"]["what"].startswith("It goes through 'second'")
    clock.turn(minutes=1)
    taken = attempt(runtime, "second", OK, again=True)
    found = trace(owner, campaign)
    assert found["answer"] == "Yes: 'second' took it (on 2026-11-22 12:01 UTC)."
    tries = found["delivery"]["attempts"]
    assert [(one["relay_name"], one["role"], one["outcome"]) for one in tries] == [
        ("first", "primary", "refused"),
        ("second", "failover", "accepted"),
    ]
    assert (tries[0]["code"], tries[0]["phase"]) == (421, "greeting")
    assert tries[1]["from_email"] == "second@example.com"
    clock.turn(minutes=1)
    with runtime.database.transaction() as session:
        for _ in range(2):
            event = Event("complained", taken, "abuse")
            assert ledger.hear(session, owner.workspace_id, event, now=clock())
        told = session.scalars(select(Told)).one()
        through = session.get_one(Attempt, taken).relay_id
        assert (told.relay_id, told.kind, told.hard) == (through, "complained", False)
    found = trace(owner, campaign)
    assert found["answer"].endswith("Heard later: complained (abuse).")
    assert [(one["kind"], one["at"]) for one in found["delivery"]["events"]] == [
        ("complained", "2026-11-22T12:02:00Z")
    ]


def test_whose_turn_it_is_in_a_pool(owner: Client, runtime: Runtime) -> None:
    ready(owner)
    first = owner.get("/relays").json or {}
    second = relay(owner, "second", failover_priority=2)
    campaign = draft(owner, **pool({"id": second}, first["items"][0]))["id"]
    launch(owner, campaign)
    with runtime.database.reading() as session:
        line = session.scalars(
            select(Delivery).where(Delivery.address == "person1@example.com")
        ).one()
    found = trace(owner, campaign, "person1@example.com")
    assert found["routing"]["primary_id"] == str(line.primary_id)
    assert found["routing"]["steps"][-1]["by"] == "rotation"


def test_of_another_workspace_there_is_nothing(owner: Client, outsider: Client) -> None:
    campaign = ready(owner)
    asked = f"/campaigns/{campaign}/trace"
    assert outsider.get(f"{asked}?email=person0@example.com").status_code == 404
    assert owner.get(f"{asked}?email=nonsense").status_code == 422
    assert owner.get(asked).status_code == 422
    hers = contact(outsider, "hers@example.com")
    assert owner.get(f"{asked}?contact_id={hers}").status_code == 404
    both = f"{asked}?email=person0@example.com&contact_id={hers}"
    assert owner.get(both).status_code == 422
