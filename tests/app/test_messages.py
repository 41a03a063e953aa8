"""Handing in messages: stored before the answer, once per key, and looked at afterwards."""

import base64
import threading
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import func, select, update

from app.db import Database
from app.messages import once
from app.messages.models import AskedOnce
from app.rules.mail.finished import Stamp, read, stamped
from app.runtime import Runtime
from app.sending import ledger
from app.sending.models import Attempt, Content, Delivery, Dispatch
from app.sending.models.delivery import NOBODY
from tests.app.campaign_desk import contact, relay
from tests.app.conftest import Client, on_sqlite
from tests.conftest import TurnableClock

BILL = {"to": ["jane@example.com"], "subject": "Your bill", "text": "Thank you."}


@pytest.fixture
def desk(owner: Client) -> Client:
    """A workspace with a relay."""
    relay(owner)
    return owner


def handed(client: Client, **values: Any) -> list[str]:
    answer = client.post("/messages", {**BILL, **values})
    assert answer.status_code == 202, answer.json
    return [one["id"] for one in (answer.json or {})["messages"]]


def seen(client: Client, message_id: str) -> dict[str, Any]:
    answer = client.get(f"/messages/{message_id}")
    assert answer.status_code == 200, answer.json
    found: dict[str, Any] = answer.json or {}
    return found


def mail_of(database: Database, message_id: str) -> EmailMessage:
    with database.reading() as session:
        dispatch = session.get_one(Dispatch, UUID(message_id))
        raw = session.get_one(Content, dispatch.content_id).finished
        stamp = Stamp(
            "a@b.example", "", "", "", "x@y.example", "<1@b.example>", dispatch.created_at
        )
    found = message_from_bytes(stamped(read(raw or b""), stamp), policy=policy.default)
    assert isinstance(found, EmailMessage)
    return found


def count(database: Database, what: type) -> int:
    with database.reading() as session:
        return session.scalar(select(func.count()).select_from(what)) or 0


def test_it_is_stored_before_the_answer(desk: Client, database: Database) -> None:
    (message_id,) = handed(desk)
    found = seen(desk, message_id)
    assert found["to"] == "jane@example.com"
    assert (found["state"], found["attempts"]) == ("queued", [])
    assert found["next"] == "is sent as soon as a relay may be asked"
    assert found["contact_id"] is None
    assert count(database, Delivery) == 1


def test_templates_are_filled_with_data(desk: Client, database: Database) -> None:
    (message_id,) = handed(
        desk,
        subject="Order {{ order.number }}",
        html="<ul>{% for one in order.items %}<li>{{ one }}</li>{% endfor %}</ul>",
        text="",
        data={"order": {"number": 7, "items": ["Tea & Co", "Cups"]}},
    )
    assert seen(desk, message_id)["subject"] == "Order 7"
    mail = mail_of(database, message_id)
    assert mail["Subject"] == "Order 7"
    assert mail["List-Unsubscribe"] is None
    html, text = mail.get_body(("html",)), mail.get_body(("plain",))
    assert html is not None
    assert "<li>Tea &amp; Co</li><li>Cups</li>" in html.get_content()
    assert text is not None
    assert "Tea & Co" in text.get_content()


@on_sqlite
@pytest.mark.parametrize(
    ("values", "where", "words"),
    [
        ({"html": "<p>\n{% if x %}"}, "html", "line 2, column 1"),
        ({"subject": "{{ x | nothing }}"}, "subject", "line 1"),
        ({"subject": "{{ missing }}"}, "subject", "empty"),
        ({"text": " "}, "html", "nothing to send"),
        ({"to": []}, "to", ""),
        ({"to": ["nobody"]}, "to.0", ""),
        ({"to": "nobody"}, "to.0", ""),
        ({"to": None}, "to", ""),
        ({"relay_id": "00000000-0000-7000-8000-000000000000"}, "relay_id", "no such relay"),
        ({"stream": "river"}, "stream", ""),
        ({"headers": {"Bcc": "x@example.com"}}, "headers.Bcc", "Cannot be set"),
        ({"headers": {"X-A": "a\r\nBcc: b"}}, "headers.X-A.value", ""),
        ({"at": "2026-11-22T11:00:00Z"}, "at", "over"),
        ({"at": "2028-11-22T11:00:00Z"}, "at", "year"),
        ({"attachments": [{"name": "x", "content": "%%%"}]}, "attachments.0.content", "base64"),
        (
            {"attachments": [{"name": "x", "content": "", "type": "message/rfc822"}]},
            "attachments.0.type",
            "",
        ),
        ({"colour": "blue"}, "colour", ""),
    ],
)
def test_what_cannot_be_sent_is_refused(
    desk: Client, database: Database, values: dict[str, Any], where: str, words: str
) -> None:
    answer = desk.post("/messages", {**BILL, **values})
    assert answer.status_code == 422, answer.json
    mistakes = (answer.json or {})["errors"]
    assert [one["where"] for one in mistakes] == [where]
    assert words in mistakes[0]["detail"]
    assert count(database, Delivery) == 0


