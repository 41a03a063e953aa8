"""A dry run says what a real one would do, and does none of it."""

from typing import Any

import pytest
from sqlalchemy import select

from app.contacts.models import (
    Contact,
    ContactList,
    ContactTag,
    Field,
    MailingList,
    Suppression,
    Tag,
)
from app.runtime import Runtime
from app.sources.models import Connection, SourceRow, SyncRun
from app.sources.runs import running, trial
from tests.app.conftest import Client, on_sqlite
from tests.app.form_site import with_forms
from tests.app.pulling import connected, person
from tests.conftest import TurnableClock
from tests.connectors.conformance.cases import CASES
from tests.connectors.site import Response

_KEPT: tuple[Any, ...] = (
    Contact,
    ContactList,
    ContactTag,
    MailingList,
    Tag,
    Field,
    Suppression,
    SourceRow,
    Connection,
)
#: What it notes of the source, so that it can be mapped.
_NOTED = {"learned", "offered"}


def everything(runtime: Runtime) -> list[Any]:
    """Every row that a dry run must leave alone."""
    with runtime.database.reading() as session:
        return [
            sorted(tuple(map(str, row)) for row in session.execute(select(*_columns(kind))))
            for kind in _KEPT
        ]


def _columns(kind: Any) -> list[Any]:
    return [one for one in kind.__table__.columns if one.key not in _NOTED]


def numbers(run: SyncRun) -> tuple[Any, ...]:
    return (run.state, run.seen, run.created, run.updated, run.kept, run.skipped, run.pages)


def samples(owner: Client, run: SyncRun) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = owner.get(f"/runs/{run.id}/samples").json["items"]
    return found


def test_it_says_what_a_real_run_does_and_stores_nothing(runtime: Runtime, owner: Client) -> None:
    with connected(runtime, owner.workspace_id, 300) as world:
        owner.patch(
            f"/connections/{world.connection_id}",
            {"options": {"roles_as_tags": True, "roles_as_lists": True}},
        )
        before = everything(runtime)
        dry = world.pull(dry=True)
        assert everything(runtime) == before
        real = world.pull()
        assert numbers(dry) == numbers(real)
        assert (dry.created, dry.total) == (296, 300)
        world.people[5]["first_name"] = "Changed"
        before = everything(runtime)
        again = world.pull(dry=True)
        assert (again.updated, again.kept) == (1, 295)
        assert everything(runtime) == before


@pytest.mark.parametrize("case", CASES, ids=str)
def test_every_source_can_be_tried(
    case: Any, runtime: Runtime, owner: Client, clock: TurnableClock
) -> None:
    """Orders and submissions of one person on several pages, fields and forms that turn up."""
    stage = case.stage(250)
    for row in case.rows(stage)[120:240:2]:
        if "email" in row and "billing" not in row:
            row["email"] = case.rows(stage)[1]["email"]
    with with_forms(runtime, owner, case.key, stage) as site:
        before = everything(runtime)
        dry = site.pull(dry=True)
        assert everything(runtime) == before
        real = site.pull()
        assert numbers(dry) == numbers(real)


def test_what_turns_up_can_be_settled_before_anybody_comes_in(
    runtime: Runtime, owner: Client
) -> None:
    """Who agreed may stand in a field that only rows have: the first real run must know it."""
    (case,) = (one for one in CASES if one.key == "fluentcrm")
    stage = case.stage(4)
    for place, row in enumerate(case.rows(stage)):
        row["custom_fields"] = {"club": "yes" if place % 2 else "no"}
    with with_forms(runtime, owner, "fluentcrm", stage) as site:
        here = f"/connections/{site.connection_id}"
        consent = {"consent": {"basis": "field", "field": "custom.club", "text": "The club"}}
        assert owner.patch(here, consent).status_code == 422
        for _ in range(2):
            assert site.pull(dry=True).created == 4
        fields = {one["key"] for one in owner.get(here).json["fields"]}
        assert "custom.club" in fields
        assert owner.patch(here, consent).status_code == 200
        assert custom(owner) == set()
        real = site.pull()
        assert (real.created, real.skipped) == (2, {"no_consent": 2})
        assert custom(owner) == {"club"}
        assert {one.fields["club"] for one in site.contacts().values()} == {"yes"}


