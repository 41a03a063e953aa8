"""Checking a relay and sending a test mail over the API, against real servers."""

from typing import Any

import pytest

from app.dev.inbox import Inbox
from app.runtime import Runtime
from app.sending.models import Relay
from app.vault import Vault
from tests.app.conftest import Client
from tests.wire.servers import PASSWORD, USERNAME, smtp_server


def made(owner: Client, port: int, **changes: Any) -> str:
    settings = {
        "name": "Main <relay>",
        "provider": "smtp",
        "host": "127.0.0.1",
        "port": port,
        "encryption": "none",
        "from_email": "news@m\u00fcller.example",
        "from_name": "M\u00fcller, Ferry",
    }
    answer = owner.post("/relays", settings | changes)
    assert answer.json is not None
    return f"/relays/{answer.json['id']}"


def asked(owner: Client, path: str, body: Any = None) -> dict[str, Any]:
    answer = owner.post(path, body)
    assert answer.status_code == 200, answer.json
    assert answer.json is not None
    return dict(answer.json)


def test_a_check_says_what_the_relay_offers_and_sends_nothing(owner: Client) -> None:
    with Inbox() as inbox:
        report = asked(owner, made(owner, inbox.smtp_port) + "/check")
        assert inbox.messages == []
    assert report["ok"] is True
    assert report["offers"]["pipelining"] is True
    assert [step["phase"] for step in report["steps"]] == ["dns", "connect", "greeting", "ehlo"]
    assert (report["fault"], report["certificate"]) == (None, None)


def test_a_wrong_login_is_told_and_the_password_is_not(owner: Client) -> None:
    with smtp_server(auth_require_tls=False) as server:
        relay = made(owner, server.port, username=USERNAME, password="not-the-password")
        for path, body in (("/check", None), ("/test", {"to": "a@b.example"})):
            report = asked(owner, relay + path, body)
            assert report["ok"] is False
            assert (report["fault"]["phase"], report["fault"]["code"]) == ("auth", 535)
            assert report["fault"]["mend"]
            assert "not-the-password" not in str(report)
        assert asked(owner, relay + "/breaker", {"state": "closed"})["breaker"]["failures"] == 0
        owner.patch(relay, {"password": PASSWORD})
        assert asked(owner, relay + "/check")["ok"] is True


def test_a_refused_mail_leaves_the_breaker_alone(owner: Client) -> None:
    with smtp_server() as server:
        server.refuse["MAIL"] = "550 5.1.8 sender not verified"
        relay = made(owner, server.port)
        report = asked(owner, relay + "/test", {"to": "a@b.example"})
    assert (report["ok"], report["fault"]["phase"]) == (False, "mail_from")
    seen = owner.get(relay).json
    assert seen is not None
    assert seen["breaker"]["failures"] == 0


@pytest.mark.parametrize("body", [{}, {"to": "nobody"}, {"to": "a@b.example\r\nBcc: c@d.example"}])
def test_a_test_mail_needs_somebody(owner: Client, body: dict[str, str]) -> None:
    assert owner.post(made(owner, 2525) + "/test", body).status_code == 422


def test_a_password_of_another_master_key_is_a_conflict(owner: Client, runtime: Runtime) -> None:
    relay = made(owner, 2525, username="u", password="p")
    with runtime.database.transaction() as session:
        row = session.query(Relay).one()
        row.secret = Vault(["some other master key"]).close("p")
    answer = owner.post(relay + "/check")
    assert answer.status_code == 409
    assert answer.json is not None
    assert "enter the password again" in answer.json["detail"]
