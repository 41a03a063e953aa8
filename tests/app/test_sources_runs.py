"""How runs begin, go wrong, wait, stop and go on: each is claimed once, and its numbers add up."""

import threading
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import text

from app.contacts import edit
from app.db import Database
from app.errors import Conflict
from app.runtime import Runtime
from app.sources.models import SyncRun
from app.sources.runs import claiming, control, running
from app.sources.runs.progress import LEASE
from app.sources.storing.contacts import ContactStore
from app.vault import Vault
from app.wsgi import create_app
from tests.app.conftest import Client, _settle
from tests.app.pulling import World, connected, person
from tests.conftest import TurnableClock
from tests.connectors.site import Request, Response, recorded
from tests.waiting import until


def fail_on(page: int, response: Response) -> Callable[[Request], Response | None]:
    """The site answers one page of users with ``response``."""

    def answer(request: Request) -> Response | None:
        is_it = request.route == "wp/v2/users" and request.query["page"] == str(page)
        return response if is_it else None

    return answer


def adds_up(run: SyncRun) -> bool:
    return run.seen == run.created + run.updated + run.kept + sum(run.skipped.values())


# The site does not do what it should


@pytest.mark.parametrize(
    ("response", "words"),
    [
        (recorded("wrong_password"), "application password is wrong"),
        (recorded("subscriber_edit"), "may not do that"),
        (recorded("header_dropped"), "as a stranger"),
    ],
)
def test_a_login_that_died_stops_the_connection_until_it_is_mended(
    runtime: Runtime, owner: Client, clock: TurnableClock, response: Response, words: str
) -> None:
    with connected(runtime, owner.workspace_id) as world:
        world.change(schedule={"every_minutes": 1})
        world.trouble = fail_on(1, response)
        run = world.pull()
        assert (run.state, words in run.detail) == ("failed", True)
        assert world.connection().state == "needs_reauth"
        clock.turn(days=1)
        assert running.run_due(runtime) == 0
        world.trouble = lambda _: None
        owner.patch(f"/sites/{world.site_id}", {"application_password": "a new one"})
        assert world.connection().state == "ready"
        assert running.run_due(runtime) == 1
        assert len(world.contacts()) == 3


def test_a_manual_run_that_works_makes_the_connection_ready_again(
    runtime: Runtime, owner: Client
) -> None:
    with connected(runtime, owner.workspace_id) as world:
        world.change(state="needs_reauth", failures=3)
        assert world.pull().state == "succeeded"
        assert (world.connection().state, world.connection().failures) == ("ready", 0)


def test_a_site_that_is_down_fails_the_run_and_is_left_in_peace_longer_each_time(
    runtime: Runtime, owner: Client, clock: TurnableClock
) -> None:
    with connected(runtime, owner.workspace_id) as world:
        world.change(schedule={"every_minutes": 1})
        asked: list[Request] = []

        def down(request: Request) -> Response:
            asked.append(request)
            return Response(500)

        world.trouble = down
        run = world.pull()
        assert (run.state, "in trouble" in run.detail) == ("failed", True)
        for _ in range(120):
            clock.turn(minutes=1)
            running.run_due(runtime)
        assert 4 <= len(asked) <= 8
        assert world.connection().state == "ready"


def test_patience_is_kept_and_the_run_goes_on_where_it_was(
    runtime: Runtime, owner: Client, clock: TurnableClock
) -> None:
    with connected(runtime, owner.workspace_id, 350) as world:
        world.trouble = fail_on(3, Response(429, b"", {"Retry-After": "30"}))
        run = world.pull()
        assert (run.state, run.pages, run.seen) == ("queued", 2, 200)
        assert "patience" in run.detail
        world.trouble = lambda _: None
        clock.turn(seconds=29)
        assert running.run_due(runtime) == 0
        clock.turn(seconds=2)
        assert running.run_due(runtime) == 1
        run = world.run(run.id)
        assert (run.state, run.seen, run.pages, run.detail) == ("succeeded", 350, 4, "")
        assert adds_up(run)


def test_a_run_that_got_somewhere_is_put_back_but_not_for_ever(
    runtime: Runtime, owner: Client, clock: TurnableClock
) -> None:
    with connected(runtime, owner.workspace_id, 150) as world:
        world.trouble = fail_on(2, Response(502))
        run = world.pull()
        states = [run.state]
        while states[-1] == "queued" and len(states) < 20:
            clock.turn(hours=1)
            running.run_due(runtime)
            states.append(world.run(run.id).state)
        assert states == ["queued"] * 5 + ["failed"]


