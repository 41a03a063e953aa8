"""Held sending, seen and let go over the API and the command line."""

from typing import Any

import pytest
from click.testing import CliRunner

from app.campaigns import lifecycle
from app.cli import cli
from app.runtime import Runtime
from app.sending.senders import valve
from tests.app.campaign_desk import ready, running, seen
from tests.app.conftest import Client, on_sqlite
from tests.conftest import TurnableClock

WHY = "This database is an older copy."


def close(runtime: Runtime) -> None:
    with runtime.database.transaction() as session:
        row, _ = valve.take(session)
        valve.close(row, WHY, runtime.now())


def sending(client: Client) -> dict[str, Any]:
    found: dict[str, Any] = client.get("/sending").json or {}
    return found


def test_it_goes_as_long_as_nobody_holds_it(owner: Client) -> None:
    assert sending(owner) == {"held": False, "why": "", "since": None, "queued": 0}
    assert owner.post("/sending/go", {}).status_code == 409


def test_held_and_let_go(owner: Client, runtime: Runtime) -> None:
    campaign = ready(owner)
    owner.post(f"/campaigns/{campaign}/launch", {})
    close(runtime)
    found = sending(owner)
    assert (found["held"], found["why"], found["queued"]) == (True, WHY, 3)
    assert found["since"] is not None
    answer = owner.post("/sending/go", {})
    assert (answer.status_code, answer.json) == (
        200,
        {"held": False, "why": "", "since": None, "queued": 3},
    )
    assert seen(owner, campaign)["status"] == "sending"


def test_what_waits_for_it_says_so(owner: Client, runtime: Runtime) -> None:
    campaign = ready(owner)
    owner.post(f"/campaigns/{campaign}/launch", {})
    mail = {"to": "jane@example.com", "subject": "Your order", "text": "Thanks"}
    message = (owner.post("/messages", mail).json or {})["id"]
    close(runtime)
    trace = owner.get(f"/campaigns/{campaign}/trace?email=person0@example.com").json or {}
    assert trace["answer"] == f"Not yet: all sending is held. {WHY}"
    for found in (
        owner.get(f"/messages/{message}").json or {},
        (owner.get("/messages").json or {})["items"][0],
    ):
        assert "lets sending go on" in found["next"]
        assert WHY in found["next"]
        assert found["next_at"] is None
    owner.post("/sending/go", {})
    assert "relay" in (owner.get(f"/messages/{message}").json or {})["next"]


def test_with_every_campaign_paused(owner: Client, runtime: Runtime, clock: TurnableClock) -> None:
    first = ready(owner)
    later = owner.post(f"/campaigns/{first}/duplicate", {}).json or {}
    owner.post(f"/campaigns/{first}/launch", {})
    at = clock.time.replace(hour=23).isoformat()
    owner.post(f"/campaigns/{later['id']}/launch", {"at": at})
    close(runtime)
    answer = owner.post("/sending/go", {"pause_campaigns": True}).json or {}
    assert answer["queued"] == 0
    for campaign in (first, later["id"]):
        assert seen(owner, campaign)["status"] == "paused"
        assert "let go" in seen(owner, campaign)["status_reason"]
    assert owner.post(f"/campaigns/{first}/resume", {}).status_code == 202
    assert sending(owner)["queued"] == 3


def test_what_is_scheduled_waits_while_sending_is_held(
    owner: Client, runtime: Runtime, clock: TurnableClock
) -> None:
    campaign = ready(owner)
    owner.post(f"/campaigns/{campaign}/launch", {"at": clock.time.replace(hour=13).isoformat()})
    close(runtime)
    clock.turn(hours=2)
    lifecycle.launch_due(running(owner))
    assert seen(owner, campaign)["status"] == "scheduled"
    owner.post("/sending/go", {})
    lifecycle.launch_due(running(owner))
    assert seen(owner, campaign)["status"] == "sending"


def test_only_the_owner_of_everything_lets_go(
    owner: Client, admin: Client, member: Client, outsider: Client, runtime: Runtime
) -> None:
    close(runtime)
    assert member.post("/sending/go", {}).status_code == 403
    assert admin.post("/sending/go", {}).status_code == 403
    refused = owner.post("/sending/go", {})
    assert refused.status_code == 403, "another workspace would go, too"
    assert "operator" in (refused.json or {})["detail"]
    assert sending(outsider)["held"]


@pytest.fixture
def settings(runtime: Runtime, monkeypatch: pytest.MonkeyPatch) -> None:
    url = runtime.database.engine.url.render_as_string(hide_password=False)
    monkeypatch.setenv("PRESSFERRY__DATABASE__URL", url)


@on_sqlite
@pytest.mark.usefixtures("settings")
def test_on_the_command_line(owner: Client, runtime: Runtime) -> None:
    campaign = ready(owner, name="Sale")
    owner.post(f"/campaigns/{campaign}/launch", {})
    refused = CliRunner().invoke(cli, ["go", "--yes"])
    assert refused.exit_code == 1
    assert "not held" in refused.output
    close(runtime)
    status = CliRunner().invoke(cli, ["status"])
    assert status.exit_code == 0, status.output
    assert WHY in status.output
    no = CliRunner().invoke(cli, ["go"], input="n\n")
    assert no.exit_code == 1
    assert WHY in no.output
    assert "3  Sale" in no.output
    assert sending(owner)["held"]
    yes = CliRunner().invoke(cli, ["go"], input="y\n")
    assert yes.exit_code == 0, yes.output
    assert not sending(owner)["held"]
    assert "not held" in CliRunner().invoke(cli, ["status"]).output


@on_sqlite
@pytest.mark.usefixtures("settings")
def test_the_command_line_pauses_campaigns(owner: Client, runtime: Runtime) -> None:
    campaign = ready(owner)
    owner.post(f"/campaigns/{campaign}/launch", {})
    close(runtime)
    done = CliRunner().invoke(cli, ["go", "--pause-campaigns"])
    assert done.exit_code == 0, done.output
    assert seen(owner, campaign)["status"] == "paused"
