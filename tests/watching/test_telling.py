"""Who is told of an alert, how, how often, and that no dead relay carries the news."""

import hashlib
import hmac
import json
import threading
from collections.abc import Callable
from dataclasses import replace
from email import message_from_bytes
from typing import Any
from uuid import UUID

import pytest

from app.alerts import endpoints, over, raise_, wishes
from app.watching import telling
from tests.sending.servers import RelayServer
from tests.watching.conftest import Desk
from tests.watching.inbox import Receiver, Request

Servers = Callable[..., RelayServer]


def alarm(desk: Desk, kind: str = "backlog", about: str = "", sentence: str = "It is bad.") -> None:
    with desk.database.transaction() as session:
        raise_(session, desk.workspace_id, kind, about, sentence, now=desk.clock())


def calm(desk: Desk, kind: str = "backlog", about: str = "") -> None:
    with desk.database.transaction() as session:
        over(session, desk.workspace_id, kind, about, now=desk.clock())


def by_mail(desk: Desk, *kinds: str) -> None:
    with desk.database.transaction() as session:
        wishes.change(session, desk.workspace_id, {"mail_kinds": list(kinds)})


def endpoint(desk: Desk, url: str, **more: Any) -> tuple[UUID, str]:
    with desk.database.transaction() as session:
        made, secret = endpoints.create(
            session,
            desk.workspace_id,
            {"url": url, **more},
            vault=desk.runtime.vault,
            now=desk.clock(),
        )
    return made.id, secret


def is_signed(request: Request, secret: str) -> bool:
    """As the documentation tells receivers to look."""
    parts = dict(part.split("=") for part in request.headers["Pressferry-Signature"].split(","))
    signed = parts["t"].encode() + b"." + request.body
    expected = hmac.new(secret.encode(), signed, hashlib.sha256).hexdigest()
    return hmac.compare_digest(parts["v1"], expected)


def test_owners_and_admins_get_a_mail(desk: Desk, server: Servers) -> None:
    one = server()
    relay = desk.relay(one, "first")
    alarm(desk, sentence="Über 3 mails wait.")
    telling.tell(desk.runtime)
    assert sorted(one.recipients) == ["admin@people.example.org", "owner@people.example.org"]
    mail = message_from_bytes(one.bodies[0])
    assert mail["Subject"] == "Mails wait for long (w)"
    assert mail["From"] == "First <first@relays.example.com>"
    assert mail["Auto-Submitted"] == "auto-generated"
    text = mail.get_payload(decode=True)
    assert isinstance(text, bytes)
    assert "Über 3 mails wait." in text.decode()
    assert {(one.state, one.relay_id) for one in desk.notices()} == {("sent", relay)}
    telling.tell(desk.runtime)
    assert len(one.taken) == 2
    desk.clock.turn(minutes=1)
    calm(desk)
    telling.tell(desk.runtime)
    assert message_from_bytes(one.bodies[-1])["Subject"] == "Over: Mails wait for long (w)"
    assert len(one.taken) == 4


def test_never_through_the_relay_it_is_about(desk: Desk, server: Servers) -> None:
    dead, well = server(), server()
    first, second = desk.relay(dead, "first"), desk.relay(well, "second")
    alarm(desk, "breaker_open", str(first))
    telling.tell(desk.runtime)
    assert (len(dead.taken), len(well.taken)) == (0, 2)
    assert {one.relay_id for one in desk.notices()} == {second}


def test_with_no_healthy_relay_it_says_so_and_tries_again(desk: Desk, server: Servers) -> None:
    one = server()
    first = desk.relay(one, "first")
    off = desk.relay(server(), "off", enabled=False)
    kept = desk.relay(server(), "kept", exclude_from_failover=True)
    broken = desk.relay(server(), "broken", open_until=desk.clock.turn(minutes=5))
    resting = desk.relay(server(), "resting", pause_until=desk.clock.turn(minutes=5))
    desk.clock.turn(minutes=-10)
    alarm(desk, "credentials_refused", str(first))
    telling.tell(desk.runtime)
    notices = desk.notices()
    assert {(one.state, one.words) for one in notices} == {
        ("waiting", "no healthy relay could carry the mail")
    }
    assert len({off, kept, broken, resting}) == 4
    desk.clock.turn(minutes=10)
    telling.tell(desk.runtime)
    assert {one.relay_id for one in desk.notices()} == {resting}, "the broken one is only probing"


def test_the_next_relay_takes_what_one_refuses(desk: Desk, server: Servers, dead_port: int) -> None:
    one = desk.relay(dead_port, "first")
    second = server()
    two = desk.relay(second, "second")
    alarm(desk)
    telling.tell(desk.runtime)
    assert len(second.taken) == 2
    assert {one.relay_id for one in desk.notices()} == {two}
    assert [alert.kind for alert in desk.alerts()] == ["backlog"], "no alert about an alert"
    assert (desk.row(one).fail_streak, desk.attempts()) == (0, [])


def test_mails_about_alerts_count_against_limits(desk: Desk, server: Servers) -> None:
    first, second = server(), server()
    desk.relay(first, "first", hourly_limit=1)
    desk.relay(second, "second")
    alarm(desk)
    telling.tell(desk.runtime)
    assert (len(first.taken), len(second.taken)) == (1, 1)


