"""Rows that a site counts and does not show: told by the run and its connection, with a way out."""

import json
from collections.abc import Callable
from typing import Any

from app.runtime import Runtime
from app.sources import hiding
from tests.app.conftest import Client
from tests.app.pulling import World, connected
from tests.connectors.site import Request, Response, as_json, paged, recorded

TOLD = "The site counts 3 rows that it did not show to this login"
MEND = "takes an administrator"


def hides(world: World, *gone: int) -> Callable[[Request], Response | None]:
    """The site counts some users, and leaves them out."""

    def answer(request: Request) -> Response | None:
        if request.route != "wp/v2/users":
            return None
        whole = paged(world.people, request)
        kept = [row for row in _rows(whole) if row["id"] not in gone]
        counts = {name.replace("-", "_").lower(): value for name, value in whole.headers.items()}
        return as_json(kept, **{n: v for n, v in counts.items() if n.startswith("x_wp")})

    return answer


def _rows(response: Response) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(response.body)
    return found


def shown(world: World, owner: Client) -> tuple[int, str]:
    """What the API says of the connection."""
    found = owner.get(f"/connections/{world.connection_id}").json or {}
    return found["hidden"], found["warning"]


def test_it_is_told_until_a_full_pass_saw_everybody(runtime: Runtime, owner: Client) -> None:
    with connected(runtime, owner.workspace_id, 300) as world:
        world.trouble = hides(world, 120, 150, 199)
        run = world.pull()
        assert (run.state, run.seen, run.total, run.hidden) == ("succeeded", 297, 300, 3)
        assert TOLD in run.detail
        assert MEND in run.detail
        assert shown(world, owner) == (3, run.detail)
        by_api = owner.get(f"/runs/{run.id}").json or {}
        assert (by_api["hidden"], by_api["detail"]) == (3, run.detail)
        world.trouble = lambda _: None
        run = world.pull()
        assert (run.seen, run.hidden, run.detail) == (300, 0, "")
        assert shown(world, owner) == (0, "")


def test_who_comes_and_goes_meanwhile_raises_nothing(runtime: Runtime, owner: Client) -> None:
    with connected(runtime, owner.workspace_id, 350) as world:

        def moves(request: Request) -> None:
            if request.query.get("page") in ("2", "3"):
                del world.people[20:25]
                world.people.append({"id": 1000 + request.number, "email": "new@example.com"})

        world.trouble = moves
        run = world.pull()
        assert (run.state, run.hidden, run.detail) == ("succeeded", 0, "")
        assert run.seen > len(world.people), "nobody left, so nothing was tried"


def test_a_sweep_of_several_runs_tells_of_all_its_pages(runtime: Runtime, owner: Client) -> None:
    with connected(runtime, owner.workspace_id, 300) as world:
        hiding_some = hides(world, 20, 150, 299)

        def fails(request: Request) -> Response | None:
            is_third = request.query.get("page") == "3"
            return recorded("blocked_html") if is_third else hiding_some(request)

        world.trouble = fails
        first = world.pull()
        assert (first.state, first.hidden) == ("failed", 2)
        assert shown(world, owner) == (0, "")
        world.trouble = hiding_some
        second = world.pull()
        assert (second.seen, second.hidden) == (99, 3)
        assert shown(world, owner)[0] == 3


def test_a_dry_run_says_so_and_leaves_the_connection_alone(runtime: Runtime, owner: Client) -> None:
    with connected(runtime, owner.workspace_id, 300) as world:
        world.trouble = hides(world, 120, 150, 199)
        run = world.pull(dry=True)
        assert (run.hidden, TOLD in run.detail) == (3, True)
        assert shown(world, owner) == (0, "")


def test_a_run_through_changes_alone_neither_forgets_nor_overlooks(
    runtime: Runtime, owner: Client
) -> None:
    with connected(runtime, owner.workspace_id) as world:
        for before, heard, after in [(3, 0, 3), (3, 1, 3), (0, 2, 2)]:
            world.change(**hiding.found(before, is_full=True))
            world.change(**hiding.found(heard, is_full=False))
            assert world.connection().hidden == after


def test_one_row_is_one_row() -> None:
    assert "counts 1 row that it did not show" in hiding.sentence("wordpress_users", 1)
    assert hiding.sentence("wordpress_users", 0) == ""
