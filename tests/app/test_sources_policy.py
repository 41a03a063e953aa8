"""What a site may do to fields that are filled already: in general, and field by field."""

import pytest

from app.runtime import Runtime
from tests.app.conftest import Client, on_sqlite
from tests.app.pulling import World, connected, person


def settle(world: World, owner: Client, **values: object) -> None:
    done = owner.patch(f"/connections/{world.connection_id}", values)
    assert done.status_code == 200, done.json


@pytest.mark.parametrize(
    ("policy", "first", "last"),
    [("site_wins", "New", "Berg"), ("fill_empty", "Anna", "Berg"), ("never", "Anna", "")],
)
def test_policies(runtime: Runtime, owner: Client, policy: str, first: str, last: str) -> None:
    people = [person(1, first_name="Anna")]
    with connected(runtime, owner.workspace_id, people) as world:
        settle(world, owner, policy=policy)
        world.pull()
        assert world.contacts()["p1@example.com"].first_name == "Anna"
        people[0] |= {"first_name": "New", "last_name": "Berg"}
        world.pull()
        found = world.contacts()["p1@example.com"]
        assert (found.first_name, found.last_name) == (first, last)


def test_one_field_has_its_own(runtime: Runtime, owner: Client) -> None:
    people = [person(1, first_name="Anna", last_name="Berg")]
    with connected(runtime, owner.workspace_id, people) as world:
        world.pull()
        settle(world, owner, policies={"last_name": "never", "email": "never"})
        people[0] |= {"first_name": "New", "last_name": "New", "email": "new@example.com"}
        world.pull()
        found = world.contacts()
        assert set(found) == {"p1@example.com"}
        assert (found["p1@example.com"].first_name, found["p1@example.com"].last_name) == (
            "New",
            "Berg",
        )


def test_what_was_held_back_comes_when_the_site_may_win_again(
    runtime: Runtime, owner: Client
) -> None:
    people = [person(1, first_name="Anna")]
    with connected(runtime, owner.workspace_id, people) as world:
        world.pull()
        settle(world, owner, policy="never")
        people[0]["first_name"] = "New"
        assert world.pull().kept == 1
        settle(world, owner, policy="site_wins")
        assert world.pull().updated == 1
        assert world.contacts()["p1@example.com"].first_name == "New"


@on_sqlite
@pytest.mark.parametrize(
    ("values", "place"),
    [
        ({"policy": "sometimes"}, "policy"),
        ({"policies": {"nope": "never"}}, "policies.nope"),
        ({"policies": {"phone": "maybe"}}, "policies.phone.value"),
        ({"form_rule": {"mapping": {}}}, "form_rule.mapping"),
        ({"form_rule": {"enabled": 1}}, "form_rule.enabled"),
    ],
)
def test_what_makes_no_sense(
    runtime: Runtime, owner: Client, values: dict[str, object], place: str
) -> None:
    with connected(runtime, owner.workspace_id, []) as world:
        refused = owner.patch(f"/connections/{world.connection_id}", values)
        assert refused.status_code == 422
        assert [one["where"] for one in refused.json["errors"]] == [place]
