"""Under which names a relay may send, over the API."""

from typing import Any

import pytest

from tests.app.conftest import Client
from tests.app.test_relays_tried import asked, made

DECLARED = {"how": "declared", "at": "2026-11-22T12:00:00Z"}


def senders(owner: Client, path: str) -> list[dict[str, str]]:
    found: list[dict[str, str]] = (owner.get(path).json or {})["verified_senders"]
    return found


def test_they_are_said_in_one_spelling_and_dated(owner: Client, clock: Any) -> None:
    relay = made(owner, 2525, verified_senders=["News@B\u00fccher.example", "@Shop.Example"])
    first = {"sender": "news@xn--bcher-kva.example", **DECLARED}
    assert senders(owner, relay) == [first, {"sender": "@shop.example", **DECLARED}]
    clock.turn(days=1)
    names = ["@other.example", "news@b\u00fccher.example", "@other.example"]
    owner.patch(relay, {"verified_senders": names})
    other = {"sender": "@other.example", "how": "declared", "at": "2026-11-23T12:00:00Z"}
    assert senders(owner, relay) == [other, first]
    owner.patch(relay, {"name": "Other"})
    assert len(senders(owner, relay)) == 2
    owner.patch(relay, {"verified_senders": []})
    assert senders(owner, relay) == []


@pytest.mark.parametrize("wrong", [["nobody"], ["@"], "x", [""], [1], ["@a.example"] * 201])
def test_what_is_no_sender_is_refused(owner: Client, wrong: Any) -> None:
    relay = made(owner, 2525)
    answer = owner.patch(relay, {"verified_senders": wrong})
    assert answer.status_code == 422
    where = (answer.json or {})["errors"][0]["where"]
    assert where.startswith("verified_senders")


@pytest.mark.parametrize(("says", "shown"), [(None, True), ("554 5.7.1 not verified", False)])
def test_a_test_mail_shows_it(owner: Client, server: Any, says: str | None, shown: bool) -> None:
    one = server()
    one.dot = lambda _: says
    path = "bounces+{token}@bounces.example.com"
    relay = made(owner, one.port, return_path=path)
    body = {"to": "a@b.example", "from_email": "Other@Shop.Example"}
    report = asked(owner, relay + "/test", body)
    assert (report["ok"], report["return_path"]) == (shown, None)
    proved = {"sender": "other@shop.example", "how": "test_mail", "at": "2026-11-22T12:00:00Z"}
    assert senders(owner, relay) == ([proved] if shown else [])
    assert (owner.get(relay).json or {})["envelope"]["state"] == "unproved"
    asked(owner, relay + "/test", body)
    assert len(senders(owner, relay)) == shown


def test_at_another_server_what_was_shown_is_forgotten(owner: Client, server: Any) -> None:
    relay = made(owner, server().port, verified_senders=["@shop.example"])
    asked(owner, relay + "/test", {"to": "a@b.example", "from_email": "a@other.example"})
    assert [one["how"] for one in senders(owner, relay)] == ["declared", "test_mail"]
    owner.patch(relay, {"from_name": "x"})
    assert len(senders(owner, relay)) == 2
    owner.patch(relay, {"host": "localhost"})
    assert [one["sender"] for one in senders(owner, relay)] == ["@shop.example"]