def test_without_a_relay_nothing_is_taken_on(owner: Client) -> None:
    answer = owner.post("/messages", BILL)
    assert answer.status_code == 422
    assert "There is no relay" in (answer.json or {})["detail"]


def test_each_recipient_has_a_message_of_their_own(desk: Client, database: Database) -> None:
    made = handed(desk, to=["a@example.com", "b@example.com", "A@example.com"])
    assert [seen(desk, one)["to"] for one in made] == ["a@example.com", "b@example.com"]
    assert count(database, Content) == 1


@pytest.mark.parametrize("to", ["zoe@example.com", ["zoe@example.com"]])
def test_one_recipient_may_stand_by_itself(desk: Client, to: Any) -> None:
    answer = desk.post("/messages", {**BILL, "to": to}).json or {}
    assert answer["messages"] == [{"id": answer["id"], "to": "zoe@example.com"}]
    assert seen(desk, answer["id"])["to"] == "zoe@example.com"


def test_a_contact_is_known_again(desk: Client, database: Database) -> None:
    jane = contact(desk, "Jane@example.com")
    (message_id,) = handed(desk)
    assert seen(desk, message_id)["contact_id"] == jane
    handed(desk, to=["stranger@example.com"])
    with database.reading() as session:
        strangers = session.scalars(select(Delivery).where(Delivery.contact_id == NOBODY)).all()
    assert [one.address for one in strangers] == ["stranger@example.com"]


def test_attachments_are_kept(desk: Client, database: Database) -> None:
    content = bytes(range(256)) * 100
    file = {"name": "Rechnung ü.pdf", "type": "application/pdf"}
    logo = {"name": "logo.png", "type": "image/png", "content_id": "logo"}
    (message_id,) = handed(
        desk,
        html='<img src="cid:logo">',
        attachments=[
            {**file, "content": base64.b64encode(content).decode()},
            {**logo, "content": base64.b64encode(b"png").decode()},
        ],
    )
    mail = mail_of(database, message_id)
    files = {part.get_filename(): part for part in mail.walk() if part.get_filename()}
    assert files["Rechnung ü.pdf"].get_content() == content
    assert files["logo.png"]["Content-ID"] == "<logo>"


def test_a_mail_that_is_too_large_is_refused(desk: Client) -> None:
    content = base64.b64encode(b"x" * 7_600_000).decode()
    answer = desk.post("/messages", {**BILL, "attachments": [{"name": "x", "content": content}]})
    assert answer.status_code == 422
    assert "at most 10000000" in (answer.json or {})["detail"]


def test_own_headers_are_set(desk: Client, database: Database) -> None:
    (message_id,) = handed(desk, headers={"X-Order": "7", "References": "<a@b.example>"})
    mail = mail_of(database, message_id)
    assert (mail["X-Order"], mail["References"]) == ("7", "<a@b.example>")


def test_the_same_key_and_body_is_one_message(
    desk: Client, database: Database, clock: TurnableClock
) -> None:
    key = {"Idempotency-Key": "order-7"}
    first = desk.post("/messages", BILL, headers=key)
    clock.turn(hours=25)
    again = desk.post("/messages", dict(reversed(BILL.items())), headers=key)
    assert (first.status_code, first.json) == (again.status_code, again.json)
    assert count(database, Delivery) == 1


