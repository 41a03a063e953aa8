"""A site that is down is asked again and again, ever more rarely; people hear of what lasts."""

from datetime import timedelta
from typing import Any

from sqlalchemy import select

from app.alerts.models import Alert
from app.runtime import Runtime
from app.sources.runs import running
from app.sources.sites import health, register
from app.watching import looking
from tests.app.conftest import Client
from tests.app.pulling import World, connected, person
from tests.conftest import TurnableClock
from tests.connectors.site import Request, Response, recorded


def refusing(request: Request) -> Response | None:
    return recorded("wrong_password") if request.route == "wp/v2/users" else None


def down(request: Request) -> Response | None:
    return Response(500)


def alerts(world: World) -> list[tuple[str, str, bool]]:
    """Kind, what it is about, and whether it is still open."""
    with world.runtime.database.reading() as session:
        mine = select(Alert).where(Alert.workspace_id == world.workspace_id).order_by(Alert.id)
        return [(one.kind, one.about, one.closed_at is None) for one in session.scalars(mine)]


def shown(owner: Client, world: World) -> dict[str, Any]:
    found: dict[str, Any] = owner.get(f"/connections/{world.connection_id}").json or {}
    return found


def test_a_dead_login_is_told_of_once_until_it_is_mended(runtime: Runtime, owner: Client) -> None:
    with connected(runtime, owner.workspace_id) as world:
        world.trouble = refusing
        world.pull()
        world.pull()
        told = ("site_needs_reauth", str(world.site_id))
        assert alerts(world) == [(*told, True)]
        assert "password is wrong" in shown(owner, world)["trouble"]
        with runtime.database.reading() as session:
            sentence = session.scalars(select(Alert.sentence)).one()
        assert "has stopped: The application password is wrong" in sentence
        owner.patch(f"/sites/{world.site_id}", {"application_password": "another"})
        assert alerts(world) == [(*told, False)]
        assert (shown(owner, world)["state"], shown(owner, world)["trouble"]) == ("ready", "")


def test_a_dead_login_that_works_again_by_itself(runtime: Runtime, owner: Client) -> None:
    with connected(runtime, owner.workspace_id) as world:
        world.trouble = refusing
        world.pull()
        looking.look(runtime.database, runtime.now())
        assert [is_open for *_, is_open in alerts(world)] == [True]
        world.trouble = lambda _: None
        world.pull()
        looking.look(runtime.database, runtime.now())
        assert [is_open for *_, is_open in alerts(world)] == [False]


def test_the_alert_goes_with_the_site(runtime: Runtime, owner: Client) -> None:
    with connected(runtime, owner.workspace_id) as world:
        world.trouble = refusing
        world.pull()
        owner.delete(f"/sites/{world.site_id}")
        looking.look(runtime.database, runtime.now())
        assert [is_open for *_, is_open in alerts(world)] == [False]


def test_a_held_run_is_told_of_until_a_person_says_go(
    runtime: Runtime, owner: Client, clock: TurnableClock
) -> None:
    with connected(runtime, owner.workspace_id, [person(n) for n in range(1, 101)]) as world:
        world.change(schedule={"every_minutes": 60})
        world.pull()
        for row in world.people:
            row["first_name"] = "Everybody"
        world.pull(dry=True)
        assert alerts(world) == [], "nothing was held by looking"
        for _ in range(2):
            assert world.pull().state == "held"
        told = ("sync_held", str(world.connection_id))
        world.pull(dry=True)
        looking.look(runtime.database, clock())
        assert alerts(world) == [(*told, True)]
        with runtime.database.reading() as session:
            sentence = session.scalars(select(Alert.sentence)).one()
        assert sentence.startswith("Nothing more comes from WordPress users of ")
        assert '"force": true' in sentence
        assert shown(owner, world)["next_run_at"] is None
        world.pull(force=True)
        assert shown(owner, world)["next_run_at"] is not None
        looking.look(runtime.database, clock())
        assert alerts(world) == [(*told, False)]


def test_a_site_that_is_down_is_asked_again_before_its_turn(
    runtime: Runtime, owner: Client, clock: TurnableClock
) -> None:
    with connected(runtime, owner.workspace_id) as world:
        world.change(schedule={"every_minutes": 1440})
        world.trouble = down
        world.pull()
        began = clock()
        rests = []
        for _ in range(9):
            found = shown(owner, world)
            assert found["next_run_at"] == found["rest_until"]
            rests.append((world.connection().rest_until or began) - clock())
            clock.turn(seconds=rests[-1].total_seconds() - 1)
            assert running.run_due(runtime) == 0
            clock.turn(seconds=1)
            assert running.run_due(runtime) == 1
        assert rests == [timedelta(minutes=2**number) for number in range(8)] + [rests[7] * 2]
        assert world.connection().failing_since == began
        assert alerts(world) == [("site_failing", str(world.site_id), True)]
        world.trouble = lambda _: None
        clock.turn(hours=9)
        assert running.run_due(runtime) == 1
        looking.look(runtime.database, runtime.now())
        assert alerts(world) == [("site_failing", str(world.site_id), False)]
        assert shown(owner, world)["failing_since"] is None
        assert world.connection().rest_until is None
        clock.turn(hours=1)
        assert running.run_due(runtime) == 0  # from now on as its schedule says


def test_a_short_trouble_is_nobodys_alert(
    runtime: Runtime, owner: Client, clock: TurnableClock
) -> None:
    with connected(runtime, owner.workspace_id) as world:
        world.trouble = down
        world.pull()
        clock.turn(seconds=health.LONG.total_seconds() - 1)
        world.pull()
        assert alerts(world) == []
        clock.turn(seconds=1)
        world.pull()
        assert [kind for kind, *_ in alerts(world)] == ["site_failing"]


def test_what_a_person_must_mend_waits_for_its_turn(
    runtime: Runtime, owner: Client, clock: TurnableClock
) -> None:
    with connected(runtime, owner.workspace_id) as world:
        world.change(schedule={"every_minutes": 1440})
        world.trouble = lambda request: recorded("blocked_html") if request.has_login else None
        assert world.pull().state == "failed"
        assert world.connection().state == "ready"
        clock.turn(hours=3)
        assert running.run_due(runtime) == 0


def test_one_of_two_connections_is_still_refused(runtime: Runtime, owner: Client) -> None:
    with connected(runtime, owner.workspace_id) as world:
        world.trouble = refusing
        world.pull()
        with runtime.database.transaction() as session:
            site = register.get(session, world.workspace_id, world.site_id)
            health.settle(session, site, runtime.now())
        assert [is_open for *_, is_open in alerts(world)] == [True]
