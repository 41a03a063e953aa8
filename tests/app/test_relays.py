"""Relays over the API: their settings, the one default, what leans on them, their breaker."""

from typing import Any
from uuid import UUID, uuid4

import pytest

from app.campaigns.models import Campaign
from app.rules.health.breaker import BreakerSettings
from app.rules.replies.meaning import Reply
from app.runtime import Runtime
from app.sending.models import Content, Delivery, Dispatch, Relay
from app.sending.relays import health, settings
from tests.app.conftest import Client
from tests.conftest import TurnableClock

SETTINGS: dict[str, Any] = {
    "name": "Main",
    "provider": "smtp",
    "host": "smtp.example.com",
    "port": 587,
    "encryption": "tls",
    "username": "ferry",
    "password": "correct horse",
    "from_email": "news@example.com",
    "from_name": "Ferry news",
}


def made(owner: Client, **changes: Any) -> dict[str, Any]:
    answer = owner.post("/relays", SETTINGS | changes)
    assert answer.status_code == 201, answer.json
    assert answer.json is not None
    return dict(answer.json)


def changed(owner: Client, relay: dict[str, Any], **changes: Any) -> dict[str, Any]:
    answer = owner.patch(f"/relays/{relay['id']}", changes)
    assert answer.status_code == 200, answer.json
    assert answer.json is not None
    return dict(answer.json)


def seen(owner: Client, relay: dict[str, Any]) -> dict[str, Any]:
    answer = owner.get(f"/relays/{relay['id']}")
    assert answer.json is not None
    return dict(answer.json)


def row(runtime: Runtime, relay: dict[str, Any]) -> Relay:
    with runtime.database.reading() as session:
        found = session.get(Relay, UUID(relay["id"]))
        assert found is not None
        return found


def test_a_relay_is_created_with_the_usual_settings(owner: Client) -> None:
    relay = made(owner)
    assert relay["breaker"] == {"state": "closed", "failures": 0, "open_until": None}
    assert (relay["failover_priority"], relay["is_default"], relay["enabled"]) == (1, True, True)
    assert (relay["preset"], relay["rate_per_second"], relay["warnings"]) == ("custom", None, [])
    assert seen(owner, relay) == relay


def test_a_password_goes_in_and_never_comes_out(owner: Client, runtime: Runtime) -> None:
    relay = made(owner)
    assert relay["has_password"] is True
    assert "password" not in relay
    secret = row(runtime, relay).secret
    assert "correct horse" not in secret
    assert runtime.vault.open(secret) == "correct horse"
    for answer in (owner.get("/relays"), owner.get(f"/relays/{relay['id']}")):
        assert "correct horse" not in answer.text
        assert secret not in answer.text


def test_a_blank_password_keeps_the_stored_one(owner: Client, runtime: Runtime) -> None:
    relay = made(owner)
    changed(owner, relay, password="", name="Other")
    changed(owner, relay, host="smtp2.example.com")
    assert runtime.vault.open(row(runtime, relay).secret) == "correct horse"
    changed(owner, relay, password=" with blanks ")
    assert runtime.vault.open(row(runtime, relay).secret) == " with blanks "


def test_without_a_user_name_there_is_no_password(owner: Client, runtime: Runtime) -> None:
    relay = made(owner)
    assert changed(owner, relay, username="")["has_password"] is False
    assert row(runtime, relay).secret == ""
    assert made(owner, name="Two", username="")["has_password"] is False


def test_a_preset_fills_what_is_not_given(owner: Client) -> None:
    mine = {"username": "me@gmail.com", "password": "x", "from_email": "me@gmail.com"}
    answer = owner.post("/relays", {"name": "G", "preset": "gmail", **mine})
    assert answer.json is not None
    assert (answer.json["host"], answer.json["port"]) == ("smtp.gmail.com", 587)
    assert answer.json["encryption"] == "tls"
    answer = owner.post("/relays", {"name": "S", "preset": "sendgrid", "from_email": "a@b.example"})
    assert answer.json is not None
    assert answer.json["username"] == "apikey"
    other = made(owner, name="H", preset="gmail", host="proxy.example.com", port=465)
    assert (other["host"], other["port"]) == ("proxy.example.com", 465)


def test_without_a_preset_host_port_and_encryption_are_needed(owner: Client) -> None:
    answer = owner.post("/relays", {"name": "x", "from_email": "a@b.example"})
    assert answer.status_code == 422
    assert answer.json is not None
    assert {error["where"] for error in answer.json["errors"]} == {"host", "port", "encryption"}


