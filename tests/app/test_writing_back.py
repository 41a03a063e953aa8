"""A site is told who unsubscribed here, when its owner wants that, and of nothing else."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest

from app.contacts import suppression
from app.runtime import Runtime
from app.sources.runs import running
from app.sources.webhooks import writing_back
from tests.app.conftest import Client, on_sqlite
from tests.conftest import TurnableClock
from tests.connectors.site import Request, Response, as_json, playing

_ROUTE = "fluent-crm/v2/subscribers"
_ROOT = {
    "name": "A site",
    "namespaces": ["wp/v2", "wp-site-health/v1", "fluent-crm/v2"],
    "authentication": {"application-passwords": {}},
    "gmt_offset": 0,
}


@dataclass
class Crm:
    """FluentCRM with some contacts; ``changes``: what it was sent."""

    rows: dict[int, dict[str, Any]]
    changes: list[dict[str, Any]] = field(default_factory=list)
    trouble: Response | None = None

    def answer(self, request: Request) -> Response:
        if not request.route.startswith("fluent-crm"):
            return as_json(_ROOT)
        if request.method == "GET":
            return self._listed(request)
        if self.trouble:
            return self.trouble
        assert (request.method, request.route) == ("PUT", f"{_ROUTE}/subscribers-property")
        said = json.loads(request.body)
        self.changes.append(said)
        for number in said["subscribers"]:
            self.rows[number][said["property"]] = said["value"]
        return as_json({"message": "Subscribers successfully updated"})

    def _listed(self, request: Request) -> Response:
        if request.route != _ROUTE:
            return as_json({"fields": []})
        found = sorted(self.rows.values(), key=lambda row: int(row["id"]))
        if search := request.query.get("search"):
            found = [row for row in found if search in row["email"]]
        if filters := request.query.get("advanced_filters"):
            ((rule,),) = json.loads(filters)
            assert (rule["source"], rule["operator"]) == (["subscriber", "id"], ">")
            found = [row for row in found if int(row["id"]) > int(rule["value"])]
        some = found[: int(request.query.get("per_page", 15))]
        page = {"current_page": 1, "data": some, "total": len(found), "last_page": 1}
        return as_json({"subscribers": page})


def row(number: int, status: str = "subscribed") -> dict[str, Any]:
    email = f"p{number}@example.com"
    return {"id": number, "email": email, "status": status, "lists": [], "tags": []}


@dataclass
class World:
    """A connected site with FluentCRM."""

    crm: Crm
    owner: Client
    runtime: Runtime
    connection_id: str

    @property
    def path(self) -> str:
        return f"/connections/{self.connection_id}"

    def pull(self) -> None:
        self.owner.post(f"{self.path}/runs", {})
        assert running.run_due(self.runtime) == 1

    def want(self, value: bool = True) -> None:
        answer = self.owner.patch(self.path, {"options": {"write_back": value}})
        assert answer.status_code == 200, answer.json

    def say(self, number: int, status: str) -> None:
        """A person's status is changed here."""
        found = self.owner.get(f"/contacts/by-email/p{number}@example.com").json or {}
        answer = self.owner.patch(f"/contacts/{found['id']}/status", {"status": status})
        assert answer.status_code == 200, answer.json

    def suppress(self, number: int, reason: str) -> None:
        runtime = self.runtime
        with runtime.database.transaction() as session:
            addresses = [f"p{number}@example.com"]
            workspace_id, now = self.owner.workspace_id, runtime.now()
            suppression.suppress(session, workspace_id, addresses, reason, "heard", now)

    def shown(self) -> dict[str, Any]:
        return dict(self.owner.get(f"{self.path}/write-back").json or {})


@pytest.fixture
def world(owner: Client, runtime: Runtime) -> Iterator[World]:
    crm = Crm({number: row(number) for number in range(1, 6)})
    with playing(crm.answer) as site:
        login = {"username": "admin", "application_password": "secret"}
        made = owner.post("/sites", {"url": site.url, **login}).json or {}
        sources = (owner.post(f"/sites/{made['id']}/discover").json or {})["sources"]
        (ready,) = [one for one in sources if one["title"] == "FluentCRM"]
        world = World(crm, owner, runtime, ready["connection_id"])
        world.pull()
        yield world


def test_nothing_is_told_unless_it_is_wanted(world: World) -> None:
    world.say(1, "unsubscribed")
    assert writing_back.tell(world.runtime) == 0
    assert world.crm.changes == []
    assert world.shown()["is_on"] is False


