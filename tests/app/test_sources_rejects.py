"""Rows that are left out are counted by reason and kept for a while; there may be no room."""

import csv
import io
from typing import Any

import pytest
from sqlalchemy import func, select

from app.runtime import Runtime
from app.sources.models import RejectedRow, SyncRun
from app.sources.runs import rejects
from tests.app.conftest import Client, on_sqlite
from tests.app.form_site import with_forms
from tests.app.pulling import connected, person


def lines(owner: Client, run: SyncRun) -> list[dict[str, str]]:
    found = owner.get(f"/runs/{run.id}/rejected.csv")
    assert found.status_code == 200
    assert found.headers["Content-Type"].startswith("text/csv")
    return list(csv.DictReader(io.StringIO(found.text)))


def test_every_reason_can_be_downloaded(runtime: Runtime, owner: Client) -> None:
    people = [
        person(1),
        person(2, ""),
        person(3, "nobody"),
        person(4, "P1@example.com"),
        person(5, '=cmd|"!A1"', first_name="=1+1"),
    ]
    with connected(runtime, owner.workspace_id, people) as world:
        run = world.pull()
        found = lines(owner, run)
        assert [(line["source_id"], line["reason"]) for line in found] == [
            ("2", "no_email"),
            ("3", "invalid_email"),
            ("5", "invalid_email"),
            ("4", "duplicate"),
        ]
        assert "first_name: First2" in found[0]["fields"]
        assert found[2]["email"].startswith("'=")
        assert sum(run.skipped.values()) == len(found)
        with runtime.database.reading() as session:
            secrets = session.scalars(select(RejectedRow.secret)).all()
        assert not any("nobody" in secret or "First2" in secret for secret in secrets)


def test_what_is_kept_is_bounded(
    runtime: Runtime, owner: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rejects, "MOST", 3)
    monkeypatch.setattr(rejects, "MOST_RUNS", 2)
    with connected(runtime, owner.workspace_id, [person(n, "") for n in range(1, 250)]) as world:
        done = [world.pull() for _ in range(4)]
        assert {run.skipped["no_email"] for run in done} == {249}
        assert [len(lines(owner, run)) for run in done] == [0, 0, 3, 3]
        with runtime.database.reading() as session:
            assert session.scalar(select(func.count()).select_from(RejectedRow)) == 6


def test_values_that_do_not_fit_are_left_out_and_told(runtime: Runtime, owner: Client) -> None:
    kinds = {"size": "number", "born": "date", "vip": "boolean"}
    for key, kind in kinds.items():
        made = owner.post("/fields", {"key": key, "label": key, "kind": kind})
        assert made.json["kind"] == kind
    with with_forms(runtime, owner) as site:
        site.fill(1, "7", Email="a@x.com", Size="40,5", Born="1.2.1990", Vip="ja")
        site.fill(2, "7", Email="b@x.com", Size="large", Born="1/2/1990", Vip="no")
        site.pull()
        site.rule(
            "7", mapping={"7.Size": "fields.size", "7.Born": "fields.born", "7.Vip": "fields.vip"}
        )
        run = site.pull()
        assert (run.updated, run.faults, run.skipped) == (2, 2, {})
        found = site.contacts()
        assert found["a@x.com"].fields == {"size": "40.5", "born": "1990-02-01", "vip": "true"}
        assert found["b@x.com"].fields == {"vip": "false"}
        told = {(line["reason"], line["fields"], line["detail"]) for line in lines(owner, run)}
        assert told == {
            ("bad_value", "fields.size: large", "is not a number"),
            ("bad_value", "fields.born: 1/2/1990", "could be day or month first"),
        }


@on_sqlite
def test_fields_of_a_kind_through_the_api(owner: Client) -> None:
    owner.post("/fields", {"key": "size", "label": "Size", "kind": "number"})
    assert owner.post("/fields", {"key": "x", "label": "X", "kind": "colour"}).status_code == 422
    made = owner.post("/contacts", {"email": "a@x.com", "fields": {"size": "40,5"}})
    assert made.json["fields"] == {"size": "40.5"}
    path = f"/contacts/{made.json['id']}"
    refused = owner.patch(path, {"fields": {"size": "large"}})
    assert refused.status_code == 422
    assert refused.json["errors"] == [{"where": "fields.size", "detail": "It is not a number."}]
    assert owner.patch(path, {"fields": {"size": ""}}).json["fields"] == {}


def test_when_there_is_no_room_known_people_are_still_kept_up_to_date(
    runtime: Runtime, owner: Client
) -> None:
    people = [person(1), person(2)]
    with connected(runtime, owner.workspace_id, people) as world:
        world.pull()
        owner.patch("/workspace", {"contact_allocation": 3})
        people[0]["first_name"] = "New"
        people += [person(3), person(4), person(5, "p4@example.com")]
        run = world.pull()
        assert (run.created, run.updated) == (1, 1)
        assert run.skipped == {"over_allocation": 2}
        refused = owner.post("/contacts", {"email": "more@x.com"})
        assert (refused.status_code, "allocation_exceeded" in refused.json["detail"]) == (409, True)
        assert owner.post("/contacts/upsert", {"email": "p1@example.com"}).status_code == 200
        owner.patch("/workspace", {"contact_allocation": None})
        assert world.pull().created == 1


@on_sqlite
def test_strangers_see_nothing_of_runs(runtime: Runtime, owner: Client, outsider: Client) -> None:
    with connected(runtime, owner.workspace_id, [person(1, "")]) as world:
        run = world.pull()
        for path in (f"/runs/{run.id}/rejected.csv", f"/runs/{run.id}/samples"):
            assert owner.get(path).status_code == 200
            assert outsider.get(path).status_code == 404


def test_an_allocation_must_be_a_number(owner: Client) -> None:
    wrong: list[Any] = [-1, "10", 1.5]
    for value in wrong:
        assert owner.patch("/workspace", {"contact_allocation": value}).status_code == 422