def test_every_stored_page_says_that_the_site_is_well_again(
    runtime: Runtime, owner: Client
) -> None:
    with connected(runtime, owner.workspace_id, 150) as world:
        world.change(failures=9)
        world.trouble = fail_on(2, Response(502))
        assert world.pull().state == "queued"
        assert world.connection().failures == 1


@pytest.mark.parametrize(
    "response", [recorded("html_200"), recorded("per_page_101"), recorded("blocked_html")]
)
def test_what_is_not_understood_fails_the_run_and_says_so(
    runtime: Runtime, owner: Client, response: Response
) -> None:
    with connected(runtime, owner.workspace_id, 150) as world:
        world.trouble = fail_on(2, response)
        run = world.pull()
        assert run.state == "failed"
        assert len(run.detail) > 20
        assert world.connection().rest_until is not None
        assert world.connection().state == "ready"


def test_the_run_after_a_failed_one_goes_on_where_that_stopped(
    runtime: Runtime, owner: Client
) -> None:
    with connected(runtime, owner.workspace_id, 250) as world:
        world.trouble = fail_on(3, recorded("blocked_html"))
        first = world.pull()
        world.trouble = lambda _: None
        second = world.pull()
        assert (first.seen, second.seen, second.state) == (200, 50, "succeeded")
        assert world.pull().seen == 250


def test_a_sweep_that_was_left_too_long_ago_begins_anew(
    runtime: Runtime, owner: Client, clock: TurnableClock
) -> None:
    with connected(runtime, owner.workspace_id, 250) as world:
        world.trouble = fail_on(3, recorded("blocked_html"))
        world.pull()
        world.trouble = lambda _: None
        clock.turn(days=2)
        assert world.pull().seen == 250


def test_a_run_that_waited_too_long_counts_anew(
    runtime: Runtime, owner: Client, clock: TurnableClock
) -> None:
    with connected(runtime, owner.workspace_id, 250) as world:
        world.trouble = fail_on(3, Response(502))
        run = world.pull()
        assert (run.state, run.seen) == ("queued", 200)
        world.trouble = lambda _: None
        clock.turn(days=2)
        running.run_due(runtime)
        run = world.run(run.id)
        assert (run.state, run.seen, run.pages) == ("succeeded", 250, 3)


def test_a_lost_master_key_is_named(runtime: Runtime, owner: Client) -> None:
    with connected(runtime, owner.workspace_id) as world:
        with runtime.database.transaction() as session:
            session.execute(text("UPDATE site SET secret = 'nonsense'"))
        run = world.pull()
        assert (run.state, "another master key" in run.detail) == ("failed", True)


def test_a_fault_of_ours_fails_the_run_without_telling_secrets(
    runtime: Runtime, owner: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: Any) -> None:
        raise RuntimeError("secret")

    with connected(runtime, owner.workspace_id) as world:
        monkeypatch.setattr(ContactStore, "page", broken)
        run = world.pull()
        assert run.state == "failed"
        assert "secret" not in run.detail


# Too much change


def renamed(world: World) -> None:
    for row in world.people:
        row["first_name"] = "Everybody"


def test_too_much_change_is_held_until_a_person_says_go(
    runtime: Runtime, owner: Client, clock: TurnableClock
) -> None:
    with connected(runtime, owner.workspace_id, [person(n) for n in range(1, 301)]) as world:
        world.change(schedule={"every_minutes": 60})
        world.pull()
        renamed(world)
        held = world.pull()
        assert (held.state, held.updated, held.pages) == ("held", 0, 0)
        assert '"force": true' in held.detail
        clock.turn(days=1)
        assert running.run_due(runtime) == 0, "the schedule must not go on by itself"
        assert world.pull().state == "held"
        forced = world.pull(force=True)
        assert (forced.state, forced.updated) == ("succeeded", 300)
        clock.turn(days=1)
        assert running.run_due(runtime) == 1


def test_what_a_sweep_has_changed_counts_over_all_its_runs(runtime: Runtime, owner: Client) -> None:
    with connected(runtime, owner.workspace_id, [person(n) for n in range(1, 501)]) as world:
        world.pull()
        renamed(world)
        found = [world.pull() for _ in range(2)]
        assert [(run.state, run.updated) for run in found] == [("held", 100), ("held", 0)]