def test_a_program_is_told_with_a_signature(desk: Desk, receiver: Receiver) -> None:
    by_mail(desk)
    one, secret = endpoint(desk, receiver.url)
    alarm(desk, about="", sentence="Größe")
    telling.tell(desk.runtime)
    (heard,) = receiver.heard
    assert heard.path == "/hook?of=alerts"
    assert is_signed(heard, secret)
    assert not is_signed(replace(heard, body=heard.body + b" "), secret)
    told = json.loads(heard.body)
    assert (told["event"], told["kind"], told["sentence"]) == ("raised", "backlog", "Größe")
    assert told["workspace"]["name"] == "w"
    calm(desk)
    telling.tell(desk.runtime)
    assert json.loads(receiver.heard[-1].body)["event"] == "over"
    with desk.database.reading() as session:
        assert endpoints.get(session, desk.workspace_id, one).last_words == "204"


def test_it_is_tried_again_with_the_same_words(desk: Desk, receiver: Receiver) -> None:
    by_mail(desk)
    endpoint(desk, receiver.url)
    receiver.status = 503
    alarm(desk)
    telling.tell(desk.runtime)
    telling.tell(desk.runtime)
    assert len(receiver.heard) == 1
    desk.clock.turn(minutes=1)
    telling.tell(desk.runtime)
    receiver.status = 200
    desk.clock.turn(minutes=2)
    telling.tell(desk.runtime)
    assert len(receiver.heard) == 3
    assert len({one.body for one in receiver.heard}) == 1
    assert len({one.headers["Pressferry-Notice"] for one in receiver.heard}) == 1
    assert len({one.headers["Pressferry-Signature"] for one in receiver.heard}) == 3
    assert [one.state for one in desk.notices()] == ["sent"]


def test_after_a_day_it_is_given_up(desk: Desk, receiver: Receiver) -> None:
    by_mail(desk)
    endpoint(desk, receiver.url)
    receiver.status = 500
    alarm(desk)
    for _ in range(40):
        telling.tell(desk.runtime)
        desk.clock.turn(hours=1)
    (notice,) = desk.notices()
    assert (notice.state, notice.words) == ("failed", "500")
    assert len(receiver.heard) == notice.tries == 24


def test_redirects_are_not_followed(desk: Desk, receiver: Receiver) -> None:
    by_mail(desk)
    endpoint(desk, receiver.url)
    receiver.status, receiver.location = 307, receiver.url
    alarm(desk)
    telling.tell(desk.runtime)
    assert len(receiver.heard) == 1
    assert [one.words for one in desk.notices()] == ["307"]


def test_private_addresses_are_not_spoken_to(desk: Desk, receiver: Receiver) -> None:
    by_mail(desk)
    endpoint(desk, receiver.url)
    alarm(desk)
    telling.tell(replace(desk.runtime, allow_private=False))
    assert receiver.heard == []
    (notice,) = desk.notices()
    assert "127.0.0.1, which is not on the public network" in notice.words


@pytest.mark.parametrize(
    ("more", "heard"),
    [({"kinds": ["sender_gone"]}, 0), ({"kinds": ["backlog"]}, 1), ({"enabled": False}, 0)],
)
def test_who_wants_to_hear(
    desk: Desk, receiver: Receiver, more: dict[str, Any], heard: int
) -> None:
    by_mail(desk, "sender_gone")
    endpoint(desk, receiver.url, **more)
    alarm(desk)
    telling.tell(desk.runtime)
    assert len(receiver.heard) == heard == len(desk.notices())


def test_nobody_listens(desk: Desk, receiver: Receiver) -> None:
    by_mail(desk)
    endpoint(desk, receiver.url)
    receiver.stop()
    alarm(desk)
    telling.tell(desk.runtime)
    assert "it cannot be reached" in desk.notices()[0].words


def test_what_comes_and_goes_is_told_when_it_stays(desk: Desk, receiver: Receiver) -> None:
    by_mail(desk)
    endpoint(desk, receiver.url)
    alarm(desk)
    telling.tell(desk.runtime)
    calm(desk)
    telling.tell(desk.runtime)
    for _ in range(5):
        desk.clock.turn(minutes=1)
        alarm(desk)
        telling.tell(desk.runtime)
        calm(desk)
        telling.tell(desk.runtime)
    assert [json.loads(one.body)["event"] for one in receiver.heard] == ["raised", "over"]
    alarm(desk, sentence="It stays.")
    for _ in range(20):
        desk.clock.turn(minutes=1)
        telling.tell(desk.runtime)
    assert [json.loads(one.body)["sentence"] for one in receiver.heard[2:]] == ["It stays."]


def test_two_that_tell_at_once_tell_once(desk: Desk, receiver: Receiver) -> None:
    by_mail(desk)
    endpoint(desk, receiver.url)
    for number in range(5):
        alarm(desk, about=str(number))
    tellers = [threading.Thread(target=telling.tell, args=(desk.runtime,)) for _ in range(3)]
    for one in tellers:
        one.start()
    for one in tellers:
        one.join()
    telling.tell(desk.runtime)
    told = [json.loads(one.body)["about"] for one in receiver.heard]
    assert sorted(told) == ["0", "1", "2", "3", "4"]


def test_one_who_died_while_telling_is_followed_by_another(desk: Desk, receiver: Receiver) -> None:
    by_mail(desk)
    endpoint(desk, receiver.url)
    alarm(desk)
    with desk.database.transaction() as session:
        telling.announce(session, desk.clock())
    with desk.database.transaction() as session:
        assert len(telling._take(session, desk.clock())) == 1
    telling.tell(desk.runtime)
    assert receiver.heard == []
    desk.clock.turn(minutes=3)
    telling.tell(desk.runtime)
    assert len(receiver.heard) == 1
