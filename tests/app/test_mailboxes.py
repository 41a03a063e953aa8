"""Bounce mailboxes over the API: their settings, their secret, and looking into them."""

from collections.abc import Iterator
from typing import Any
from uuid import UUID

import pytest

from app.runtime import Runtime
from app.sending.mailboxes.reading import Reader
from app.sending.models import Mailbox
from app.vault import Vault
from tests.app.conftest import Client, on_sqlite
from tests.conftest import TurnableClock
from tests.wire.imap_server import PASSWORD, USERNAME, Server, imap_server

SETTINGS: dict[str, Any] = {
    "name": "Bounces",
    "host": "imap.example.com",
    "username": USERNAME,
    "password": PASSWORD,
    "addresses": ["Bounces@Example.com", "@B\u00fccher.example"],
}


@pytest.fixture
def imap() -> Iterator[Server]:
    with imap_server() as server:
        yield server


def made(owner: Client, **changes: Any) -> dict[str, Any]:
    answer = owner.post("/mailboxes", SETTINGS | changes)
    assert answer.status_code == 201, answer.json
    return dict(answer.json or {})


def here(server: Server) -> dict[str, Any]:
    return {"host": "127.0.0.1", "port": server.port, "encryption": "none"}


def row(runtime: Runtime, mailbox: dict[str, Any]) -> Mailbox:
    with runtime.database.reading() as session:
        return session.get_one(Mailbox, UUID(mailbox["id"]))


def test_a_mailbox_is_made_with_the_usual_settings(owner: Client) -> None:
    found = made(owner)
    assert (found["port"], found["encryption"], found["folder"]) == (993, "ssl", "INBOX")
    assert (found["after"], found["complaints"], found["state"]) == ("leave", False, "new")
    assert found["addresses"] == ["bounces@example.com", "@xn--bcher-kva.example"]
    assert (found["relays"], found["warnings"]) == ([], [])
    assert owner.get(f"/mailboxes/{found['id']}").json == found
    assert (owner.get("/mailboxes").json or {})["items"] == [found]


def test_the_password_goes_in_and_never_comes_out(owner: Client, runtime: Runtime) -> None:
    found = made(owner)
    secret = row(runtime, found).secret
    assert runtime.vault.open(secret) == PASSWORD
    for answer in (owner.get("/mailboxes"), owner.get(f"/mailboxes/{found['id']}")):
        assert "password" not in answer.text.replace("password travels", "")
        assert secret not in answer.text


@on_sqlite
@pytest.mark.parametrize(
    ("change", "where"),
    [
        ({"host": "not a host"}, "host"),
        ({"host": "169.254.169.254"}, "host"),
        ({"port": 0}, "port"),
        ({"encryption": "both"}, "encryption"),
        ({"username": ""}, "username"),
        ({"username": "a\r\nb"}, "username"),
        ({"password": "a\r\nb"}, "password"),
        ({"folder": ""}, "folder"),
        ({"addresses": []}, "addresses"),
        ({"addresses": ["nobody"]}, "addresses"),
        ({"addresses": ["@"]}, "addresses"),
        ({"after": "delete"}, "after"),
        ({"after": "move"}, "move_to"),
        ({"after": "move", "move_to": "INBOX"}, "move_to"),
        ({"colour": "red"}, "colour"),
    ],
)
def test_bad_settings_are_named(owner: Client, change: dict[str, Any], where: str) -> None:
    answer = owner.post("/mailboxes", SETTINGS | change)
    assert answer.status_code == 422, answer.json
    names = {one["where"].partition(".")[0] for one in (answer.json or {})["errors"]}
    assert names == {where}
    found = made(owner)
    assert owner.patch(f"/mailboxes/{found['id']}", change).status_code == 422


def test_a_name_is_there_once(owner: Client, outsider: Client) -> None:
    made(owner)
    other = made(owner, name="Two")
    made(outsider)
    assert owner.post("/mailboxes", SETTINGS).status_code == 409
    assert owner.patch(f"/mailboxes/{other['id']}", {"name": "Bounces"}).status_code == 409


def test_another_host_needs_the_password_again(owner: Client, runtime: Runtime) -> None:
    """Else whoever may change settings could have the password sent to a host of hers."""
    path = f"/mailboxes/{made(owner)['id']}"
    assert owner.patch(path, {"host": "evil.example.com"}).status_code == 422
    assert owner.patch(path, {"host": "evil.example.com", "password": ""}).status_code == 422
    assert owner.patch(path, {"host": "other.example.com", "password": "new"}).status_code == 200
    assert owner.patch(path, {"name": "Other", "password": ""}).status_code == 200
    found = owner.get(path).json or {}
    assert (found["host"], found["name"]) == ("other.example.com", "Other")
    assert runtime.vault.open(row(runtime, found).secret) == "new"


