"""The inbox takes what real clients send, shows it safely, and can die and come back."""

import asyncio
import os
import signal
import smtplib
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import closing
from email.message import EmailMessage

import pytest
import requests

from app.dev.inbox import Inbox, smtp
from app.wire.opening import Endpoint, LineRefused, open_line
from tests.ports import keeps_its_port
from tests.waiting import PATIENCE
from tests.wire.scripted import Relay, Talk, carry, parcels


@pytest.fixture
def inbox() -> Iterator[Inbox]:
    with Inbox() as running:
        yield running


def letter(**headers: str) -> EmailMessage:
    found = EmailMessage()
    for name, value in {"From": "a@b.example", "To": "c@d.example", **headers}.items():
        found[name.replace("_", "-")] = value
    found.set_content("plain words")
    return found


def send(inbox: Inbox, message: EmailMessage, to: str = "c@d.example") -> None:
    with closing(smtplib.SMTP("127.0.0.1", inbox.smtp_port, timeout=PATIENCE)) as client:
        client.send_message(message, "bounce@b.example", [to])


def carry_all(inbox: Inbox, count: int) -> Talk:
    async def run() -> Talk:
        line = await open_line(Endpoint("127.0.0.1", inbox.smtp_port, "none", "", ""))
        assert line.pipelining
        talk = Talk(Relay())
        await carry(line, parcels(count), talk)
        await line.quit()
        return talk

    return asyncio.run(run())


def get(inbox: Inbox, path: str) -> requests.Response:
    return requests.get(inbox.url + path, timeout=PATIENCE)


def test_what_was_sent_is_kept(inbox: Inbox) -> None:
    send(inbox, letter(Subject="Gr\u00fc\u00dfe \U0001f6a2", Message_ID="<1@b.example>"))
    [mail] = inbox.messages
    assert (mail.number, mail.sender, mail.to) == (1, "bounce@b.example", ["c@d.example"])
    assert (mail.subject, mail.message_id) == ("Gr\u00fc\u00dfe \U0001f6a2", "<1@b.example>")
    assert mail.text.strip() == "plain words"
    assert mail.taken_at.tzinfo is not None


def test_a_login_is_taken_whatever_it_is(inbox: Inbox) -> None:
    with smtplib.SMTP("127.0.0.1", inbox.smtp_port, timeout=PATIENCE) as client:
        client.login("anybody", "anything")
        client.send_message(letter())
    assert len(inbox.messages) == 1


def test_pipelined_mail_is_taken_in_order(inbox: Inbox) -> None:
    talk = carry_all(inbox, 50)
    assert {talk.reply(n) for n in range(1, 51)} == {("final_dot", 250)}
    assert [mail.to for mail in inbox.messages] == [[f"c{n}@home.example"] for n in range(1, 51)]
    assert [mail.subject for mail in inbox.messages] == [str(n) for n in range(1, 51)]


def test_it_dies_between_messages_and_takes_exactly_as_many_as_said() -> None:
    with Inbox(die_after=3) as inbox:
        talk = carry_all(inbox, 10)
        assert [talk.reply(n) for n in (1, 2, 3)] == [("final_dot", 250)] * 3
        assert talk.reply(4) == ("mail_from", 421)
        assert (len(inbox.messages), talk.lost, inbox.dead) == (3, True, True)
        with pytest.raises(LineRefused) as refused:
            asyncio.run(open_line(Endpoint("127.0.0.1", inbox.smtp_port, "none", "", "")))
        assert refused.value.reply.phase == "connect"


def test_many_connections_lose_no_answer_when_it_dies() -> None:
    async def run(inbox: Inbox) -> list[Talk]:
        where = Endpoint("127.0.0.1", inbox.smtp_port, "none", "", "")
        lines = [await open_line(where) for _ in range(5)]
        talks = [Talk(Relay()) for _ in lines]
        await asyncio.gather(
            *(carry(line, parcels(40), talk) for line, talk in zip(lines, talks, strict=True))
        )
        await asyncio.gather(*(line.quit() for line in lines))
        return talks

    for _ in range(5):
        with Inbox(die_after=33) as inbox:
            talks = asyncio.run(run(inbox))
            replies = [reply for talk in talks for reply in talk.replies.values()]
            assert len(inbox.messages) == 33
            assert sum(reply.code == 250 for reply in replies) == 33
            assert not [reply for reply in replies if reply.phase == "final_dot" and not reply.code]


def test_a_connection_that_waits_is_told_goodbye() -> None:
    with (
        Inbox(die_after=1) as inbox,
        closing(smtplib.SMTP("127.0.0.1", inbox.smtp_port)) as waiting,
    ):
        waiting.ehlo()
        send(inbox, letter())
        assert waiting.getreply()[0] == 421
        assert waiting.sock is not None
        assert waiting.sock.recv(10) == b""