# Stopped from outside


def test_a_cancelled_run_stores_nothing_more_and_the_next_goes_on(
    runtime: Runtime, owner: Client
) -> None:
    with connected(runtime, owner.workspace_id, 350) as world:
        run_id = world.start()

        def cancel_meanwhile(request: Request) -> None:
            if request.query.get("page") == "3":
                # It is asked for ahead.
                until(lambda: world.run(run_id).pages == 2, "the second page was not stored")
                with runtime.database.transaction() as session:
                    control.cancel(session, world.workspace_id, run_id, now=runtime.now())

        world.trouble = cancel_meanwhile
        running.run_due(runtime)
        run = world.run(run_id)
        assert (run.state, run.seen) == ("cancelled", 200)
        assert len(world.contacts()) == 196
        world.trouble = lambda _: None
        run = world.pull()
        assert (run.state, run.seen) == ("succeeded", 150)
        with pytest.raises(Conflict), runtime.database.transaction() as session:
            control.cancel(session, world.workspace_id, run_id, now=runtime.now())


def test_a_process_that_stops_hands_its_run_back(runtime: Runtime, owner: Client) -> None:
    with connected(runtime, owner.workspace_id, 350) as world:
        run_id = world.start()
        running.run_one(runtime, run_id, stop=lambda: world.run(run_id).pages == 3)
        run = world.run(run_id)
        assert (run.state, run.pages, run.owner) == ("queued", 3, None)
        running.run_due(runtime)
        run = world.run(run_id)
        assert (run.state, run.seen) == ("succeeded", 350)
        assert adds_up(run)


def test_a_site_that_is_removed_while_it_is_pulled(runtime: Runtime, owner: Client) -> None:
    with connected(runtime, owner.workspace_id, 250) as world:

        def remove_meanwhile(request: Request) -> None:
            if request.query.get("page") == "2":
                # It is asked for ahead.
                until(lambda: len(world.contacts()) == 96, "the first page was not stored")
                assert owner.delete(f"/sites/{world.site_id}").status_code == 200

        world.start()
        world.trouble = remove_meanwhile
        assert running.run_due(runtime) == 1
        assert len(world.contacts()) == 96


# Claimed once


def test_a_dead_owner_s_run_is_taken_after_the_lease(
    runtime: Runtime, owner: Client, clock: TurnableClock
) -> None:
    with connected(runtime, owner.workspace_id, 3) as world:
        run_id = world.start()
        with runtime.database.transaction() as session:
            assert claiming.claim(session, run_id, uuid4(), runtime.now())
        assert running.run_due(runtime) == 0
        clock.turn(seconds=LEASE.total_seconds() + 1)
        assert running.run_due(runtime) == 1
        assert world.run(run_id).state == "succeeded"


def test_after_a_restart_nobody_waits_where_there_is_one_process(
    runtime: Runtime, owner: Client
) -> None:
    with connected(runtime, owner.workspace_id, 3) as world:
        run_id = world.start()
        with runtime.database.transaction() as session:
            claiming.claim(session, run_id, uuid4(), runtime.now())
        running.recover(runtime)
        assert running.run_due(runtime) == runtime.database.is_sqlite
        assert (world.run(run_id).state == "succeeded") == runtime.database.is_sqlite


def test_an_owner_whose_lease_ran_out_stores_nothing(
    runtime: Runtime, owner: Client, clock: TurnableClock
) -> None:
    """It slept through its lease; somebody else did the work; it wakes in the middle of a page."""
    with connected(runtime, owner.workspace_id, 250) as world:
        run_id = world.start()
        slept = threading.Event()

        def sleep(request: Request) -> None:
            if request.query.get("page") == "2" and not slept.is_set():
                slept.set()
                until(lambda: world.run(run_id).pages == 1, "the first page was not stored")
                clock.turn(seconds=LEASE.total_seconds() + 1)
                assert running.run_due(runtime) == 1

        world.trouble = sleep
        running.run_one(runtime, run_id)
        run = world.run(run_id)
        assert (run.state, run.seen, run.pages) == ("succeeded", 250, 3)
        assert adds_up(run)
        assert len(world.contacts()) == 246


