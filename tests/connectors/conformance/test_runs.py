"""A whole run of every connector, into a real database: stopped anywhere, it gets there."""

from itertools import count

import pytest

from app.db import Database
from app.sources.runs import control
from tests.conftest import TurnableClock
from tests.connectors.conformance.cases import Case, email
from tests.connectors.conformance.world import check, connected
from tests.connectors.site import Request, Response

PEOPLE = 230
EVERYBODY = {email(number) for number in range(1, PEOPLE + 1)}


def test_all_come_in_and_a_second_run_changes_nothing(
    case: Case, database: Database, clock: TurnableClock
) -> None:
    with connected(case, case.stage(PEOPLE), database, clock) as world:
        first = world.pull()
        check(first)
        assert (first.seen, first.created, first.skipped) == (PEOPLE, PEOPLE, {})
        before = world.contacts()
        assert {address for address, _ in before} == EVERYBODY
        for more in ({}, {"full": True}):
            clock.turn(seconds=60)
            again = world.pull(**more)
            check(again)
            assert again.kept == again.seen
            assert again.seen == PEOPLE or not more
            assert world.contacts() == before


def test_handed_back_at_every_page(
    case: Case, sqlite_database: Database, clock: TurnableClock
) -> None:
    """A process that never lives longer than a page still gets there."""
    with connected(case, case.stage(PEOPLE), sqlite_database, clock) as world:
        run_id = world.start()
        for _ in range(9):
            before = world.run(run_id).pages
            world.go(stop=lambda before=before: world.run(run_id).pages > before)
            if world.run(run_id).state != "queued":
                break
        run = world.run(run_id)
        check(run)
        assert (run.created, run.seen) == (PEOPLE, PEOPLE)


@pytest.mark.parametrize("at", [1, 2])
def test_cancelled_in_the_middle(
    case: Case, sqlite_database: Database, clock: TurnableClock, at: int
) -> None:
    """While its site is asked ahead of what is stored."""
    with connected(case, case.stage(PEOPLE), sqlite_database, clock) as world:
        run_id, asked = world.start(), count()

        def cancel(request: Request) -> None:
            if next(asked) == at:
                with sqlite_database.transaction() as session:
                    control.cancel(session, world.workspace_id, run_id, now=clock())

        world.trouble.append(cancel)
        world.go()
        world.trouble.clear()
        stored = len(world.contacts())
        assert world.run(run_id).state == "cancelled"
        assert stored < PEOPLE
        check(world.pull())
        assert {address for address, _ in world.contacts()} == EVERYBODY


def test_a_site_that_fails_now_and_again(
    case: Case, sqlite_database: Database, clock: TurnableClock
) -> None:
    with connected(case, case.stage(PEOPLE), sqlite_database, clock) as world:
        asked = iter(range(10**6))
        world.trouble.append(lambda _: Response(500) if next(asked) % 4 == 3 else None)
        run_id = world.start()
        for _ in range(30):
            world.go()
            clock.turn(seconds=1100)
            if world.run(run_id).state == "failed":
                run_id = world.start()
            if world.run(run_id).state == "succeeded":
                break
        assert world.run(run_id).state == "succeeded"
        assert {address for address, _ in world.contacts()} == EVERYBODY