def test_who_unsubscribes_here_is_unsubscribed_there(world: World) -> None:
    world.want()
    world.say(1, "unsubscribed")
    world.say(3, "unsubscribed")
    assert writing_back.tell(world.runtime) == 2
    assert world.crm.changes == [
        {"property": "status", "value": "unsubscribed", "subscribers": [1, 3]}
    ]
    assert writing_back.tell(world.runtime) == 0
    world.pull()
    assert writing_back.tell(world.runtime) == 0
    assert len(world.crm.changes) == 1
    shown = world.shown()
    assert (shown["is_on"], shown["waiting"], shown["told"]) == (True, 0, 2)


@pytest.mark.parametrize("reason", ["bounced", "complained", "manual", "invalid"])
def test_other_reasons_are_ours_alone(world: World, reason: str) -> None:
    world.want()
    world.suppress(2, reason)
    assert writing_back.tell(world.runtime) == 0
    assert world.crm.changes == []


def test_a_no_from_there_is_not_told_back(world: World) -> None:
    world.want()
    world.crm.rows[4]["status"] = "unsubscribed"
    world.owner.post(f"{world.path}/runs", {"full": True})
    running.run_due(world.runtime)
    assert writing_back.tell(world.runtime) == 0


@pytest.mark.parametrize("status", ["unsubscribed", "bounced", "complained", "transactional"])
def test_a_stronger_no_there_stays(world: World, status: str) -> None:
    world.want()
    world.say(1, "unsubscribed")
    world.crm.rows[1]["status"] = status
    assert writing_back.tell(world.runtime) == 1
    assert world.crm.changes == []
    assert world.crm.rows[1]["status"] == status


def test_who_is_gone_or_has_another_address_there(world: World) -> None:
    world.want()
    for number in (1, 2):
        world.say(number, "unsubscribed")
    del world.crm.rows[1]
    world.crm.rows[2]["email"] = "renamed@example.com"
    assert writing_back.tell(world.runtime) == 2
    assert [one["subscribers"] for one in world.crm.changes] == [[2]]


def test_a_site_that_refuses_is_asked_again_ever_more_rarely(
    world: World, clock: TurnableClock
) -> None:
    world.want()
    world.say(1, "unsubscribed")
    refusal = {"code": "rest_forbidden", "message": "No", "data": {"status": 403}}
    world.crm.trouble = as_json(refusal, 403)
    for minutes in (1, 2, 4):
        assert writing_back.tell(world.runtime) == 0
        assert world.shown()["waiting"] == 1
        assert "may manage contacts" in world.shown()["trouble"]
        clock.turn(minutes=minutes, seconds=-1)
        world.crm.trouble, kept = None, world.crm.trouble
        assert writing_back.tell(world.runtime) == 0
        world.crm.trouble = kept
        clock.turn(seconds=1)
    world.crm.trouble = None
    assert writing_back.tell(world.runtime) == 1
    assert (world.shown()["waiting"], world.shown()["trouble"]) == (0, "")


def test_who_takes_it_back_is_not_told(world: World, clock: TurnableClock) -> None:
    world.want()
    world.crm.trouble = Response(500)
    world.say(1, "unsubscribed")
    writing_back.tell(world.runtime)
    world.say(1, "active")
    world.crm.trouble = None
    clock.turn(hours=1)
    assert writing_back.tell(world.runtime) == 0
    assert world.crm.changes == []
    world.say(1, "unsubscribed")
    assert writing_back.tell(world.runtime) == 1


def test_it_stops_when_it_is_switched_off(world: World) -> None:
    world.want()
    world.say(1, "unsubscribed")
    world.want(False)
    assert writing_back.tell(world.runtime) == 0
    assert world.crm.changes == []


@on_sqlite
def test_many_are_told_in_parts(world: World) -> None:
    for number in range(6, 66):
        world.crm.rows[number] = row(number)
    world.owner.post(f"{world.path}/runs", {"full": True})
    running.run_due(world.runtime)
    world.want()
    for number in range(1, 66):
        world.suppress(number, "unsubscribed")
    told = [writing_back.tell(world.runtime) for _ in range(4)]
    assert told == [25, 25, 15, 0]
    assert {one["status"] for one in world.crm.rows.values()} == {"unsubscribed"}