def test_the_same_key_with_another_body_is_a_conflict(desk: Client, database: Database) -> None:
    key = {"Idempotency-Key": "order-7"}
    desk.post("/messages", BILL, headers=key)
    other = desk.post("/messages", {**BILL, "subject": "Another"}, headers=key)
    assert other.status_code == 409
    assert count(database, Delivery) == 1


def test_a_refused_request_does_not_take_its_key(desk: Client) -> None:
    key = {"Idempotency-Key": "order-7"}
    wrong = {**BILL, "relay_id": "00000000-0000-7000-8000-000000000000"}
    assert desk.post("/messages", wrong, headers=key).status_code == 422
    assert desk.post("/messages", BILL, headers=key).status_code == 202


def test_keys_of_workspaces_do_not_meet(desk: Client, outsider: Client) -> None:
    relay(outsider)
    key = {"Idempotency-Key": "order-7"}
    assert desk.post("/messages", BILL, headers=key).status_code == 202
    other = outsider.post("/messages", {**BILL, "subject": "Another"}, headers=key)
    assert other.status_code == 202


def test_two_at_once_are_exactly_one(desk: Client, database: Database) -> None:
    gate = threading.Barrier(4)
    answers = []

    def ask() -> None:
        gate.wait()
        answers.append(desk.post("/messages", BILL, headers={"Idempotency-Key": "k"}))

    threads = [threading.Thread(target=ask) for _ in range(4)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert [one.status_code for one in answers] == [202] * 4
    assert len({str(one.json) for one in answers}) == 1
    assert count(database, Delivery) == 1


def test_keys_are_forgotten_after_two_days(
    desk: Client, runtime: Runtime, database: Database, clock: TurnableClock
) -> None:
    desk.post("/messages", BILL, headers={"Idempotency-Key": "k"})
    clock.turn(hours=47)
    once.forget_old(runtime)
    assert count(database, AskedOnce) == 1
    clock.turn(hours=2)
    once.forget_old(runtime)
    assert count(database, AskedOnce) == 0


def test_a_wrong_key_header_is_refused(desk: Client) -> None:
    answer = desk.post("/messages", BILL, headers={"Idempotency-Key": "a b"})
    assert answer.status_code == 422


def test_a_scheduled_one_waits_and_can_be_cancelled(desk: Client, clock: TurnableClock) -> None:
    (message_id,) = handed(desk, at="2026-11-22T15:00:00Z")
    found = seen(desk, message_id)
    assert found["next"] == "waits for the moment it was scheduled for"
    assert found["next_at"] == found["send_at"] == "2026-11-22T15:00:00Z"
    answer = desk.post(f"/messages/{message_id}/cancel")
    assert answer.status_code == 200
    assert (answer.json or {})["state"] == "cancelled"
    assert desk.post(f"/messages/{message_id}/cancel").status_code == 409


def test_the_list_is_filtered_and_newest_first(desk: Client, clock: TurnableClock) -> None:
    (one,) = handed(desk, to=["one@example.com"])
    clock.turn(minutes=1)
    (two,) = handed(desk, to=["two@example.com"], at="2026-11-22T15:00:00Z")
    desk.post(f"/messages/{two}/cancel")

    def ids(query: str = "") -> list[str]:
        return [item["id"] for item in (desk.get(f"/messages{query}").json or {})["items"]]

    assert ids() == [two, one]
    assert ids("?state=queued") == [one]
    assert ids("?to=TWO@example.com") == [two]
    assert ids("?since=2026-11-22T12:00:30Z") == [two]
    assert ids("?until=2026-11-22T12:00:30Z") == [one]
    assert ids("?per_page=1&page=2") == [one]


def test_the_trace_tells_each_try(desk: Client, database: Database, clock: TurnableClock) -> None:
    (message_id,) = handed(desk)
    with database.transaction() as session:
        delivery = session.scalars(select(Delivery)).one()
        dispatch = session.get_one(Dispatch, delivery.dispatch_id)
        first = desk.get("/relays").json or {}
        session.add(
            Attempt(
                delivery_id=delivery.id,
                relay_id=UUID(first["items"][0]["id"]),
                sender_id=dispatch.id,
                round=0,
                from_email="first@example.com",
                begun_at=clock(),
                finished_at=clock(),
                outcome="deferred",
                phase="rcpt_to",
                code=450,
                text="later",
            )
        )
        delivery.tries, delivery.due_at, delivery.reason = 1, clock.turn(minutes=5), "later"
    clock.turn(minutes=-1)
    found = seen(desk, message_id)
    assert (found["state"], found["next_at"]) == ("deferred", "2026-11-22T12:05:00Z")
    (tried,) = found["attempts"]
    assert tried["relay_name"] == "first"
    assert (tried["code"], tried["text"], tried["outcome"]) == (450, "later", "deferred")


def test_a_doubt_is_settled_by_a_person(
    desk: Client, database: Database, clock: TurnableClock
) -> None:
    (message_id,) = handed(desk)
    path = f"/messages/{message_id}/unknown"
    assert desk.post(path, {"verdict": "sent"}).status_code == 409
    with database.transaction() as session:
        session.execute(update(Delivery).values(state="unknown", finished_at=clock()))
        ledger.close_finished(session, clock())
    assert desk.post(path, {"verdict": "again"}).json == {
        "settled": 0,
        "too_early": 1,
        "not_in_doubt": [],
    }
    clock.turn(hours=1)
    assert desk.post(path, {"verdict": "again"}).json == {
        "settled": 1,
        "too_early": 0,
        "not_in_doubt": [],
    }
    assert seen(desk, message_id)["state"] == "queued"


def test_nobody_sees_the_messages_of_others(desk: Client, outsider: Client) -> None:
    (message_id,) = handed(desk)
    assert outsider.get(f"/messages/{message_id}").status_code == 404
    assert outsider.post(f"/messages/{message_id}/cancel").status_code == 404
    assert (outsider.get("/messages").json or {})["total"] == 0
    ours = (desk.get("/relays").json or {})["items"][0]["id"]
    relay(outsider)
    assert outsider.post("/messages", {**BILL, "relay_id": ours}).status_code == 422


def test_campaigns_of_others_are_no_messages(desk: Client, database: Database) -> None:
    (message_id,) = handed(desk)
    with database.transaction() as session:
        session.execute(update(Dispatch).values(kind="campaign"))
    assert desk.get(f"/messages/{message_id}").status_code == 404


def test_it_says_for_what_it_waits(desk: Client, clock: TurnableClock) -> None:
    (message_id,) = handed(desk)
    path = f"/relays/{(desk.get('/relays').json or {})['items'][0]['id']}"
    desk.post(f"{path}/pause", {"reason": "moving"})
    found = seen(desk, message_id)
    assert (found["next"], found["next_at"]) == ("waits: first: paused: moving", None)
    desk.post(f"{path}/resume")
    desk.post(f"{path}/breaker", {"state": "open"})
    found = seen(desk, message_id)
    assert found["next"] == "waits: first: disabled after repeated faults"
    assert found["next_at"] == "2026-11-22T12:05:00Z"
    desk.post(f"{path}/breaker", {"state": "closed"})
    desk.post("/streams/transactional/pause", {"reason": "says Tom"})
    found = seen(desk, message_id)
    assert found["next"] == "waits: the transactional stream is paused: says Tom"
    assert found["next_at"] is None
    desk.post("/streams/transactional/resume")
    assert seen(desk, message_id)["next"] == "is sent as soon as a relay may be asked"


def test_a_rule_about_headers_is_asked_for_what_it_waits(desk: Client) -> None:
    other = relay(desk, "second", failover_priority=2)
    condition = {"field": "header", "operator": "is", "value": "X-Shop: north"}
    rule = {"name": "north", "relay_id": other, "groups": [[condition]]}
    assert desk.post("/routing/rules", rule).status_code == 201
    desk.post(f"/relays/{other}/pause", {"reason": "moving"})
    (north,) = handed(desk, headers={"X-Shop": "north"})
    (south,) = handed(desk, headers={"X-Shop": "south"})
    assert seen(desk, north)["next"] == "waits: second: paused: moving"
    assert seen(desk, south)["next"] == "is sent as soon as a relay may be asked"
