"""One run that gives everybody lists and tags, and only that run."""

from typing import Any

from app.runtime import Runtime
from app.sources.runs import running
from tests.app.conftest import Client, on_sqlite
from tests.app.pulling import World, connected, person
from tests.app.test_sources_deeds import tags


def ask(owner: Client, world: World, **once: Any) -> Any:
    """Starts it through the API."""
    return owner.post(f"/connections/{world.connection_id}/runs", {"once": once})


def test_everybody_gets_them_also_who_was_there_before(runtime: Runtime, owner: Client) -> None:
    people = [person(1), person(2), person(3, "")]
    with connected(runtime, owner.workspace_id, people) as world:
        world.pull()
        started = ask(owner, world, add_lists=["Members"], add_tags=["2026"])
        assert started.status_code == 202
        assert len(started.json["once"]["add_tags"]) == 1
        running.run_due(runtime)
        run = owner.get(f"/runs/{started.json['id']}").json
        assert (run["state"], run["updated"], run["total"]) == ("succeeded", 2, 3)
        assert tags(world, "p1@example.com") == {"2026"}
        people.append(person(4))
        after = world.pull()
        assert (after.created, after.updated, after.kept) == (1, 0, 2)
        assert tags(world, "p4@example.com") == set()
        assert tags(world, "p1@example.com") == {"2026"}


def test_only_some_roles_and_only_this_time(runtime: Runtime, owner: Client) -> None:
    people = [person(1, roles=["editor"]), person(2, roles=["customer"]), person(3, roles=[])]
    with connected(runtime, owner.workspace_id, people) as world:
        ask(owner, world, add_tags=["team"], options={"only_roles": "editor, author"})
        running.run_due(runtime)
        assert set(world.contacts()) == {"p1@example.com"}
        connection = owner.get(f"/connections/{world.connection_id}").json
        assert connection["options"]["only_roles"] == ""
        run = world.pull()
        assert (run.created, run.kept) == (2, 1)


def test_it_goes_on_after_a_kill_and_its_place_is_nobody_else_s(
    runtime: Runtime, owner: Client
) -> None:
    with connected(runtime, owner.workspace_id, 250) as world:
        runs = f"/connections/{world.connection_id}/runs"

        def has_a_page() -> bool:
            return bool(owner.get(runs).json["items"][0]["pages"])

        ask(owner, world, add_tags=["once"])
        running.run_due(runtime, stop=has_a_page)
        run_id = owner.get(runs).json["items"][0]["id"]
        assert owner.get(f"/runs/{run_id}").json["pages"] == 1
        running.run_due(runtime)
        run = owner.get(f"/runs/{run_id}").json
        assert (run["state"], run["seen"]) == ("succeeded", 250)
        ask(owner, world, add_tags=["other"])
        running.run_due(runtime, stop=has_a_page)
        newest = owner.get(runs).json["items"][0]["id"]
        owner.post(f"/runs/{newest}/cancel")
        assert world.pull().seen == 250


@on_sqlite
def test_what_a_run_cannot_be_asked(runtime: Runtime, owner: Client) -> None:
    with connected(runtime, owner.workspace_id, []) as world:
        assert ask(owner, world, options={"nope": True}).status_code == 422
        assert ask(owner, world, add_tags=[""]).status_code == 422
        assert ask(owner, world, wrong=1).status_code == 422