@pytest.mark.parametrize(
    ("change", "where"),
    [
        ({"port": 99999}, "port"),
        ({"port": 0}, "port"),
        ({"port": "587"}, "port"),
        ({"encryption": "both"}, "encryption"),
        ({"host": "not a host"}, "host"),
        ({"host": "smtp..example.com"}, "host"),
        ({"host": "smtp.example.com\r\nx"}, "host"),
        ({"host": "169.254.169.254"}, "host"),
        ({"from_email": "nobody"}, "from_email"),
        ({"reply_to_email": "nobody"}, "reply_to_email"),
        ({"name": ""}, "name"),
        ({"name": "x" * 100_000}, "name"),
        ({"from_name": "a\r\nBcc: b@example.com"}, "from_name"),
        ({"username": "a\x00b"}, "username"),
        ({"password": "\ud800"}, "password"),
        ({"password": "a\r\nb"}, "password"),
        ({"daily_limit": 0}, "daily_limit"),
        ({"minute_limit": 0}, "minute_limit"),
        ({"rolling_day": "yes"}, "rolling_day"),
        ({"rate_per_second": 0}, "rate_per_second"),
        ({"rate_per_second": "5"}, "rate_per_second"),
        ({"max_connections": 0}, "max_connections"),
        ({"provider": "pigeon"}, "provider"),
        ({"preset": "pigeon"}, "preset"),
        ({"is_default": "yes"}, "is_default"),
        ({"colour": "red"}, "colour"),
    ],
)
def test_bad_settings_are_named(owner: Client, change: dict[str, Any], where: str) -> None:
    answer = owner.post("/relays", SETTINGS | change)
    assert answer.status_code == 422, answer.json
    assert answer.json is not None
    assert [error["where"] for error in answer.json["errors"]] == [where]
    relay = made(owner)
    assert owner.patch(f"/relays/{relay['id']}", change).status_code == 422
    assert seen(owner, relay) == relay


def test_a_name_is_there_once(owner: Client, outsider: Client) -> None:
    first, second = made(owner), made(owner, name="Two")
    assert owner.post("/relays", SETTINGS).status_code == 409
    answer = owner.patch(f"/relays/{second['id']}", {"name": " Main "})
    assert answer.status_code == 409
    both = owner.patch(f"/relays/{second['id']}", {"name": "Main", "failover_priority": None})
    assert both.status_code == 409
    assert changed(owner, first, name="Main")["name"] == "Main"
    assert made(outsider)["is_default"] is True


def test_private_addresses_need_to_be_allowed(runtime: Runtime, owner: Client) -> None:
    values = {**SETTINGS, "host": "127.0.0.1"}
    with runtime.database.transaction() as session, pytest.raises(Exception, match="private"):
        settings.create(
            session,
            owner.workspace_id,
            values,
            vault=runtime.vault,
            allow_private=False,
            now=runtime.now(),
        )
    assert made(owner, host="127.0.0.1")["host"] == "127.0.0.1"


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"port": 587, "encryption": "ssl"}, "usually tls"),
        ({"port": 465, "encryption": "tls"}, "usually ssl"),
        ({"port": 25}, "block port 25"),
        ({"encryption": "none"}, "password and the mails travel unencrypted"),
        ({"encryption": "none", "username": ""}, "mails travel unencrypted"),
        ({"password": ""}, "no password"),
        ({"enabled": False}, "default relay is disabled"),
        ({"preset": "sendgrid", "host": "smtp.sendgrid.net"}, "'apikey'"),
    ],
)
def test_settings_that_are_seldom_meant_are_warned_about(
    owner: Client, change: dict[str, Any], words: str
) -> None:
    assert words in " ".join(made(owner, **change)["warnings"])


def test_a_relay_on_this_machine_may_be_plain(owner: Client) -> None:
    assert made(owner, host="127.0.0.1", port=2525, encryption="none")["warnings"] == []


def test_priorities_are_given_in_turn_and_sort_the_list(owner: Client) -> None:
    first = made(owner)
    second = made(owner, name="Two", failover_priority=7)
    third = made(owner, name="Three")
    assert [one["failover_priority"] for one in (first, second, third)] == [1, 7, 8]
    changed(owner, first, failover_priority=None)
    listed = owner.get("/relays").json
    assert listed is not None
    assert [one["name"] for one in listed["items"]] == ["Two", "Three", "Main"]
    assert listed["total"] == 3
    page = owner.get("/relays?page=2&per_page=2").json
    assert page is not None
    assert [one["name"] for one in page["items"]] == ["Main"]


