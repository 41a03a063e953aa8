"""Runs that begin with one login at the same moment: the first finds out whether it still works."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from uuid import UUID

from sqlalchemy import select

from app.dev.wordpress_front import Asked, Reply
from app.runtime import Runtime
from app.sources.models import SyncRun
from app.sources.runs import proving, running
from tests.app.test_logins_shared import NEW, World, world
from tests.conftest import TurnableClock
from tests.waiting import PATIENCE

__all__ = ["world"]


@contextmanager
def held_up(runtime: Runtime, world: World, source: str) -> Iterator[None]:
    """A run of ``source`` waits for the site's first answer, which comes at the end."""
    asked, gate, answer = threading.Event(), threading.Event(), world.site.answer

    def waiting(request: Asked) -> Reply:
        if not asked.is_set() and request.authorization:
            asked.set()
            gate.wait(PATIENCE)
        return answer(request)

    run_id = UUID(world.start(source))
    world.site._front.answer = waiting
    thread = threading.Thread(target=running.run_one, args=(runtime, run_id))
    thread.start()
    try:
        assert asked.wait(PATIENCE)
        yield
    finally:
        gate.set()
        thread.join(PATIENCE)


def taken(runtime: Runtime) -> set[UUID]:
    """The runs that somebody has."""
    with runtime.database.reading() as session:
        return set(session.scalars(select(SyncRun.id).where(SyncRun.started_at.is_not(None))))


def test_the_others_wait_for_the_first_and_do_not_ask(runtime: Runtime, world: World) -> None:
    world.site.take(NEW)
    with held_up(runtime, world, "fluentcrm"):
        runs = [world.start(source) for source in world.connections() if source != "fluentcrm"]
        assert running.run_due(runtime) == 0
        assert [world.run(run_id)[0] for run_id in runs] == ["queued"] * 5
    assert world.site.refused == 1
    assert running.run_due(runtime) == 0
    assert {world.run(run_id)[0] for run_id in runs} == {"failed"}
    assert world.states() == {"needs_reauth"}


def test_many_at_once(runtime: Runtime, world: World) -> None:
    world.site.take(NEW)
    for source in world.connections():
        world.start(source)
    barrier = threading.Barrier(4)

    def slot() -> None:
        barrier.wait(PATIENCE)
        running.run_due(runtime)

    threads = [threading.Thread(target=slot) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(PATIENCE)
    running.run_due(runtime)
    assert world.site.refused == 1
    assert world.states() == {"needs_reauth"}


def test_a_site_that_hangs_holds_its_others_up_for_a_while_only(
    runtime: Runtime, world: World, clock: TurnableClock
) -> None:
    with held_up(runtime, world, "fluentcrm"):
        run_id = world.start("wordpress_users")
        assert running.run_due(runtime) == 0
        clock.turn(seconds=proving.PATIENCE / timedelta(seconds=1) + 1)
        assert running.run_due(runtime) == 1
        assert world.run(run_id)[0] == "succeeded"


def test_after_its_first_page_nobody_waits(runtime: Runtime, world: World) -> None:
    for source in ("fluentcrm", "woocommerce"):
        world.start(source)
    assert running.run_due(runtime) == 2
    with held_up(runtime, world, "fluentcrm"):
        world.start("wordpress_users")
        with runtime.database.transaction() as session:
            open_ = SyncRun.state == "running"
            session.scalars(select(SyncRun).where(open_)).one().pages = 1
        assert running.run_due(runtime) == 1


def test_another_login_does_not_wait(runtime: Runtime, world: World) -> None:
    keys = {"consumer_key": world.site.keys.key, "consumer_secret": world.site.keys.secret}
    assert world.owner.patch(f"/sites/{world.site_id}", keys).status_code == 200
    with held_up(runtime, world, "wordpress_users"):
        run_id = world.start("woocommerce")
        assert running.run_due(runtime) == 1
        assert world.run(run_id)[0] == "succeeded"
