"""Alerts in the API: what is wrong, who was told, and who wants to hear of it."""

import json
from collections.abc import Iterator

import pytest

from app.alerts import over, raise_
from app.rules.health.alerting import KINDS
from app.runtime import Runtime
from app.watching import telling
from tests.app.campaign_desk import relay
from tests.app.conftest import Client, on_sqlite
from tests.conftest import TurnableClock
from tests.watching.inbox import Receiver


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    """Somebody's program."""
    one = Receiver()
    yield one
    one.end()


def alarm(client: Client, runtime: Runtime, kind: str = "backlog", about: str = "") -> None:
    with runtime.database.transaction() as session:
        raise_(session, client.workspace_id, kind, about, f"{kind}!", now=runtime.now())


def test_the_list(owner: Client, outsider: Client, runtime: Runtime, clock: TurnableClock) -> None:
    alarm(owner, runtime)
    alarm(owner, runtime, "sender_gone")
    clock.turn(minutes=1)
    with runtime.database.transaction() as session:
        over(session, owner.workspace_id, "backlog", "", now=clock())
    found = owner.get("/alerts").json or {}
    assert [one["kind"] for one in found["items"]] == ["sender_gone", "backlog"]
    assert found["items"][1]["closed_at"] == "2026-11-22T12:01:00Z"
    assert found["items"][1]["title"] == KINDS["backlog"]
    for query, kinds in (
        ("state=open", ["sender_gone"]),
        ("state=closed", ["backlog"]),
        ("kind=backlog", ["backlog"]),
        ("kind=backlog&state=open", []),
    ):
        items = (owner.get(f"/alerts?{query}").json or {})["items"]
        assert [one["kind"] for one in items] == kinds, query
    assert (outsider.get("/alerts").json or {})["total"] == 0
    assert owner.get("/alerts?kind=x").status_code == 422


def test_somebody_looks_after_it(
    owner: Client, member: Client, viewer: Client, outsider: Client, runtime: Runtime
) -> None:
    alarm(owner, runtime)
    (alert,) = (owner.get("/alerts").json or {})["items"]
    path = f"/alerts/{alert['id']}/acknowledge"
    assert viewer.post(path).status_code == 403
    assert outsider.post(path).status_code == 404
    found = member.post(path).json or {}
    assert found["acknowledged_by"] == str(member.user_id)
    assert found["closed_at"] is None
    assert (owner.post(path).json or {})["acknowledged_by"] == str(member.user_id)


def test_who_was_told_and_who_could_not_be(
    owner: Client, runtime: Runtime, receiver: Receiver
) -> None:
    made = owner.post("/alert-endpoints", {"url": receiver.url}).json or {}
    dead = relay(owner)
    alarm(owner, runtime, "breaker_open", dead)
    telling.tell(runtime)
    (alert,) = (owner.get("/alerts").json or {})["items"]
    told = {one["by"]: one for one in alert["notices"]}
    assert (told["webhook"]["to"], told["webhook"]["state"]) == (receiver.url, "sent")
    assert (told["mail"]["to"], told["mail"]["state"]) == ("owner@example.com", "waiting")
    assert told["mail"]["words"] == "no healthy relay could carry the mail"
    assert owner.delete(f"/alert-endpoints/{made['id']}").status_code == 204
    (alert,) = (owner.get("/alerts").json or {})["items"]
    assert [one["by"] for one in alert["notices"]] == ["mail"]


def test_endpoints(owner: Client, outsider: Client, viewer: Client, receiver: Receiver) -> None:
    made = owner.post("/alert-endpoints", {"url": receiver.url, "kinds": ["backlog"]}).json or {}
    path = f"/alert-endpoints/{made['id']}"
    assert made["secret"].startswith("pfs_")
    assert len(made["secret"]) > 40
    shown = owner.get("/alert-endpoints")
    assert made["secret"] not in shown.text
    assert "secret" not in (shown.json or {})["items"][0]
    assert viewer.post("/alert-endpoints", {"url": receiver.url}).status_code == 403
    for method, where in (("PATCH", path), ("DELETE", path), ("POST", f"{path}/secret")):
        body = {"enabled": False} if method == "PATCH" else None
        assert outsider.ask(method, where, body).status_code == 404
    assert owner.post(f"{path}/test").json == {"ok": True, "words": "204"}
    assert json.loads(receiver.heard[0].body)["event"] == "test"
    renewed = owner.post(f"{path}/secret").json or {}
    assert renewed["secret"] != made["secret"]
    changed = owner.patch(path, {"kinds": [], "enabled": False}).json or {}
    assert (changed["kinds"], changed["enabled"]) == ([], False)
    assert changed["last_words"] == "204"
    assert owner.delete(path).status_code == 204
    assert owner.post(f"{path}/test").status_code == 404


@on_sqlite
@pytest.mark.parametrize(
    "url",
    [
        "ftp://example.com/x",
        "https://",
        "https://tom:secret@example.com/",
        "https://example.com/#x",
        "https://example.com:0/",
        "https://exa mple.com/",
        "example.com/hook",
        "https://[::1/",
    ],
)
def test_addresses_that_are_none(owner: Client, url: str) -> None:
    answer = owner.post("/alert-endpoints", {"url": url})
    assert answer.status_code == 422, answer.json
    assert (answer.json or {})["errors"][0]["where"] == "url"


@on_sqlite
def test_so_many_are_enough(owner: Client) -> None:
    for number in range(20):
        answer = owner.post("/alert-endpoints", {"url": f"https://example.com/{number}"})
        assert answer.status_code == 201
    assert owner.post("/alert-endpoints", {"url": "https://example.com/x"}).status_code == 409


def test_wishes(owner: Client, outsider: Client, member: Client) -> None:
    assert owner.get("/alert-settings").json == {
        "backlog_minutes": 60,
        "mail_kinds": list(KINDS),
    }
    changed = owner.patch("/alert-settings", {"backlog_minutes": 5}).json or {}
    assert changed == {"backlog_minutes": 5, "mail_kinds": list(KINDS)}
    owner.patch("/alert-settings", {"mail_kinds": ["backlog"]})
    assert owner.get("/alert-settings").json == {"backlog_minutes": 5, "mail_kinds": ["backlog"]}
    assert (outsider.get("/alert-settings").json or {})["backlog_minutes"] == 60
    assert member.patch("/alert-settings", {"backlog_minutes": 5}).status_code == 403
    assert owner.patch("/alert-settings", {"mail_kinds": ["x"]}).status_code == 422