def test_there_is_exactly_one_default(owner: Client) -> None:
    first, second = made(owner), made(owner, name="Two")
    assert (first["is_default"], second["is_default"]) == (True, False)
    assert changed(owner, second, is_default=True)["is_default"] is True
    assert seen(owner, first)["is_default"] is False
    answer = owner.patch(f"/relays/{second['id']}", {"is_default": False})
    assert answer.status_code == 422
    assert changed(owner, first, is_default=False)["is_default"] is False
    third = made(owner, name="Three", is_default=True)
    assert third["is_default"] is True
    assert [seen(owner, one)["is_default"] for one in (first, second, third)] == [
        False,
        False,
        True,
    ]


def test_the_default_leaves_only_when_another_takes_over(owner: Client) -> None:
    first, second = made(owner), made(owner, name="Two")
    answer = owner.delete(f"/relays/{first['id']}")
    assert answer.status_code == 409
    assert answer.json is not None
    assert "?reassign_to=" in answer.json["detail"]
    assert owner.delete(f"/relays/{first['id']}?reassign_to={second['id']}").status_code == 204
    assert seen(owner, second)["is_default"] is True
    assert owner.get(f"/relays/{first['id']}").status_code == 404
    assert owner.delete(f"/relays/{second['id']}").status_code == 204


def test_only_a_relay_that_can_may_take_over(owner: Client, outsider: Client) -> None:
    first, second = made(owner), made(owner, name="Two", enabled=False)
    foreign = made(outsider)
    for heir in (first["id"], second["id"], foreign["id"], uuid4()):
        answer = owner.delete(f"/relays/{first['id']}?reassign_to={heir}")
        assert answer.status_code == 422
        assert answer.json is not None
        assert [error["where"] for error in answer.json["errors"]] == ["reassign_to"]


def _dispatch(runtime: Runtime, owner: Client, relay: dict[str, Any], **values: Any) -> UUID:
    with runtime.database.transaction() as session:
        content = Content(
            workspace_id=owner.workspace_id,
            subject="s",
            preheader="",
            html="h",
            text="t",
            created_at=runtime.now(),
        )
        session.add(content)
        session.flush()
        dispatch = Dispatch(
            workspace_id=owner.workspace_id,
            content_id=content.id,
            label="Spring",
            relay_id=UUID(relay["id"]),
            from_email=relay["from_email"],
            from_name=relay["from_name"],
            domain="example.com",
            ready_at=runtime.now(),
            created_at=runtime.now(),
            **values,
        )
        session.add(dispatch)
        session.flush()
        session.add(
            Delivery(
                dispatch_id=dispatch.id,
                contact_id=uuid4(),
                email="a@b.example",
                address="a@b.example",
                due_at=runtime.now(),
            )
        )
        return dispatch.id


def test_what_is_being_sent_keeps_its_relay(
    owner: Client, runtime: Runtime, clock: TurnableClock
) -> None:
    first, second = made(owner), made(owner, name="Two", from_email="two@example.com")
    changed(owner, second, is_default=True)
    dispatch_id = _dispatch(runtime, owner, first)
    answer = owner.delete(f"/relays/{first['id']}")
    assert answer.status_code == 409
    assert answer.json is not None
    assert "'Spring'" in answer.json["detail"]
    assert owner.delete(f"/relays/{first['id']}?reassign_to={second['id']}").status_code == 204
    with runtime.database.reading() as session:
        dispatch = session.get(Dispatch, dispatch_id)
        assert dispatch is not None
        assert str(dispatch.relay_id) == second["id"]
        assert dispatch.from_email == "two@example.com"


def test_what_was_sent_does_not_keep_a_relay(
    owner: Client, runtime: Runtime, clock: TurnableClock
) -> None:
    first, second = made(owner), made(owner, name="Two")
    changed(owner, second, is_default=True)
    _dispatch(runtime, owner, first, finished_at=clock())
    assert owner.delete(f"/relays/{first['id']}").status_code == 204