@on_sqlite
@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"encryption": "none", "port": 143}, "unencrypted"),
        ({"encryption": "tls"}, "993 goes with ssl"),
        ({"host": "127.0.0.1", "encryption": "none", "port": 143}, ""),
    ],
)
def test_what_is_seldom_meant_is_warned_about(
    owner: Client, change: dict[str, Any], words: str
) -> None:
    warnings = " ".join(made(owner, **change)["warnings"])
    assert (words in warnings) if words else (warnings == "")


def test_it_says_whose_bounces_it_hears(owner: Client) -> None:
    one = {"name": "one", "host": "h.example.com", "port": 587, "encryption": "tls"}
    relay = owner.post("/relays", {**one, "from_email": "bounces@example.com"}).json or {}
    owner.post("/relays", {**one, "name": "two", "from_email": "two@example.com"})
    assert made(owner)["relays"] == [relay["id"]]


def test_a_check_looks_and_reads_nothing(owner: Client, imap: Server) -> None:
    imap.put("a: b\n\n", "c: d\n\n")
    path = f"/mailboxes/{made(owner, **here(imap))['id']}"
    assert owner.post(f"{path}/check").json == {
        "ok": True,
        "mails": 2,
        "step": "",
        "words": "",
        "mend": "",
    }
    assert not [one for one in imap.commands if one.startswith("UID")]
    assert (owner.get(path).json or {})["state"] == "new"


@pytest.mark.parametrize(
    ("change", "step", "words"),
    [
        ({"password": "wrong"}, "login", "AUTHENTICATIONFAILED"),
        ({"folder": "Nothing"}, "folder", "no folder Nothing"),
        ({"after": "move", "move_to": "Nothing"}, "folder", "no folder 'Nothing'"),
        ({"encryption": "tls"}, "tls", "TLS not supported"),
        ({"port": 1}, "connect", "refused"),
    ],
)
def test_a_check_says_what_to_mend(
    owner: Client, imap: Server, change: dict[str, Any], step: str, words: str
) -> None:
    found = made(owner, **{**here(imap), **change})
    report = owner.post(f"/mailboxes/{found['id']}/check").json or {}
    assert (report["ok"], report["step"]) == (False, step)
    assert words in report["words"]
    assert report["mend"]
    assert "wrong'" not in str(report)


def test_a_password_of_another_master_key_is_a_conflict(owner: Client, runtime: Runtime) -> None:
    found = made(owner)
    with runtime.database.transaction() as session:
        row_ = session.get_one(Mailbox, UUID(found["id"]))
        row_.secret = Vault(["some other master key"]).close("p")
    assert owner.post(f"/mailboxes/{found['id']}/check").status_code == 409


def test_its_state_is_shown_and_a_change_begins_anew(
    owner: Client, runtime: Runtime, imap: Server, clock: TurnableClock
) -> None:
    imap.put("a: b\n\n")
    found = made(owner, **here(imap))
    path = f"/mailboxes/{found['id']}"
    reader = Reader(runtime.database, runtime.vault, clock, allow_private=True)
    reader.read_due()
    assert (owner.get(path).json or {})["state"] == "read"
    assert (owner.get(path).json or {})["mails"] == 1
    imap.refuse["LOGIN"] = "NO never"
    clock.turn(minutes=3)
    reader.read_due()
    failing = owner.get(path).json or {}
    assert (failing["state"], failing["last_failure"]) == ("failing", "login: never")
    imap.refuse.clear()
    imap.folders["Other"] = []
    changed = owner.patch(path, {"folder": "Other"}).json or {}
    assert (changed["state"], changed["read_at"], changed["last_failure"]) == ("new", None, "")
    assert row(runtime, found).last_uid == 0
    reader.read_due()
    assert (owner.get(path).json or {})["state"] == "read"
    assert (owner.patch(path, {"enabled": False}).json or {})["state"] == "off"
    assert owner.delete(path).status_code == 204
    assert owner.get(path).status_code == 404


def test_members_look_and_change_nothing(owner: Client, member: Client, outsider: Client) -> None:
    path = f"/mailboxes/{made(owner)['id']}"
    assert member.get(path).status_code == 200
    for client, status in ((member, 403), (outsider, 404)):
        assert client.patch(path, {"name": "x"}).status_code == status
        assert client.post(f"{path}/check").status_code == status
        assert client.delete(path).status_code == status
    assert outsider.get(path).status_code == 404
    assert (outsider.get("/mailboxes").json or {})["items"] == []
