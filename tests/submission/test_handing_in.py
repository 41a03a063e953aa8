"""What is taken and what is refused; what was answered with 250 is on disk, and nothing else."""

import base64
import smtplib
from collections.abc import Callable
from typing import Any

import pytest

from app.messages import taking_in
from app.workspaces import keys
from tests.app.conftest import on_sqlite
from tests.faults.full import full
from tests.submission.counter import MAIL, Counter

Counters = Callable[..., Counter]


def refusal(hand_in: Callable[[], Any]) -> tuple[int, bytes]:
    with pytest.raises(smtplib.SMTPResponseException) as caught:
        hand_in()
    error = caught.value.smtp_error
    return caught.value.smtp_code, error if isinstance(error, bytes) else error.encode()


def send(client: smtplib.SMTP, mail: bytes = MAIL, *to: str) -> Any:
    return client.sendmail("shop@shop.example.com", to or ["jane@example.com"], mail)


def test_a_mail_is_stored_for_each_recipient(counter: Counters) -> None:
    one = counter()
    with one.client() as client:
        send(client, MAIL, "jane@example.com", "JANE@example.com", "bob@example.com")
    assert sorted(found.to for found in one.messages()) == ["JANE@example.com", "bob@example.com"]
    assert {found.subject for found in one.messages()} == {"Your order"}
    assert len(one.mails()) == 2
    assert one.stored == 1


@pytest.mark.parametrize("how", ["PLAIN", "LOGIN"])
def test_both_ways_to_log_in(counter: Counters, how: str) -> None:
    one = counter()
    with one.client(login=False) as client:
        client.ehlo()
        client.user, client.password = "key", one.key
        assert client.esmtp_features["auth"].split() == ["LOGIN", "PLAIN"]
        code, _ = client.auth(how, getattr(client, f"auth_{how.lower()}"))
        assert code == 235
        send(client)
    assert len(one.messages()) == 1


def test_login_is_understood_as_old_programs_say_it(counter: Counters) -> None:
    one = counter()
    said = one.says(
        b"EHLO shop\r\n",
        b"auth login\r\n",
        base64.b64encode(b"x") + b"\r\n",
        base64.b64encode(one.key.encode()) + b"\r\n",
    )
    assert said[-1].startswith(b"235 ")


@pytest.mark.parametrize("key", ["", "wrong", "pf_" + "0" * 32 + "_" + "0" * 48])
def test_a_wrong_key_is_refused(counter: Counters, key: str) -> None:
    one = counter()
    with (
        one.client(login=False) as client,
        pytest.raises(smtplib.SMTPAuthenticationError) as refused,
    ):
        client.login("x", key)
    assert refused.value.smtp_code == 535


def test_a_key_without_the_scope_is_refused(counter: Counters) -> None:
    one = counter()
    world = one.world
    with world.database.transaction() as session:
        _, text = keys.make(
            session,
            world.workspace_id,
            user_id=one.user_id,
            name="reader",
            scopes=["read"],
            now=world.clock(),
        )
    with (
        one.client(login=False) as client,
        pytest.raises(smtplib.SMTPAuthenticationError) as refused,
    ):
        client.login("x", text)
    assert b"scope 'send'" in refused.value.smtp_error


def test_a_key_that_was_revoked_is_out_at_once(counter: Counters) -> None:
    one = counter()
    world = one.world
    with one.client() as client:
        send(client)
        with world.database.transaction() as session:
            keys.revoke(session, world.workspace_id, one.key_id, now=world.clock())
        world.clock.turn(seconds=1)
        code, words = refusal(lambda: send(client))
    assert code == 554
    assert b"not known" in words
    assert len(one.messages()) == 1


def test_without_a_login_nothing_is_relayed(counter: Counters) -> None:
    one = counter()
    for command in (b"MAIL FROM:<a@b.example>\r\n", b"RCPT TO:<a@b.example>\r\n", b"DATA\r\n"):
        assert one.says(b"EHLO shop\r\n", command)[-1].startswith(b"530 ")


@pytest.mark.parametrize(
    ("mail", "words"),
    [
        (b"Subject: x\r\n\r\nx\r\n", b"from header must name exactly one"),
        (b"From: a@b.example, c@d.example\r\n\r\nx\r\n", b"exactly one"),
        (b"From: nobody\r\n\r\nx\r\n", b"exactly one"),
        (b"From: a@b.example\r\n" + MAIL, b"more than one from"),
        (b"Subject: again\r\n" + MAIL, b"more than one subject"),
        (b"Received: x\r\n" * 31 + MAIL, b"in circles"),
        (b"this is no header\r\n" + MAIL, b"no header"),
        (b"X-Pressferry-Stream: river\r\n" + MAIL, b"transactional"),
        (b"X-Pressferry-Relay: nowhere\r\n" + MAIL, b"no relay"),
    ],
)
@on_sqlite
def test_what_is_not_sane_is_refused(counter: Counters, mail: bytes, words: bytes) -> None:
    one = counter()
    with one.client() as client:
        code, said = refusal(lambda: send(client, mail))
        assert code == 554
        assert words in said
        send(client)
    assert len(one.messages()) == 1


