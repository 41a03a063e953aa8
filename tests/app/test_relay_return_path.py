"""A relay's return path over the API: set, proved by a test mail, given up when refused."""

from typing import Any

import pytest

from app.rules.mail import verp
from app.runtime import Runtime
from tests.app.conftest import Client
from tests.app.test_relays_tried import asked, made
from tests.sending.servers import RelayServer

PATH = "bounces+{token}@bounces.example.com"


def shown(owner: Client, path: str) -> dict[str, Any]:
    answer = owner.get(path)
    assert answer.json is not None
    return dict(answer.json)


def state(owner: Client, path: str) -> str:
    return str(shown(owner, path)["envelope"]["state"])


def test_an_accepted_test_mail_proves_it(owner: Client, runtime: Runtime, server: Any) -> None:
    one: RelayServer = server()
    senders: list[str] = []
    one.mail = lambda sender: senders.append(sender)
    relay = made(owner, one.port)
    assert shown(owner, relay)["envelope"] == {"state": "own", "since": None, "words": ""}
    assert asked(owner, relay + "/test", {"to": "a@b.example"})["return_path"] is None
    changed = owner.patch(relay, {"return_path": PATH}).json or {}
    assert changed["envelope"]["state"] == "unproved"
    assert "test mail" in " ".join(changed["warnings"])
    report = asked(owner, relay + "/test", {"to": "a@b.example"})
    assert report["ok"] is True
    assert report["return_path"]["taken"] is True
    keys = runtime.vault.keys_for(verp.PURPOSE)
    assert verp.attempts_in(senders[1], keys) == [0]
    now = shown(owner, relay)
    assert now["envelope"] == {"state": "in_use", "since": "2026-11-22T12:00:00Z", "words": ""}
    assert "return path" not in " ".join(now["warnings"])


def test_a_refused_one_is_remembered_and_the_mail_goes_all_the_same(
    owner: Client, server: Any
) -> None:
    one: RelayServer = server()
    one.mail = lambda sender: "553 5.7.1 not your address" if "bounces+" in sender else None
    relay = made(owner, one.port, return_path=PATH)
    report = asked(owner, relay + "/test", {"to": "a@b.example"})
    assert report["ok"] is True
    assert report["return_path"]["taken"] is False
    assert report["return_path"]["reply"]["code"] == 553
    assert len(one.taken) == 1
    now = shown(owner, relay)
    assert now["envelope"]["state"] == "refused"
    assert "not your address" in now["envelope"]["words"]
    assert "refused the return path" in " ".join(now["warnings"])
    assert now["breaker"]["failures"] == 0
    one.mail = lambda _: None
    asked(owner, relay + "/test", {"to": "a@b.example"})
    assert state(owner, relay) == "in_use"


@pytest.mark.parametrize(
    ("change", "after"),
    [
        ({"return_path": "b+{token}@b.example.com"}, "unproved"),
        ({"return_path": ""}, "own"),
        ({"host": "localhost"}, "unproved"),
        ({"username": "somebody"}, "unproved"),
        ({"name": "Other", "from_name": "Other"}, "in_use"),
    ],
)
def test_what_was_proved_holds_for_that_server_and_path(
    owner: Client, server: Any, change: dict[str, str], after: str
) -> None:
    relay = made(owner, server().port, return_path=PATH)
    asked(owner, relay + "/test", {"to": "a@b.example"})
    assert state(owner, relay) == "in_use"
    assert owner.patch(relay, change).status_code == 200
    assert state(owner, relay) == after


@pytest.mark.parametrize("down", [True, False])
def test_a_mail_that_never_got_so_far_proves_nothing(
    owner: Client, server: Any, down: bool
) -> None:
    one: RelayServer = server()
    relay = made(owner, one.port, return_path=PATH)
    if down:
        one.stop()
    else:
        one.rcpt = lambda _: "550 5.1.1 user unknown"
    report = asked(owner, relay + "/test", {"to": "a@b.example"})
    assert (report["ok"], report["return_path"]["taken"]) == (False, False)
    assert state(owner, relay) == "unproved"


@pytest.mark.parametrize("wrong", ["bounces@example.com", "b{token}@example.com", "x" * 400, 7])
def test_what_cannot_be_a_path_is_refused(owner: Client, wrong: Any) -> None:
    relay = made(owner, 2525)
    answer = owner.patch(relay, {"return_path": wrong})
    assert answer.status_code == 422
    assert [one["where"] for one in (answer.json or {})["errors"]] == ["return_path"]
