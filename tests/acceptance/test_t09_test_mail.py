"""T9: a test mail goes through the relay that was chosen and no other."""

import email
from email import policy

import pytest

from app.dev.inbox import Inbox
from tests.acceptance.conftest import Client
from tests.app.test_relays_tried import asked, made


@pytest.mark.parametrize("html", [True, False])
def test_t09_a_test_mail_arrives_with_html_or_without(owner: Client, html: bool) -> None:
    with Inbox() as inbox:
        relay = made(owner, inbox.smtp_port)
        report = asked(owner, relay + "/test", {"to": "Ann@B\u00fccher.example", "html": html})
        [mail] = inbox.messages
    assert report["ok"] is True
    assert report["reply"]["phase"] == "final_dot"
    assert report["reply"]["code"] == 250
    assert any(line.startswith("> RCPT TO") for line in report["log"])
    assert (mail.sender, mail.to) == (
        "news@xn--mller-kva.example",
        ["ann@xn--bcher-kva.example"],
    )
    parsed = email.message_from_bytes(mail.raw, policy=policy.default)
    assert not parsed.defects
    assert parsed["From"].addresses[0].display_name == "M\u00fcller, Ferry"
    assert parsed["Subject"] == "Test mail through Main <relay>"
    assert "Main <relay>" in mail.text
    assert ("<strong>Main &lt;relay&gt;</strong>" in mail.html) is html
    assert mail.raw.isascii()


def test_t09_html_is_on_unless_switched_off(owner: Client) -> None:
    with Inbox() as inbox:
        asked(owner, made(owner, inbox.smtp_port) + "/test", {"to": "a@b.example"})
        assert inbox.messages[0].html


def test_t09_a_test_mail_never_fails_over(owner: Client, dead_port: int) -> None:
    owner.patch("/workspace", {"failover_enabled": True})
    with Inbox() as good:
        made(owner, good.smtp_port)
        relay = made(owner, dead_port, name="Dead")
        report = asked(owner, relay + "/test", {"to": "a@b.example"})
        assert good.messages == []
    assert (report["ok"], report["fault"]["phase"]) == (False, "connect")
    seen = owner.get(relay).json
    assert seen is not None
    assert seen["breaker"]["failures"] == 1
    assert seen["last_fault"].startswith("connect:")