def test_its_last_words_reach_even_somebody_who_keeps_talking(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Closing on unread commands would reset the line, and what it said before would be lost."""
    monkeypatch.setattr(smtp, "FAREWELL_SECONDS", PATIENCE)
    with (
        Inbox(die_after=1) as inbox,
        socket.create_connection(("127.0.0.1", inbox.smtp_port), timeout=PATIENCE) as talker,
    ):
        assert talker.recv(100).startswith(b"220")
        send(inbox, letter())
        for _ in range(20):
            talker.sendall(b"NOOP\r\n" * 50)
            threading.Event().wait(0.005)
        assert talker.recv(100).startswith(b"421")
        assert talker.recv(100) == b""


def test_a_mail_that_was_given_up_leaves_its_place_to_another() -> None:
    with Inbox(die_after=1) as inbox:
        with smtplib.SMTP("127.0.0.1", inbox.smtp_port) as client:
            client.ehlo()
            client.mail("a@b.example")
            client.rset()
            client.mail("a@b.example")
        send(inbox, letter())
        assert len(inbox.messages) == 1


def test_it_can_be_revived_at_the_same_port() -> None:
    with Inbox(die_after=1) as inbox:
        port = inbox.smtp_port
        assert keeps_its_port(port, lambda: send(inbox, letter()))
        with pytest.raises(OSError):  # noqa: PT011
            send(inbox, letter())
        inbox.revive()
        assert (inbox.smtp_port, inbox.dead) == (port, False)
        send(inbox, letter())
        send(inbox, letter())
        assert len(inbox.messages) == 3


def test_the_list_shows_the_newest_first_and_finds_addresses(inbox: Inbox) -> None:
    send(inbox, letter(Subject="first"), "ann@home.example")
    send(inbox, letter(Subject="second"), "bob@home.example")
    page = get(inbox, "/").text
    assert page.index("second") < page.index("first")
    found = get(inbox, "/?q=ANN@home").text
    assert "first" in found
    assert "second" not in found
    assert get(inbox, "/api/messages?q=bob").json()["total"] == 1


def test_the_json_has_what_a_script_needs(inbox: Inbox) -> None:
    send(inbox, letter(Subject="hello", Message_ID="<7@b.example>"))
    answer = get(inbox, "/api/messages").json()
    assert answer["total"] == 1
    [mail] = answer["items"]
    assert mail.pop("taken_at").endswith("Z")
    assert mail == {
        "id": 1,
        "message_id": "<7@b.example>",
        "from": "a@b.example",
        "to": ["c@d.example"],
        "subject": "hello",
    }


def test_a_mail_shows_its_parts(inbox: Inbox) -> None:
    message = letter(Subject="parts")
    message.add_alternative("<p>rich words</p>", subtype="html")
    message.add_attachment(b"12345", maintype="application", subtype="pdf", filename="bill.pdf")
    send(inbox, message)
    page = get(inbox, "/messages/1").text
    assert "plain words" in page
    assert "bill.pdf, application/pdf, 5 bytes" in page
    assert "<iframe sandbox src=" in page
    assert get(inbox, "/messages/1/html").text.strip() == "<p>rich words</p>"
    source = get(inbox, "/messages/1/raw")
    assert source.content == inbox.messages[0].raw
    assert source.headers["Content-Type"].startswith("text/plain")


def test_a_hostile_mail_can_do_nothing(inbox: Inbox) -> None:
    evil = "<script>alert(1)</script>"
    message = letter(Subject=evil, From=f'"{evil}" <a@b.example>')
    message.add_alternative(evil, subtype="html")
    message.add_attachment(b"x", maintype="text", subtype="x", filename=f"{evil}.txt")
    send(inbox, message)
    for path in ("/", "/messages/1", f"/?q={evil}"):
        answer = get(inbox, path)
        assert "<script" not in answer.text
        assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
    html = get(inbox, "/messages/1/html")
    assert html.headers["Content-Security-Policy"].startswith("sandbox;")
    assert html.headers["X-Content-Type-Options"] == "nosniff"


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"\xff\xfe\x00",
        b"Subject: =?utf-8?b?broken\r\nFrom: <<<>>>\r\nDate: never\r\nMessage-ID: <<\r\n\r\n",
        b"Content-Type: text/html; charset=klingon\r\n\r\n\xe4",
        b"Content-Type: multipart/mixed; boundary=x\r\n\r\n--y\r\n",
        b"To: " + b"(" * 500 + b"\r\n\r\n",
    ],
)
def test_a_broken_mail_is_shown_too(inbox: Inbox, raw: bytes) -> None:
    with smtplib.SMTP("127.0.0.1", inbox.smtp_port) as client:
        client.sendmail("a@b.example", ["c@d.example"], raw)
    for path in ("/", "/messages/1", "/messages/1/html", "/messages/1/raw", "/api/messages"):
        assert get(inbox, path).status_code == 200


@pytest.mark.parametrize("path", ["/messages/0", "/messages/2", "/messages/2/raw", "/messages/x"])
def test_a_mail_that_is_not_there_is_a_404(inbox: Inbox, path: str) -> None:
    send(inbox, letter())
    assert get(inbox, path).status_code == 404


def test_a_port_in_use_is_an_error_and_leaves_nothing_behind(inbox: Inbox) -> None:
    with pytest.raises(OSError, match="in use"):
        Inbox(smtp_port=inbox.smtp_port).start()


def test_the_command_runs_until_it_is_told_to_stop() -> None:
    program = "from app.dev.inbox import main; main(smtp_port=0, http_port=0)"
    process = subprocess.Popen(
        [sys.executable, "-c", program], stdout=subprocess.PIPE, text=True, env={**os.environ}
    )
    assert process.stdout is not None
    lines = [process.stdout.readline(), process.stdout.readline()]
    assert "Taking mail at 127.0.0.1 port" in lines[0]
    assert requests.get(lines[1].split()[-1], timeout=PATIENCE).status_code == 200
    process.send_signal(signal.SIGTERM)
    assert process.wait(PATIENCE) == 0
    process.stdout.close()
