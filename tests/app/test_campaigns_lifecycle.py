"""The life of a campaign: launched once, held, cancelled, scheduled, done."""

from dataclasses import replace
from threading import Barrier, Thread
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select

from app.campaigns import lifecycle
from app.errors import Conflict
from app.runtime import Runtime
from app.sending import ledger
from app.sending.models import Content, Delivery, Dispatch
from tests.app.campaign_desk import (
    balance,
    change_relay,
    contact,
    draft,
    ready,
    relay,
    running,
    seen,
    send_everything,
)
from tests.app.conftest import Client


def act(client: Client, campaign: str, verb: str, body: Any = None) -> tuple[int, dict[str, Any]]:
    answer = client.post(f"/campaigns/{campaign}/{verb}", body)
    return answer.status_code, answer.json or {}


def dispatch_of(client: Client) -> Dispatch:
    with running(client).database.reading() as session:
        return session.scalars(select(Dispatch)).one()


def test_a_launch_freezes_the_words_and_queues_everybody(owner: Client) -> None:
    campaign = ready(owner, people=3, text="")
    status, launched = act(owner, campaign, "launch")
    assert (status, launched["status"]) == (202, "sending")
    assert launched["launched_at"] == "2026-11-22T12:00:00Z"
    assert balance(owner, campaign) == (3, {"queued": 3})
    dispatch = dispatch_of(owner)
    assert (dispatch.label, dispatch.domain, dispatch.relay_id) == ("News", "example.com", None)
    assert (dispatch.from_email, dispatch.hold, dispatch.finished_at) == ("", "", None)
    with running(owner).database.reading() as session:
        content = session.scalars(select(Content)).one()
    assert (content.subject, content.html, content.text) == (
        "Hi {{ contact.first_name }}",
        "<p>Hello</p>",
        "Hello\n",
    )


def test_the_pin_and_its_sender_go_into_the_dispatch(owner: Client) -> None:
    pin = relay(owner, "second", from_email="News@Bücher.example")
    campaign = ready(owner, relay_id=pin, from_name="Ada")
    act(owner, campaign, "launch")
    dispatch = dispatch_of(owner)
    assert str(dispatch.relay_id) == pin
    assert (dispatch.from_email, dispatch.from_name) == ("News@Bücher.example", "Ada")
    assert dispatch.reply_to_email == "reply-second@example.com"
    assert dispatch.domain == "xn--bcher-kva.example"


def test_a_second_launch_is_a_conflict(owner: Client) -> None:
    campaign = ready(owner)
    act(owner, campaign, "launch")
    status, problem = act(owner, campaign, "launch")
    assert status == 409
    assert "is sending" in problem["detail"]
    assert balance(owner, campaign) == (3, {"queued": 3})