def test_forms_are_listed_after_a_dry_run(runtime: Runtime, owner: Client) -> None:
    (case,) = (one for one in CASES if one.key == "fluent_forms")
    with with_forms(runtime, owner, "fluent_forms", case.stage(3)) as site:
        here = f"/connections/{site.connection_id}/forms"
        assert owner.get(here).json["items"] == []
        site.pull(dry=True)
        (form,) = owner.get(here).json["items"]
        assert owner.patch(f"{here}/{form['key']}", {"enabled": False}).status_code == 200
        assert site.pull().skipped["rejected_by_mapping"] == 3


def custom(owner: Client) -> set[str]:
    return {one["key"] for one in owner.get("/fields").json["items"]}


def test_examples_of_each_kind(runtime: Runtime, owner: Client) -> None:
    people = [person(number) for number in range(1, 9)]
    with connected(runtime, owner.workspace_id, people) as world:
        world.pull()
        people[0] |= {"first_name": "New", "email": "renamed@example.com"}
        people += [person(number) for number in range(20, 30)]
        people.append(person(40, "nobody"))
        run = world.pull(dry=True)
        found = samples(owner, run)
        kinds = [one["what"] for one in found]
        assert {kind: kinds.count(kind) for kind in kinds} == {
            "create": 5,
            "update": 1,
            "reject": 1,
        }
        update = next(one for one in found if one["what"] == "update")
        assert update["changes"] == {
            "first_name": ["First1", "New"],
            "email": ["p1@example.com", "renamed@example.com"],
        }
        reject = next(one for one in found if one["what"] == "reject")
        assert (reject["email"], reject["reason"]) == ("nobody", "invalid_email")
        with runtime.database.reading() as session:
            assert "nobody" not in session.get_one(SyncRun, run.id).samples


def test_it_says_that_a_real_one_would_be_held(runtime: Runtime, owner: Client) -> None:
    people = [person(number) for number in range(1, 101)]
    with connected(runtime, owner.workspace_id, people) as world:
        world.pull()
        for one in people:
            one["first_name"] = "Gone wrong"
        run = world.pull(dry=True)
        assert (run.state, run.updated) == ("succeeded", 100)
        assert "would be held" in run.detail
        assert world.pull().state == "held"


def test_it_is_called_off(runtime: Runtime, owner: Client) -> None:
    with connected(runtime, owner.workspace_id, 300) as world:
        run_id = world.start(dry=True)

        def cancel(request: Any) -> None:
            if request.query.get("page") == "2":
                owner.post(f"/runs/{run_id}/cancel")

        world.trouble = cancel
        running.run_due(runtime)
        assert (world.run(run_id).state, world.run(run_id).pages) == ("cancelled", 1)


def test_a_site_in_trouble_fails_the_dry_run_and_nothing_else(
    runtime: Runtime, owner: Client
) -> None:
    with connected(runtime, owner.workspace_id, 300) as world:
        before = everything(runtime)
        world.trouble = lambda request: Response(500) if request.query.get("page") == "2" else None
        run = world.pull(dry=True)
        assert (run.state, run.pages) == ("failed", 1)
        assert everything(runtime) == before


@on_sqlite
def test_a_dry_run_of_many_rows_ends_and_says_so(
    runtime: Runtime, owner: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(trial, "MOST_ROWS", 150)
    with connected(runtime, owner.workspace_id, 300) as world:
        run = world.pull(dry=True)
        assert (run.state, run.seen) == ("succeeded", 200)
        assert "first 200 rows" in run.detail


@on_sqlite
def test_a_held_connection_stays_held(
    runtime: Runtime, owner: Client, clock: TurnableClock
) -> None:
    people = [person(number) for number in range(1, 101)]
    with connected(runtime, owner.workspace_id, people) as world:
        world.pull()
        world.change(schedule={"every_minutes": 5})
        for one in people:
            one["first_name"] = "Gone wrong"
        assert world.pull().state == "held"
        world.pull(dry=True)
        clock.turn(days=1)
        assert running.run_due(runtime) == 0