def test_while_another_owner_is_at_it_the_first_stores_nothing(
    runtime: Runtime, owner: Client, clock: TurnableClock
) -> None:
    with connected(runtime, owner.workspace_id, 250) as world:
        run_id, other = world.start(), uuid4()

        def take_over(request: Request) -> None:
            if request.query.get("page") == "2":
                # It is asked for ahead.
                until(lambda: world.run(run_id).pages == 1, "the first page was not stored")
                now = clock.turn(seconds=LEASE.total_seconds() + 1)
                with runtime.database.transaction() as session:
                    assert claiming.claim(session, run_id, other, now)

        world.trouble = take_over
        running.run_one(runtime, run_id)
        run = world.run(run_id)
        assert (run.state, run.owner, run.pages) == ("running", other, 1)
        assert len(world.contacts()) == 96


def test_many_threads_pull_each_run_once(runtime: Runtime, owner: Client) -> None:
    with (
        connected(runtime, owner.workspace_id, 120) as first,
        connected(runtime, owner.workspace_id, [person(n) for n in range(1000, 1120)]) as second,
    ):
        started = [first.start(), second.start()]
        taken: list[int] = []
        threads = [
            threading.Thread(target=lambda: taken.append(running.run_due(runtime)))
            for _ in range(6)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert sum(taken) == 2
        found = [first.run(run_id) for run_id in started]
        assert [(run.state, run.seen) for run in found] == [("succeeded", 120)] * 2


def test_one_open_run_per_connection(runtime: Runtime, owner: Client) -> None:
    with connected(runtime, owner.workspace_id) as world:
        world.start()
        with pytest.raises(Conflict, match="open"):
            world.start()


def test_a_contact_that_the_api_makes_at_the_same_moment(
    postgres_database: Database, clock: TurnableClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Only PostgreSQL lets two write at once; who comes second looks again."""
    runtime = Runtime(
        postgres_database, Vault(["a master key for tests"]), clock, "http://x", allow_private=True
    )
    owner = _settle(create_app(runtime), "owner")
    with connected(runtime, owner.workspace_id, [person(1), person(2)]) as world:
        load = ContactStore._load
        raced: list[bool] = []

        def race(self: ContactStore, *args: Any) -> Any:
            found = load(self, *args)
            if not raced:
                raced.append(True)
                with runtime.database.transaction() as session:
                    values = {"email": "P1@example.com", "city": "Here"}
                    edit.create(session, world.workspace_id, values, source="api", now=clock())
            return found

        monkeypatch.setattr(ContactStore, "_load", race)
        run = world.pull()
        assert (run.state, run.created, run.updated) == ("succeeded", 1, 1)
        found = world.contacts()["p1@example.com"]
        assert (found.city, found.first_name) == ("Here", "First1")


# When runs begin


def test_the_schedule_begins_runs(runtime: Runtime, owner: Client, clock: TurnableClock) -> None:
    with connected(runtime, owner.workspace_id) as world:
        assert running.run_due(runtime) == 0
        world.change(schedule={"every_minutes": 60})
        assert running.run_due(runtime) == 1
        assert running.run_due(runtime) == 0
        clock.turn(minutes=59)
        assert running.run_due(runtime) == 0
        clock.turn(minutes=4)
        assert running.run_due(runtime) == 1
        world.change(schedule=None)
        clock.turn(days=9)
        assert running.run_due(runtime) == 0


def test_cron_is_in_the_time_zone_of_the_workspace(
    runtime: Runtime, owner: Client, clock: TurnableClock
) -> None:
    owner.patch("/workspace", {"timezone": "Asia/Tokyo"})  # 12:00 UTC is 21:00 there
    with connected(runtime, owner.workspace_id) as world:
        path = f"/connections/{world.connection_id}"
        shown = owner.patch(path, {"schedule": {"cron": "30 21 * * *"}}).json or {}
        assert shown["next_run_at"].startswith("2026-11-22T12:30:")
        clock.turn(minutes=29)
        assert running.run_due(runtime) == 0
        clock.turn(minutes=2)
        assert running.run_due(runtime) == 1


def test_a_manual_run_does_not_wait_for_a_rest(runtime: Runtime, owner: Client) -> None:
    with connected(runtime, owner.workspace_id) as world:
        world.change(rest_until=runtime.now() + timedelta(hours=5), failures=9)
        assert world.pull().state == "succeeded"