def test_what_is_private_goes_and_what_chooses_is_obeyed(counter: Counters) -> None:
    one = counter()
    second = one.world.relay(9, "two")
    chosen = b"X-Pressferry-Relay: two\r\nX-Pressferry-Stream: outreach\r\n"
    with one.client() as client:
        send(client, b"Bcc: secret@example.com\r\nReturn-Path: <x@y.example>\r\n" + chosen + MAIL)
    (found,) = one.messages()
    assert (found.relay_id, found.stream) == (second, "outreach")
    (mail,) = one.mails()
    trace, _, rest = mail.partition(b"\r\n")
    assert rest == MAIL
    assert trace.startswith(b"Received: by mail.example.com (pressferry) with ESMTPA; ")


def test_too_large_is_said_before_and_after(counter: Counters) -> None:
    one = counter(largest=1000)
    with one.client() as client:
        assert client.esmtp_features["size"] == "1000"
        assert client.mail("a@b.example", ["size=1001"])[0] == 552
        client.rset()
        client.mail("a@b.example")
        client.rcpt("jane@example.com")
        code, _ = client.data(MAIL + b"x" * 900 + b"\r\n")
        assert code == 552
        send(client)
    assert len(one.messages()) == 1


def test_a_line_that_is_too_long_is_refused(counter: Counters) -> None:
    one = counter()
    with one.client() as client:
        assert refusal(lambda: send(client, MAIL + b"x" * 1100 + b"\r\n"))[0] == 500
        send(client, MAIL + b"x" * 998 + b"\r\n")
    assert len(one.messages()) == 1


def test_so_many_recipients_and_no_more(counter: Counters) -> None:
    one = counter(recipients=2)
    with one.client() as client:
        refused = send(client, MAIL, "a@x.example", "b@x.example", "c@x.example")
    assert refused["c@x.example"][0] == 452
    assert len(one.messages()) == 2


def test_a_key_hands_in_only_so_much_a_minute(counter: Counters) -> None:
    one = counter(per_minute=3, recipients=10)
    with one.client() as client:
        refused = send(client, MAIL, *(f"p{n}@x.example" for n in range(5)))
        assert sorted(refused) == ["p3@x.example", "p4@x.example"]
        assert refusal(lambda: send(client))[0] == 451
    assert len(one.messages()) == 3


@pytest.mark.parametrize("address", ["no-domain", "a..b@x.example", "a@localhost"])
@on_sqlite
def test_nobody_can_be_written_to_there(counter: Counters, address: str) -> None:
    with counter().client() as client:
        client.mail("a@b.example")
        assert client.rcpt(address)[0] == 553


def test_only_ascii_is_offered_and_taken_in_commands(counter: Counters) -> None:
    one = counter()
    with one.client() as client:
        assert not client.has_extn("smtputf8")
        assert client.has_extn("8bitmime")
        assert client.docmd("MAIL", "FROM:<a@b.example> SMTPUTF8")[0] == 501
        assert client.docmd("MAIL", "FROM:<a@b.example> BODY=8BITMIME")[0] == 250
        client.command_encoding = "utf-8"
        assert client.docmd("RCPT", "TO:<j\u00fcrgen@x.example>")[0] == 500


def test_what_goes_wrong_here_is_not_taken(
    counter: Counters, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = counter()

    def broken(*_: Any, **__: Any) -> None:
        raise OSError("no space left")

    with one.client() as client:
        monkeypatch.setattr(taking_in, "take_in", broken)
        code, words = refusal(lambda: send(client))
        assert code == 451
        assert b"space" not in words
        monkeypatch.undo()
        send(client)
    assert len(one.messages()) == 1


@on_sqlite
def test_no_room_is_left(counter: Counters) -> None:
    one = counter()
    with one.client() as client:
        with full(one.world.database):
            code, words = refusal(lambda: [send(client) for _ in range(500)])
        assert code == 452
        assert b"The disk under the database is full here" in words
        before = len(one.messages())
        send(client)
    assert len(one.messages()) == before + 1


def test_guessing_ends_soon(counter: Counters) -> None:
    guess = b"AUTH PLAIN " + base64.b64encode(b"\0x\0wrong") + b"\r\n"
    said = counter().says(b"EHLO shop\r\n", *[guess] * 11)
    assert said[2].startswith(b"535 ")
    assert said[-1].startswith(b"421 ")


def test_no_more_than_so_many_connections(counter: Counters) -> None:
    one = counter(doors=1)
    with one.client():
        with pytest.raises(smtplib.SMTPConnectError) as refused:
            one.client(login=False)
        assert refused.value.smtp_code == 421
    with one.client() as client:
        send(client)