def test_of_two_launches_at_once_one_wins(owner: Client) -> None:
    campaign, runtime = ready(owner), running(owner)
    barrier, results = Barrier(2), []

    def launch() -> None:
        barrier.wait()
        try:
            with runtime.database.transaction() as session:
                lifecycle.launch(
                    session,
                    owner.workspace_id,
                    UUID(campaign),
                    base_url=runtime.base_url,
                    now=runtime.now(),
                )
            results.append("launched")
        except Conflict:
            results.append("refused")

    threads = [Thread(target=launch) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(results) == ["launched", "refused"]
    assert balance(owner, campaign) == (3, {"queued": 3})


def test_a_launch_wakes_the_sender(owner: Client) -> None:
    campaign, pokes = ready(owner), []
    owner.app.extensions["pressferry"] = replace(running(owner), poke=lambda: pokes.append(1))
    act(owner, campaign, "launch")
    assert pokes == [1]


@pytest.mark.parametrize(
    ("values", "where"),
    [
        ({"subject": ""}, "subject"),
        ({"subject": " "}, "subject"),
        ({"html": ""}, "html"),
        ({"html": "", "text": " \n"}, "html"),
        ({"audience": {}}, "audience"),
    ],
)
def test_what_is_missing_is_named(owner: Client, values: dict[str, Any], where: str) -> None:
    campaign = ready(owner, **values)
    status, problem = act(owner, campaign, "launch")
    assert (status, problem["errors"][0]["where"]) == (422, where)
    assert seen(owner, campaign)["status"] == "draft"
    assert balance(owner, campaign) == (0, {})


def test_text_alone_is_enough(owner: Client) -> None:
    campaign = ready(owner, html="", text="Hello")
    assert act(owner, campaign, "launch")[0] == 202


def test_nobody_active_is_a_422(owner: Client) -> None:
    campaign = ready(owner, people=0)
    contact(owner, "no@example.com", status="unsubscribed")
    status, problem = act(owner, campaign, "launch")
    assert (status, problem["errors"][0]["where"]) == (422, "audience")


def test_a_relay_is_needed(owner: Client, outsider: Client) -> None:
    contact(owner, "a@example.com")
    relay(outsider)
    campaign = draft(owner, from_email="me@example.com")["id"]
    status, problem = act(owner, campaign, "launch")
    assert (status, problem["errors"][0]["where"]) == (422, "relay_id")
    relay(owner, "first", enabled=False)
    relay(owner, "second")
    assert act(owner, campaign, "launch")[0] == 422


def test_a_pin_that_is_disabled_since_stops_the_launch(owner: Client) -> None:
    campaign = ready(owner, relay_id=relay(owner, "second"))
    change_relay(owner, "second", enabled=False)
    status, problem = act(owner, campaign, "launch")
    assert status == 422
    assert "'second' is disabled" in problem["detail"]


@pytest.mark.parametrize(
    ("base_url", "status"),
    [
        ("http://mail.example.com", 422),
        ("http://0.0.0.0:8080", 422),
        ("https://mail.example.com", 202),
        ("http://localhost:8080", 202),
    ],
)
def test_links_must_work_one_click(owner: Client, base_url: str, status: int) -> None:
    campaign = ready(owner)
    owner.app.extensions["pressferry"] = replace(running(owner), base_url=base_url)
    found, answer = act(owner, campaign, "launch")
    assert found == status
    assert found == 202 or "PRESSFERRY__BASE_URL" in answer["detail"]


def test_pause_resume_cancel(owner: Client, runtime: Runtime) -> None:
    campaign = ready(owner)
    act(owner, campaign, "launch")
    status, paused = act(owner, campaign, "pause")
    assert (status, paused["status"]) == (200, "paused")
    assert dispatch_of(owner).hold == "paused"
    send_everything(runtime.database, runtime)
    assert balance(owner, campaign) == (3, {"queued": 3})
    status, resumed = act(owner, campaign, "resume")
    assert (status, resumed["status"], resumed["status_reason"]) == (202, "sending", "")
    assert dispatch_of(owner).hold == ""
    status, cancelled = act(owner, campaign, "cancel")
    assert (status, cancelled["status"]) == (200, "cancelled")
    assert balance(owner, campaign) == (3, {"cancelled": 3})


@pytest.mark.parametrize(
    ("path", "allowed"),
    [
        ([], {"launch", "duplicate"}),
        (["launch"], {"pause", "cancel", "duplicate"}),
        (["launch", "pause"], {"resume", "cancel", "duplicate"}),
        (["launch", "cancel"], {"duplicate"}),
    ],
)
def test_every_state_allows_what_it_should(
    owner: Client, path: list[str], allowed: set[str]
) -> None:
    verbs = ("launch", "pause", "resume", "cancel", "unschedule", "duplicate")
    relay(owner)
    contact(owner, "a@example.com")
    for verb in verbs:
        campaign = draft(owner)["id"]
        for step in path:
            assert act(owner, campaign, step)[0] < 300
        status, _ = act(owner, campaign, verb)
        assert status < 300 if verb in allowed else status == 409, (verb, status)


def test_content_is_for_drafts_the_sender_also_while_paused(owner: Client) -> None:
    second = relay(owner, "second")
    campaign = ready(owner)
    path = f"/campaigns/{campaign}"
    act(owner, campaign, "launch")
    assert owner.patch(path, {"relay_id": second}).status_code == 409
    act(owner, campaign, "pause")
    assert owner.patch(path, {"subject": "x"}).status_code == 409
    assert owner.patch(path, {"relay_id": second, "html": "x"}).status_code == 409
    assert dispatch_of(owner).relay_id is None
    assert owner.patch(path, {"relay_id": second, "from_name": "Ada"}).status_code == 200
    dispatch = dispatch_of(owner)
    assert str(dispatch.relay_id) == second
    assert (dispatch.from_email, dispatch.from_name) == ("second@example.com", "Ada")


def test_a_scheduled_campaign_goes_out_when_its_time_comes(
    owner: Client, runtime: Runtime, clock: Any
) -> None:
    campaign = ready(owner, people=2)
    status, scheduled = act(owner, campaign, "launch", {"at": "2026-11-22T14:00:00+01:00"})
    assert (status, scheduled["status"]) == (202, "scheduled")
    assert scheduled["send_at"] == "2026-11-22T13:00:00Z"
    assert balance(owner, campaign) == (0, {})
    contact(owner, "latecomer@example.com")
    clock.turn(minutes=59)
    lifecycle.launch_due(runtime)
    assert seen(owner, campaign)["status"] == "scheduled"
    clock.turn(minutes=1)
    lifecycle.launch_due(runtime)
    lifecycle.launch_due(runtime)
    launched = seen(owner, campaign)
    assert (launched["status"], launched["launched_at"]) == ("sending", "2026-11-22T13:00:00Z")
    assert balance(owner, campaign) == (3, {"queued": 3})


def test_a_moment_that_is_over_is_refused(owner: Client) -> None:
    campaign = ready(owner)
    status, problem = act(owner, campaign, "launch", {"at": "2026-11-21T12:00:00Z"})
    assert (status, problem["errors"][0]["where"]) == (422, "at")
    assert act(owner, campaign, "launch", {"at": "2026-11-22T13:00:00"})[0] == 422
    assert act(owner, campaign, "launch", {"at": "2026-11-22T12:00:00Z"})[0] == 202
    assert seen(owner, campaign)["status"] == "sending"


def test_scheduling_checks_at_once(owner: Client) -> None:
    campaign = ready(owner, subject="")
    assert act(owner, campaign, "launch", {"at": "2026-12-01T12:00:00Z"})[0] == 422


def test_a_scheduled_campaign_can_be_taken_back(
    owner: Client, runtime: Runtime, clock: Any
) -> None:
    campaign = ready(owner)
    act(owner, campaign, "launch", {"at": "2026-11-22T13:00:00Z"})
    status, back = act(owner, campaign, "unschedule")
    assert (status, back["status"], back["send_at"]) == (200, "draft", None)
    clock.turn(hours=2)
    lifecycle.launch_due(runtime)
    assert balance(owner, campaign) == (0, {})


def test_a_scheduled_campaign_can_be_cancelled(owner: Client, runtime: Runtime, clock: Any) -> None:
    campaign = ready(owner)
    act(owner, campaign, "launch", {"at": "2026-11-22T13:00:00Z"})
    assert act(owner, campaign, "cancel")[1]["status"] == "cancelled"
    clock.turn(hours=2)
    lifecycle.launch_due(runtime)
    assert seen(owner, campaign)["status"] == "cancelled"


def test_a_scheduled_launch_that_fails_is_paused_with_the_reason(
    owner: Client, runtime: Runtime, clock: Any
) -> None:
    bad = ready(owner, relay_id=relay(owner, "second"))
    good = draft(owner)["id"]
    for campaign in (bad, good):
        act(owner, campaign, "launch", {"at": "2026-11-22T13:00:00Z"})
    change_relay(owner, "second", enabled=False)
    clock.turn(hours=1)
    lifecycle.launch_due(runtime)
    assert seen(owner, good)["status"] == "sending"
    paused = seen(owner, bad)
    assert paused["status"] == "paused"
    assert "'second' is disabled" in paused["status_reason"]
    assert act(owner, bad, "resume")[0] == 422
    change_relay(owner, "second", enabled=True)
    assert act(owner, bad, "resume")[1]["status"] == "sending"
    assert balance(owner, bad) == (3, {"queued": 3})


def test_what_failed_to_launch_can_be_a_draft_again(
    owner: Client, runtime: Runtime, clock: Any
) -> None:
    campaign = ready(owner)
    act(owner, campaign, "launch", {"at": "2026-11-22T13:00:00Z"})
    change_relay(owner, "first", enabled=False)
    clock.turn(hours=1)
    lifecycle.launch_due(runtime)
    assert act(owner, campaign, "unschedule")[1]["status"] == "draft"


def test_a_campaign_is_sent_when_nobody_is_left(
    owner: Client, runtime: Runtime, clock: Any
) -> None:
    campaign = ready(owner)
    act(owner, campaign, "launch")
    lifecycle.finish_done(runtime)
    assert seen(owner, campaign)["status"] == "sending"
    clock.turn(minutes=1)
    send_everything(runtime.database, runtime)
    clock.turn(minutes=1)
    lifecycle.finish_done(runtime)
    lifecycle.finish_done(runtime)
    done = seen(owner, campaign)
    assert (done["status"], done["completed_at"]) == ("sent", "2026-11-22T12:01:00Z")
    assert balance(owner, campaign) == (3, {"sent": 3})
    assert owner.delete(f"/campaigns/{campaign}").status_code == 204


def test_a_cancelled_campaign_stays_cancelled(owner: Client, runtime: Runtime) -> None:
    campaign = ready(owner)
    act(owner, campaign, "launch")
    act(owner, campaign, "cancel")
    with runtime.database.transaction() as session:
        ledger.close_finished(session, runtime.now())
    lifecycle.finish_done(runtime)
    assert seen(owner, campaign)["status"] == "cancelled"


def test_what_sending_stops_is_shown_as_paused(owner: Client, runtime: Runtime) -> None:
    campaign = ready(owner)
    act(owner, campaign, "launch")
    with runtime.database.transaction() as session:
        dispatch = session.scalars(select(Dispatch.id)).one()
        ledger.hold(session, dispatch, hold="paused", reason="the relay is gone", now=runtime.now())
    lifecycle.finish_done(runtime)
    paused = seen(owner, campaign)
    assert (paused["status"], paused["status_reason"]) == ("paused", "the relay is gone")
    assert act(owner, campaign, "resume")[1]["status"] == "sending"


def test_deliveries_are_found_by_state_and_address(owner: Client, runtime: Runtime) -> None:
    campaign = ready(owner)
    act(owner, campaign, "launch")
    with runtime.database.transaction() as session:
        first = session.scalars(select(Delivery).order_by(Delivery.id)).first()
        assert first is not None
        first.state, first.reason = "bounced", "no such user"
    path = f"/campaigns/{campaign}/deliveries"
    found = owner.get(path, query_string={"state": "bounced"}).json or {}
    assert found["total"] == 1
    [one] = found["items"]
    assert (one["email"], one["state"], one["reason"]) == (
        "person0@example.com",
        "bounced",
        "no such user",
    )
    assert one["attempts"] == []
    by_email = owner.get(path, query_string={"email": "PERSON1@example.com"}).json or {}
    assert [one["email"] for one in by_email["items"]] == ["person1@example.com"]
    assert owner.get(path, query_string={"state": "lost"}).status_code == 422


def test_launching_needs_the_scope_send(owner: Client, viewer: Client, outsider: Client) -> None:
    campaign = ready(owner)
    assert act(viewer, campaign, "launch")[0] == 403
    assert act(outsider, campaign, "launch")[0] == 404
    key = owner.post("/api-keys", {"name": "writer", "scopes": ["read", "write"]}).json or {}
    writer = Client(owner.app, key["key"], owner.workspace_id, owner.user_id)
    assert writer.patch(f"/campaigns/{campaign}", {"subject": "x"}).status_code == 200
    assert act(writer, campaign, "launch")[0] == 403
