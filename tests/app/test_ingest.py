"""What sync agents bring is taken once, in step, by the same rules as what this server reads."""

import gzip
import json
import threading
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from flask import Flask

from app.contacts import edit
from app.runtime import Runtime
from app.sources.runs import claiming, running
from connectors import SourceField
from sync.remote import FORMAT
from tests.app.agent_desk import READY, Desk, opened, people
from tests.app.conftest import Client
from tests.conftest import TurnableClock
from tests.waiting import PATIENCE
from wp_bridge.errors import AskTheOwner, TryLater


@pytest.fixture
def desk(app: Flask, runtime: Runtime, owner: Client) -> Desk:
    return opened(app, runtime, owner)


def adds_up(run: dict[str, Any]) -> bool:
    counted: int = run["created"] + run["updated"] + run["kept"] + sum(run["skipped"].values())
    return bool(run["seen"] == counted)


# The way of a run


def test_a_run_from_the_first_page_to_the_last(desk: Desk) -> None:
    first_orders = {"format": FORMAT, "look": True, "task": None, "wait": 15, "stuck": []}
    assert desk.visit() == first_orders
    task = desk.task(name="Intranet")
    assert (task["source"], task["number"], task["cursor"]) == ("wordpress_users", 0, None)
    assert task["options"] == {
        "roles_as_lists": False,
        "roles_as_tags": False,
        "only_roles": "",
    }
    first = desk.bring(task, 0, *people(1, 2), (3, "nobody"))
    assert first.json == {
        "batch_id": first.json["batch_id"],  # type: ignore[index]
        "run_id": task["run_id"],
        "state": "running",
        "detail": "",
        "seen": 3,
        "created": 2,
        "updated": 0,
        "kept": 0,
        "skipped": {"invalid_email": 1},
    }
    last = desk.bring(task, 1, *people(2, 4), last=True)
    assert (last.json or {})["state"] == "succeeded"
    run = desk.run(task)
    assert (run["state"], run["seen"], run["created"], run["kept"]) == ("succeeded", 5, 3, 1)
    assert (run["pages"], run["trigger"], adds_up(run)) == (2, "agent", True)
    assert desk.contacts() == ["p1@example.com", "p2@example.com", "p4@example.com"]
    assert desk.visit()["task"] is None
    again = desk.task()
    assert again["run_id"] != task["run_id"]
    desk.bring(again, 0, *people(1, 2, 4), last=True)
    assert desk.run(again)["kept"] == 3


def test_a_batch_that_comes_again_gets_the_same_answer_and_changes_nothing(desk: Desk) -> None:
    task = desk.task()
    batch = desk.batch(task, 0, *people(1, 2))
    first = desk.say("/ingest", batch)
    assert first.status_code == 200
    desk.bring(task, 1, *people(3), last=True)
    run = desk.run(task)
    for _ in range(3):
        desk.level -= 2  # folded in another way, it is the same batch
        again = desk.say("/ingest", batch)
        assert (again.status_code, again.json) == (200, first.json)
    assert desk.run(task) == run
    assert desk.contacts() == ["p1@example.com", "p2@example.com", "p3@example.com"]
    other = {**batch, "page": {**batch["page"], "rows": []}}
    assert desk.say("/ingest", other).status_code == 409


