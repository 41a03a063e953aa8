"""Dry runs and previews of a site that only an agent reaches: what it brings is tried here."""

from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select

from app.contacts import edit
from app.contacts.models import Contact
from app.runtime import Runtime
from app.sources.agents import trying
from app.sources.agents.models import TrialPage
from tests.app.agent_desk import Desk, opened, people
from tests.app.conftest import Client
from tests.conftest import TurnableClock
from wp_bridge.errors import AskTheOwner


@pytest.fixture
def desk(app: Flask, runtime: Runtime, owner: Client) -> Desk:
    return opened(app, runtime, owner)


def pulled(desk: Desk, *numbers: int) -> None:
    """A real run with these people."""
    desk.bring(desk.task(), 0, *people(*numbers), last=True)


def dry(desk: Desk, **more: Any) -> dict[str, Any]:
    """A dry run that the agent was given."""
    path = f"/connections/{desk.connection()['id']}"
    answer = desk.owner.post(f"{path}/runs", {"dry": True, **more})
    assert answer.status_code == 202, answer.text
    task: dict[str, Any] = desk.visit()["task"]
    assert task["run_id"] == (answer.json or {})["id"]
    return task


def kept_pages(desk: Desk) -> int:
    with desk.runtime.database.reading() as session:
        return session.scalar(select(func.count()).select_from(TrialPage)) or 0


def preview(desk: Desk, **asked: Any) -> Any:
    return desk.owner.post(f"/connections/{desk.connection()['id']}/preview", asked)


def test_it_says_what_a_real_run_would_do_and_does_nothing(desk: Desk) -> None:
    pulled(desk, 1)
    before = desk.connection()
    task = dry(desk, full=True)
    first = desk.bring(task, 0, *people(1, 2), (3, "nobody"))
    assert (first.json or {})["state"] == "running"
    assert (desk.run(task)["seen"], desk.run(task)["state"]) == (3, "running")
    last = desk.bring(task, 1, *people(4), (5, "p2@example.com"), last=True)
    assert (last.json or {})["state"] == "succeeded", last.json
    run = desk.run(task)
    counted = {name: run[name] for name in ("seen", "created", "kept", "pages", "skipped")}
    skipped = {"invalid_email": 1, "duplicate": 1}
    assert counted == {"seen": 5, "created": 2, "kept": 1, "pages": 2, "skipped": skipped}
    samples = (desk.owner.get(f"/runs/{task['run_id']}/samples").json or {})["items"]
    assert [one["email"] for one in samples if one["what"] == "create"] == [
        "p2@example.com",
        "p4@example.com",
    ]
    assert desk.contacts() == ["p1@example.com"]
    after = desk.connection()
    assert {**after, "learned": 0} == {**before, "learned": 0}
    pulled(desk, 1, 2, 4)
    assert len(desk.contacts()) == 3


def test_a_batch_that_comes_again_is_kept_once(desk: Desk) -> None:
    pulled(desk, 1)
    task = dry(desk)
    batch = desk.batch(task, 0, *people(1, 2))
    answers = [desk.say("/ingest", batch) for _ in range(3)]
    assert [one.status_code for one in answers] == [200] * 3
    assert all(one.json == answers[0].json for one in answers)
    assert desk.bring(task, 0, *people(9)).status_code == 409
    last = desk.batch(task, 1, *people(3), last=True)
    answers = [desk.say("/ingest", last) for _ in range(2)]
    assert [(one.json or {})["state"] for one in answers] == ["succeeded"] * 2
    assert (desk.run(task)["seen"], desk.run(task)["created"]) == (3, 2)


def test_after_a_kill_it_begins_anew(desk: Desk, clock: TurnableClock) -> None:
    pulled(desk, 1)
    task = dry(desk)
    desk.bring(task, 0, *people(1, 2))
    clock.turn(minutes=10)
    again = desk.visit()["task"]
    assert (again["run_id"], again["number"], again["cursor"]) == (task["run_id"], 0, None)
    assert kept_pages(desk) == 0
    desk.bring(again, 0, *people(1, 2, 3), last=True)
    assert (desk.run(task)["seen"], desk.run(task)["created"]) == (3, 2)


def test_it_looks_at_so_many_rows(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(trying, "MOST_ROWS", 4)
    pulled(desk, 1)
    task = dry(desk)
    assert (desk.bring(task, 0, *people(1, 2)).json or {})["state"] == "running"
    answer = desk.bring(task, 1, *people(3, 4)).json or {}
    assert answer["state"] == "succeeded"
    assert desk.run(task)["detail"] == "Only the first 4 rows were looked at."
    assert desk.visit()["task"] is None


def test_a_trouble_at_the_site_fails_only_the_dry_run(desk: Desk) -> None:
    pulled(desk, 1)
    task = dry(desk)
    trouble = AskTheOwner("needs_permission", "The password is wrong.")
    assert (desk.bring(task, 0, trouble=trouble).json or {})["state"] == "failed"
    assert desk.connection()["state"] == "ready"


def test_single_rows_can_be_looked_at_for_a_day(desk: Desk, clock: TurnableClock) -> None:
    pulled(desk, 1)
    answer = preview(desk)
    assert answer.status_code == 409
    assert '{"dry": true}' in answer.json["detail"]
    task = dry(desk)
    for number in range(5):
        desk.bring(task, number, (number + 1, f"p{number + 1}@example.com"), last=number == 4)
    assert kept_pages(desk) == 3
    found = preview(desk, skip=1).json
    assert (found["email"], found["outcome"]) == ("p2@example.com", "create")
    assert [one["raw"] for one in found["fields"] if one["key"] == "first_name"] == ["First2"]
    mapped = preview(desk, skip=1, mapping={"first_name": "last_name"}).json
    assert [one["target"] for one in mapped["fields"] if one["key"] == "first_name"] == [
        "last_name"
    ]
    assert preview(desk, skip=9).status_code == 404
    trying.forget_old(desk.runtime)
    assert preview(desk).status_code == 200
    clock.turn(days=1, minutes=1)
    trying.forget_old(desk.runtime)
    assert kept_pages(desk) == 0
    assert preview(desk).status_code == 409


def test_what_waits_cannot_be_read_by_who_has_the_database(desk: Desk) -> None:
    pulled(desk, 1)
    desk.bring(dry(desk), 0, *people(7))
    with desk.runtime.database.reading() as session:
        (secret,) = session.scalars(select(TrialPage.secret))
    assert "p7@" not in secret


def test_a_no_here_is_respected(desk: Desk, runtime: Runtime) -> None:
    pulled(desk, 1)
    with runtime.database.transaction() as session:
        values = {"email": "p2@example.com", "status": "unsubscribed"}
        edit.create(session, desk.owner.workspace_id, values, source="api", now=runtime.now())
    desk.bring(dry(desk), 0, *people(2), last=True)
    assert preview(desk).json["status"] == "unsubscribed"
    with runtime.database.reading() as session:
        found = session.scalars(select(Contact).where(Contact.address == "p2@example.com")).one()
    assert (found.status, found.first_name) == ("unsubscribed", "")