@pytest.mark.parametrize(("status", "code"), [("scheduled", 409), ("paused", 409), ("draft", 204)])
def test_a_campaign_that_counts_on_a_relay_keeps_it(
    owner: Client, runtime: Runtime, status: str, code: int
) -> None:
    first, second = made(owner), made(owner, name="Two", from_email="two@example.com")
    changed(owner, second, is_default=True)
    with runtime.database.transaction() as session:
        campaign = Campaign(
            workspace_id=owner.workspace_id,
            created_by=owner.user_id,
            name="Autumn",
            relay_id=UUID(first["id"]),
            from_email=first["from_email"],
            status=status,
            created_at=runtime.now(),
            updated_at=runtime.now(),
        )
        session.add(campaign)
        session.flush()
    assert owner.delete(f"/relays/{first['id']}").status_code == code
    if code == 409:
        answer = owner.delete(f"/relays/{first['id']}?reassign_to={second['id']}")
        assert answer.status_code == 204
        with runtime.database.reading() as session:
            again = session.get(Campaign, campaign.id)
            assert again is not None
            assert (str(again.relay_id), again.from_email) == (second["id"], "two@example.com")


def test_the_breaker_can_be_opened_and_closed_by_hand(owner: Client, clock: TurnableClock) -> None:
    relay = made(owner)
    answer = owner.post(f"/relays/{relay['id']}/breaker", {"state": "open"})
    assert answer.status_code == 200
    assert answer.json is not None
    assert answer.json["breaker"] == {
        "state": "open",
        "failures": 5,
        "open_until": "2026-11-22T12:05:00Z",
    }
    clock.turn(minutes=5)
    assert seen(owner, relay)["breaker"]["state"] == "probing"
    answer = owner.post(f"/relays/{relay['id']}/breaker", {"state": "closed"})
    assert answer.json is not None
    assert answer.json["breaker"] == {"state": "closed", "failures": 0, "open_until": None}
    assert owner.post(f"/relays/{relay['id']}/breaker", {"state": "ajar"}).status_code == 422


@pytest.mark.parametrize(
    ("reply", "failures"),
    [
        (Reply("connect", None, "Connection refused"), 1),
        (Reply("auth", 535, "5.7.8 no"), 1),
        (Reply("mail_from", 550, "5.1.8 sender"), 0),
        (Reply("rcpt_to", 550, "5.1.1 nobody"), 0),
        (Reply("final_dot", None, "lost"), 0),
        (Reply("final_dot", 250, "taken"), 0),
    ],
)
def test_a_test_mail_counts_only_what_nobody_could_open(
    owner: Client, runtime: Runtime, reply: Reply, failures: int
) -> None:
    relay = made(owner)
    with runtime.database.transaction() as session:
        health.note_test(
            session,
            owner.workspace_id,
            UUID(relay["id"]),
            reply,
            now=runtime.now(),
            settings=BreakerSettings(),
        )
    now = seen(owner, relay)
    assert now["breaker"]["failures"] == failures
    assert bool(now["last_fault"]) == bool(failures)


def test_a_member_sees_relays_and_changes_none(
    owner: Client, member: Client, viewer: Client
) -> None:
    relay = made(owner)
    for other in (member, viewer):
        assert other.get("/relays").status_code == 200
        assert other.post("/relays", SETTINGS | {"name": "x"}).status_code == 403
        assert other.patch(f"/relays/{relay['id']}", {"name": "x"}).status_code == 403
        assert other.post(f"/relays/{relay['id']}/check").status_code == 403
        assert other.delete(f"/relays/{relay['id']}").status_code == 403


def test_an_outsider_finds_nothing(owner: Client, outsider: Client) -> None:
    relay = made(owner)
    path = f"/relays/{relay['id']}"
    listed = outsider.get("/relays").json
    assert listed is not None
    assert listed["items"] == []
    assert outsider.get(path).status_code == 404
    assert outsider.patch(path, {"name": "x"}).status_code == 404
    assert outsider.delete(path).status_code == 404
    assert outsider.post(f"{path}/check").status_code == 404
    assert outsider.post(f"{path}/test", {"to": "a@b.example"}).status_code == 404
    assert outsider.post(f"{path}/breaker", {"state": "open"}).status_code == 404


def test_the_providers_are_listed_with_their_presets(viewer: Client) -> None:
    answer = viewer.get("/providers").json
    assert answer is not None
    [smtp] = answer["items"]
    assert smtp["key"] == "smtp"
    assert {preset["key"] for preset in smtp["presets"]} >= {"gmail", "sendgrid", "custom"}
    assert {setting["key"] for setting in smtp["settings"]} >= {"host", "port", "password"}