def test_the_same_batch_twice_at_the_same_moment(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    task = desk.task()
    batch = desk.batch(task, 0, *people(*range(1, 60)))
    answers: list[Any] = []
    both, prepared = threading.Barrier(2), running.prepared

    def together(*arguments: Any, **named: Any) -> Any:
        both.wait(PATIENCE)  # neither has stored anything when the other begins
        return prepared(*arguments, **named)

    monkeypatch.setattr(running, "prepared", together)
    threads = [
        threading.Thread(target=lambda: answers.append(desk.say("/ingest", batch)))
        for _ in range(2)
    ]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert [answer.status_code for answer in answers] == [200, 200]
    assert answers[0].json == answers[1].json
    assert answers[0].json["state"] == "running"
    assert (desk.run(task)["state"], desk.run(task)["seen"]) == ("running", 59)
    assert len(desk.contacts()) == 59


@pytest.mark.parametrize("number", [0, 2])
def test_a_batch_out_of_step_is_not_taken(desk: Desk, number: int) -> None:
    task = desk.task()
    desk.bring(task, 0, *people(1))
    answer = desk.bring(task, number, *people(2, 3))
    assert answer.status_code == 409
    assert "at batch 1" in (answer.json or {})["detail"]
    assert desk.contacts() == ["p1@example.com"]
    assert desk.visit()["task"]["number"] == 1


def test_an_agent_that_was_killed_is_told_where_to_go_on(desk: Desk, clock: TurnableClock) -> None:
    task = desk.task()
    desk.bring(task, 0, *people(1))
    clock.turn(hours=3)
    again = desk.visit()["task"]
    assert again == {**task, "number": 1, "cursor": {"page": 2}}
    desk.bring(again, 1, *people(2), last=True)
    assert (desk.run(task)["state"], desk.run(task)["seen"]) == ("succeeded", 2)


def test_a_server_that_was_killed_lets_the_agent_go_on(desk: Desk, runtime: Runtime) -> None:
    task = desk.task()
    desk.bring(task, 0, *people(1))
    with runtime.database.transaction() as session:
        assert claiming.release_all(session) == 1
    assert running.run_due(runtime) == 0, "this server took the agent's run"
    assert (desk.bring(task, 1, *people(2), last=True).json or {})["state"] == "succeeded"


def test_a_sweep_left_for_long_begins_anew_and_its_numbers_too(
    desk: Desk, clock: TurnableClock
) -> None:
    task = desk.task()
    desk.bring(task, 0, *people(1, 2))
    clock.turn(days=1, minutes=1)
    assert desk.visit()["look"] is True
    again = desk.visit(findings=[READY])["task"]
    assert again == {**task, "number": 0, "cursor": None}
    assert desk.bring(task, 1, *people(3)).status_code == 409
    desk.bring(again, 0, *people(1, 2), last=True)
    run = desk.run(task)
    assert (run["seen"], run["kept"], run["pages"]) == (2, 2, 1)


def test_a_long_sweep_is_not_begun_anew_while_it_goes_on(desk: Desk, clock: TurnableClock) -> None:
    task = desk.task()
    for number in range(4):
        assert desk.bring(task, number, *people(number)).status_code == 200
        clock.turn(hours=9)
    desk.bring(task, 4, last=True)
    assert (desk.run(task)["seen"], desk.run(task)["pages"]) == (4, 5)


def test_the_mark_of_a_run_is_what_the_next_begins_from(desk: Desk, clock: TurnableClock) -> None:
    task = desk.task()
    clock.turn(minutes=2)
    desk.bring(task, 0, *people(1), last=True, mark={"after": 7})
    clock.turn(hours=1)
    assert desk.task()["since"] == {"after": 7}


def test_the_schedule_is_kept_here(desk: Desk, runtime: Runtime, clock: TurnableClock) -> None:
    task = desk.visit(findings=[READY])["task"]
    assert desk.connection()["schedule"] == {"every_minutes": 60}
    assert desk.run(task)["trigger"] == "schedule"
    desk.bring(task, 0, last=True)
    clock.turn(minutes=30)
    assert desk.visit()["task"] is None
    clock.turn(minutes=40)
    assert running.run_due(runtime) == 0, "this server took the agent's run"
    assert desk.visit()["task"]


def test_mapping_and_terms_of_the_connection_count(desk: Desk, owner: Client) -> None:
    desk.visit(findings=[READY])
    changes = {
        "mapping": {"first_name": "last_name"},
        "new_contact_status": "pending",
        "add_tags": ["intranet"],
    }
    connection_id = desk.connection()["id"]
    assert owner.patch(f"/connections/{connection_id}", changes).status_code == 200
    task = desk.task()
    fields = (SourceField("shoe", "Shoe size", "fields.shoe"),)
    desk.bring(task, 0, *people(1), fields=fields, last=True)
    (found,) = (owner.get("/contacts").json or {})["items"]
    assert (found["last_name"], found["status"]) == ("First1", "pending")
    assert [tag["name"] for tag in found["tags"]] == ["intranet"]
    assert "shoe" in {one["key"] for one in desk.connection()["fields"]}


def test_a_no_is_not_undone(desk: Desk, runtime: Runtime) -> None:
    with runtime.database.transaction() as session:
        values = {"email": "p1@example.com", "status": "unsubscribed"}
        edit.create(session, desk.owner.workspace_id, values, source="api", now=runtime.now())
    desk.bring(desk.task(), 0, *people(1), last=True)
    (found,) = (desk.owner.get("/contacts").json or {})["items"]
    assert (found["status"], found["first_name"]) == ("unsubscribed", "First1")


def test_a_run_that_was_called_off_takes_nothing_more(desk: Desk) -> None:
    task = desk.task()
    desk.owner.post(f"/runs/{task['run_id']}/cancel")
    answer = desk.bring(task, 0, *people(1))
    assert (answer.status_code, desk.contacts()) == (409, [])
    assert "cancelled" in (answer.json or {})["detail"]
    assert desk.visit()["task"] is None


def test_too_much_change_is_held_until_a_person_says_go(desk: Desk) -> None:
    task = desk.task()
    desk.bring(task, 0, *people(*range(100)), last=True)
    task = desk.task()
    moved = [(number, f"other{number}@example.com") for number in range(100)]
    batch = desk.batch(task, 0, *moved, last=True)
    for _ in range(2):
        assert (desk.say("/ingest", batch).json or {})["state"] == "held"
    assert "p1@example.com" in desk.contacts()
    orders = desk.visit(begin=True)
    assert (orders["task"], orders["stuck"][0]["why"][:5]) == (None, "Held:")
    path = f"/connections/{desk.connection()['id']}/runs"
    assert desk.owner.post(path, {"force": True}).status_code == 202
    forced = desk.visit()["task"]
    assert (desk.bring(forced, 0, *moved, last=True).json or {})["state"] == "succeeded"
    assert "other1@example.com" in desk.contacts()


# Troubles at the site


def test_a_site_that_is_down_is_left_in_peace(
    desk: Desk, runtime: Runtime, clock: TurnableClock
) -> None:
    task = desk.task()
    desk.bring(task, 0, *people(1))
    batch = desk.batch(task, 1, trouble=TryLater("It is down."))
    for _ in range(2):
        assert (desk.say("/ingest", batch).json or {})["state"] == "queued"
    assert desk.connection()["failures"] == 1
    assert desk.visit(begin=True)["task"] is None
    clock.turn(seconds=61)
    again = desk.visit()["task"]
    assert (again["run_id"], again["number"]) == (task["run_id"], 1)
    assert (desk.bring(again, 1, *people(2), last=True).json or {})["state"] == "succeeded"
    assert desk.connection()["failures"] == 0


def test_a_login_that_died_waits_for_the_agent_to_find_it_well(
    desk: Desk, clock: TurnableClock
) -> None:
    task = desk.task()
    trouble = AskTheOwner("needs_permission", "The password is wrong.", code="incorrect_password")
    assert (desk.bring(task, 0, trouble=trouble).json or {})["state"] == "failed"
    assert desk.run(task)["detail"] == "The password is wrong."
    assert desk.connection()["state"] == "needs_reauth"
    orders = desk.visit(begin=True)
    assert (orders["look"], orders["task"]) == (False, None)
    assert orders["stuck"] == [{"source": "wordpress_users", "why": "The password is wrong."}]
    clock.turn(hours=1)
    assert desk.visit()["look"] is True
    assert desk.task()["number"] == 0
    assert desk.connection()["state"] == "ready"


def test_a_site_that_is_away_is_looked_at_again_soon(desk: Desk, clock: TurnableClock) -> None:
    away = {**READY, "state": "unreachable", "detail": "It cannot be reached."}
    assert desk.visit(findings=[away], begin=True)["look"] is False
    clock.turn(minutes=4)
    assert desk.visit()["look"] is False
    clock.turn(minutes=1)
    assert desk.visit()["look"] is True
    assert desk.task()["source"] == "wordpress_users"
    clock.turn(hours=23)
    assert desk.visit()["look"] is False


def test_what_an_agent_found_is_shown(desk: Desk) -> None:
    missing = {"source": "woocommerce", "state": "plugin_absent", "detail": "It is not there."}
    newer = {"source": "of_the_future", "state": "ready", "detail": "Yes."}
    desk.visit(findings=[READY, missing, newer], name="Intranet")
    found = desk.owner.get(f"/agents/{desk.id}").json or {}
    pages = [one.pop("docs").rpartition("/docs/")[2] for one in found["findings"]]
    assert found["findings"] == [READY, missing, newer]
    assert pages[:2] == ["sources/wordpress-users", "sources/woocommerce#what-it-needs"]
    assert (found["version"], found["seen_at"]) == ("test", "2026-11-22T12:00:00Z")
    assert desk.connection()["source"] == "wordpress_users"
    site = desk.owner.get(f"/sites/{desk.site_id}").json or {}
    assert (site["name"], site["rest_root"]) == ("Intranet", "")
    answer = desk.owner.post(f"/sites/{desk.site_id}/discover")
    assert answer.status_code == 409
    assert "sync agent" in (answer.json or {})["detail"]


# Who may come in, and with what


def test_who_did_not_sign_is_not_let_in(desk: Desk, app: Flask, clock: TurnableClock) -> None:
    said = {"format": FORMAT, "version": "1"}
    other = opened(app, desk.runtime, desk.owner, "https://another.example")
    body = gzip.compress(json.dumps(said).encode())
    wrong: list[dict[str, str]] = [
        {"Pressferry-Signature": ""},
        {"Pressferry-Signature": "v1=0"},
        {"Pressferry-Signature": f"t=1795348800,v1={'0' * 64}"},
        {"Pressferry-Agent": ""},
        {"Pressferry-Agent": uuid4().hex},
        {"Pressferry-Agent": "x"},
        {"Pressferry-Agent": other.id.replace("-", "")},
    ]
    for headers in wrong:
        answer = desk.say("/ingest/visit", said, **headers)
        assert (answer.status_code, answer.content_type) == (401, "application/problem+json")
    plain = {"Authorization": f"Bearer {desk.owner.key}", "Content-Type": "application/json"}
    answer = app.test_client().post("/api/v1/ingest/visit", data=body, headers=plain)
    assert answer.status_code == 401
    assert desk.say("/ingest/visit", said).status_code == 200


@pytest.mark.parametrize(("seconds", "words"), [(-301, "ahead"), (301, "behind")])
def test_clocks_that_differ_are_named(
    desk: Desk, clock: TurnableClock, seconds: int, words: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    said = gzip.compress(json.dumps({"format": FORMAT, "version": "1"}).encode())
    from app.rules import signing

    parts = signing.agent_key_parts(desk.key)
    assert parts
    moment = int((clock() - timedelta(seconds=seconds)).timestamp())
    signature = signing.signature(parts[1], moment, said)
    headers = {"Pressferry-Agent": parts[0].hex, "Pressferry-Signature": signature}
    answer = desk.app.test_client().post("/api/v1/ingest/visit", data=said, headers=headers)
    assert answer.status_code == 401
    assert f"301 seconds {words}" in (answer.json or {})["detail"]


def test_an_agent_brings_nothing_to_the_runs_of_another(
    desk: Desk, app: Flask, outsider: Client
) -> None:
    other = opened(app, desk.runtime, outsider)
    task = desk.task()
    assert other.bring(task, 0, *people(1)).status_code == 404
    batch = desk.batch(task, 0, *people(1))
    assert desk.say("/ingest", batch).status_code == 200
    assert other.say("/ingest", batch).status_code == 404
    assert (desk.contacts(), other.contacts()) == (["p1@example.com"], [])


def test_keys_are_changed_and_revoked(desk: Desk, owner: Client) -> None:
    said = {"format": FORMAT, "version": "1"}
    shown = owner.get(f"/agents/{desk.id}").text
    assert desk.key not in shown
    old, desk.key = desk.key, (owner.post(f"/agents/{desk.id}/key").json or {})["key"]
    assert desk.say("/ingest/visit", said).status_code == 200
    new, desk.key = desk.key, old
    assert desk.say("/ingest/visit", said).status_code == 401
    desk.key = new
    assert owner.post(f"/agents/{desk.id}/revoke").status_code == 200
    answer = desk.say("/ingest/visit", said)
    assert (answer.status_code, "revoked" in answer.text) == (403, True)
    desk.key = (owner.post(f"/agents/{desk.id}/key").json or {})["key"]
    assert desk.say("/ingest/visit", said).status_code == 200
    assert owner.delete(f"/agents/{desk.id}").status_code == 204
    assert desk.say("/ingest/visit", said).status_code == 401


def test_one_agent_per_site(desk: Desk, owner: Client) -> None:
    answer = owner.post("/agents", {"url": "http://wp.intranet.example/"})
    assert (answer.status_code, "already" in answer.text) == (409, True)
    assert owner.post("/agents", {"url": "ftp://x"}).status_code == 422


def test_bodies_that_are_none(desk: Desk) -> None:
    said = json.dumps({"format": FORMAT, "version": "1"}).encode()
    assert desk.say("/ingest/visit", said, **{"Content-Encoding": "identity"}).status_code == 200
    assert desk.say("/ingest/visit", said, **{"Content-Encoding": "br"}).status_code == 415
    for broken in (b"{", b"[]", b"\xff", b'"x"'):
        assert desk.say("/ingest/visit", broken).status_code in (400, 422)


def test_a_body_that_unfolds_without_end_is_stopped(desk: Desk) -> None:
    answer = desk.say("/ingest/visit", b" " * (33 * 2**20))
    assert answer.status_code == 422
    assert "unfolds to more" in (answer.json or {})["detail"]


def test_a_format_of_the_future_is_named_before_its_words(desk: Desk) -> None:
    answer = desk.say("/ingest", {"format": FORMAT + 1, "novelty": True})
    assert (answer.status_code, answer.content_type) == (422, "application/problem+json")
    detail = (answer.json or {})["detail"]
    assert f"format {FORMAT}, not {FORMAT + 1}: update this server" in detail


@pytest.mark.parametrize(
    ("page", "where"),
    [
        ({"cursor": None}, "page"),
        ({"rows": {}}, "page.rows"),
        ({"rows": [{"source_id": "1"}]}, "page.rows.0"),
        ({"rows": [{"source_id": 1, "email": "x"}]}, "page.rows.0.source_id"),
        ({"rows": [{"source_id": "1", "email": "x", "novelty": 1}]}, "page.rows.0.novelty"),
        ({"rows": [], "cursor": {"a": "\0"}}, "page.cursor"),
    ],
)
def test_pages_that_are_none_are_not_taken(desk: Desk, page: dict[str, Any], where: str) -> None:
    task = desk.task()
    batch = {**desk.batch(task, 0), "page": page}
    answer = desk.say("/ingest", batch)
    assert answer.status_code == 422, answer.text
    assert [one["where"] for one in (answer.json or {})["errors"]] == [where]
    assert desk.run(task)["pages"] == 0
