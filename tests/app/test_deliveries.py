"""The delivery log: every filter, pages that meet exactly, one delivery's story, and CSV."""

import csv
import io
from base64 import urlsafe_b64encode
from typing import Any

import pytest
from sqlalchemy import select, update

from app import ids
from app.runtime import Runtime
from app.sending import ledger
from app.sending.models import Attempt, Delivery, Dispatch, Relay
from app.watching import searching
from tests.app.campaign_desk import ready, relay
from tests.app.conftest import Client, on_sqlite
from tests.conftest import TurnableClock


class Log:
    """Two campaigns to five people; what became of each is written by hand."""

    def __init__(self, owner: Client, runtime: Runtime) -> None:
        self.owner, self.runtime = owner, runtime
        self.first = ready(owner, people=5)
        owner.post(f"/campaigns/{self.first}/launch", {})
        self.second = str((owner.post(f"/campaigns/{self.first}/duplicate", {}).json or {})["id"])
        owner.post(f"/campaigns/{self.second}/launch", {})

    def became(
        self, person: int, state: str, outcome: str | None, said: str = "250 ok", **more: Any
    ) -> int:
        """Of the first campaign's mail to a person; gives back its number."""
        now = self.runtime.now()
        address = f"person{person}@example.com"
        with self.runtime.database.transaction() as session:
            found = session.scalars(
                select(Delivery).where(Delivery.address == address).order_by(Delivery.id).limit(1)
            ).one()
            by: str = more.pop("by", "first")
            row = session.scalars(select(Relay).where(Relay.name == by)).one()
            session.add(
                Attempt(
                    delivery_id=found.id,
                    relay_id=row.id,
                    sender_id=ids.new_id(),
                    round=0,
                    from_email=row.from_email,
                    begun_at=now,
                    finished_at=now,
                    outcome=outcome,
                    phase="rcpt_to",
                    code=int(said[:3]),
                    text=said[4:],
                )
            )
            found.state, found.tries = state, found.tries + 1
            found.finished_at = None if state == "queued" else now
            for name, value in more.items():
                setattr(found, name, value)
            return found.id

    def find(self, **query: Any) -> list[str]:
        """Addresses, of all pages."""
        return [one["email"].partition("@")[0] for one in self.lines(**query)]

    def lines(self, **query: Any) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = []
        while True:
            answer = self.owner.get("/deliveries", query_string=query)
            assert answer.status_code == 200, answer.json
            page = answer.json or {}
            found += page["items"]
            if page["next"] is None:
                return found
            query["cursor"] = page["next"]


@pytest.fixture
def log(owner: Client, runtime: Runtime) -> Log:
    return Log(owner, runtime)


@pytest.fixture
def small_steps(monkeypatch: pytest.MonkeyPatch) -> None:
    """So that a few rows are as much work as hundreds of thousands."""
    monkeypatch.setattr(searching, "_FIRST", 2)
    monkeypatch.setattr(searching, "_STEP", 2)
    monkeypatch.setattr(searching, "_STEPS", 2)


def test_newest_first(log: Log) -> None:
    found = log.lines()
    numbers = [int(one["id"]) for one in found]
    assert numbers == sorted(numbers, reverse=True)
    assert [one["campaign_id"] for one in found] == [log.second] * 5 + [log.first] * 5
    assert {one["state"] for one in found} == {"queued"}
    assert found[0]["last"] is None


@pytest.mark.parametrize("steps", [2, 1_000])
def test_pages_meet_exactly(log: Log, steps: int, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("_FIRST", "_STEP"):
        monkeypatch.setattr(searching, name, steps)
    one = {"campaign_id": log.first}
    for query in ({}, one, {**one, "state": "queued"}, {"email": "person1@example.com"}):
        wanted = [one["id"] for one in log.lines(**query)]
        assert len(wanted) == len(set(wanted)) == (2 if "email" in query else 5 if query else 10)
        for limit in (1, 2, 3, 5, 10):
            assert [one["id"] for one in log.lines(limit=limit, **query)] == wanted


def test_every_filter(log: Log, clock: TurnableClock) -> None:
    relay(log.owner, "second")
    clock.turn(minutes=10)
    log.became(0, "sent", "accepted", "250 2.0.0 Ok: queued as 4F1")
    log.became(1, "bounced", "bounced", "550 5.1.1 User Unknown")
    log.became(2, "queued", "refused", "421 4.3.2 bye", due_at=clock())
    log.became(2, "sent", "accepted", "250 2.0.0 taken", by="second")
    log.became(3, "unknown", "unknown", "000 ", reason="final_dot: connection lost")
    log.became(4, "queued", "deferred", "450 4.2.1 later", due_at=clock.turn(hours=1))
    clock.turn(minutes=-30)
    relays = {one["name"]: one["id"] for one in (log.owner.get("/relays").json or {})["items"]}
    first = {"campaign_id": log.first}
    for query, people in (
        ({"email": "Person1@Example.com"}, [1, 1]),
        ({"email": "person1@example.com", "state": "bounced"}, [1]),
        ({"email": "nobody@example.com"}, []),
        ({"contains": "SON3@"}, [3, 3]),
        ({"contains": "%"}, []),
        ({"state": "sent"}, [2, 0]),
        ({**first, "state": "sent"}, [0, 2]),
        ({**first, "state": "deferred"}, [4]),
        ({**first, "state": "queued"}, []),
        ({**first, "state": "sending"}, []),
        ({"state": "unknown"}, [3]),
        (first, [0, 1, 2, 3, 4]),
        ({"relay_id": relays["second"]}, [2]),
        ({"relay_id": relays["first"], "outcome": "accepted"}, [0]),
        ({"outcome": "refused"}, [2]),
        ({"code": 550}, [1]),
        ({"code": 250, "relay_id": relays["second"]}, [2]),
        ({"text": "user unknown"}, [1]),
        ({"text": "CONNECTION lost"}, [3]),
        ({"text": "taken", "outcome": "refused"}, []),
        ({"since": "2026-11-22T12:05:00Z"}, [4, 3, 2, 1, 0]),
        ({"since": "2026-11-22T12:11:00Z"}, [4]),
        ({"until": "2026-11-22T12:05:00Z", **first}, []),
        ({"contains": "person", "state": "bounced", "code": 550, "text": "unknown"}, [1]),
    ):
        assert log.find(**query) == [f"person{one}" for one in people], query


def test_messages_are_in_the_log(log: Log) -> None:
    body = {"to": ["kim@example.org"], "subject": "Hi", "text": "Hello"}
    answer = log.owner.post("/messages", body)
    assert answer.status_code == 202, answer.json
    (message,) = (answer.json or {})["messages"]
    (line,) = log.lines(message_id=message["id"])
    assert (line["email"], line["campaign_id"]) == ("kim@example.org", None)
    assert (line["message_id"], line["contact_id"]) == (message["id"], None)
    assert log.lines(email="kim@example.org") == [line]
    assert log.lines(limit=1)[0] == line


def test_what_is_not_mine(log: Log, outsider: Client) -> None:
    number = log.became(0, "sent", "accepted")
    assert outsider.get("/deliveries").json == {"items": [], "next": None}
    assert outsider.get("/deliveries?email=person0@example.com").json == {
        "items": [],
        "next": None,
    }
    assert outsider.get(f"/deliveries?campaign_id={log.first}").status_code == 404
    assert outsider.get(f"/deliveries/{number}").status_code == 404
    assert len(outsider.get("/deliveries.csv").text.splitlines()) == 1


@on_sqlite
@pytest.mark.usefixtures("small_steps")
def test_a_page_may_be_empty_and_say_where_to_go_on(log: Log) -> None:
    """However rare it is, what a page costs is bounded."""
    log.became(0, "bounced", "bounced")
    page = log.owner.get("/deliveries?state=bounced").json or {}
    assert page["items"] == []
    assert page["next"] is not None
    assert log.find(state="bounced") == ["person0"]


def test_one_story(log: Log, clock: TurnableClock) -> None:
    relay(log.owner, "second")
    log.became(0, "queued", "refused", "421 4.3.2 bye")
    log.became(0, "queued", "void", "000 ")
    clock.turn(minutes=1)
    number = log.became(0, "sent", "accepted", "250 ok", by="second")
    with log.runtime.database.transaction() as session:
        last = session.scalars(select(Attempt.id).order_by(Attempt.id.desc())).first()
        event = ledger.Event("complained", last or 0, "abuse")
        assert ledger.hear(session, log.owner.workspace_id, event, now=clock())
    story = log.owner.get(f"/deliveries/{number}").json or {}
    assert [(one["relay_name"], one["outcome"]) for one in story["attempts"]] == [
        ("first", "refused"),
        ("second", "accepted"),
    ]
    assert story["last"] == story["attempts"][-1]
    assert [(one["kind"], one["words"]) for one in story["events"]] == [("complained", "abuse")]
    assert story["campaign_name"] == "News"
    for nothing in (10**9, 2**63, 10**30, "x", "%00", "²"):
        assert log.owner.get(f"/deliveries/{nothing}").status_code == 404


@on_sqlite
def test_cursors_that_are_none(log: Log) -> None:
    def word(text: str) -> str:
        return urlsafe_b64encode(text.encode()).decode()

    other = log.owner.get(f"/deliveries?limit=1&campaign_id={log.first}").json or {}
    for cursor in (
        "x",
        "ä",
        "....",
        word("[]"),
        word("5"),
        word('["newest", "1"]'),
        word('["newest", 1e400]'),
        word(f'["newest", {10**30}]'),
        word('["newest", -1]'),
        other["next"],
    ):
        answer = log.owner.get("/deliveries", query_string={"cursor": cursor})
        assert answer.status_code == 422, cursor
    for moment in ("yesterday", "2026-11-22T12:00:00", "0001-01-01T00:00:00+10:00"):
        query = {
            "campaign_id": log.first,
            "state": "queued",
            "cursor": word(f'["due", "{moment}", 1]'),
        }
        assert log.owner.get("/deliveries", query_string=query).status_code == 422, moment
    both = f"/deliveries?campaign_id={log.first}&message_id={log.first}"
    assert log.owner.get(both).status_code == 422


def test_as_a_file(log: Log) -> None:
    log.became(1, "bounced", "bounced", "550 =cmd|' /C calc'!A0, \"quoted\"")
    answer = log.owner.get("/deliveries.csv")
    assert answer.content_type == "text/csv; charset=utf-8"
    assert "attachment" in answer.headers["Content-Disposition"]
    rows = list(csv.DictReader(io.StringIO(answer.text)))
    assert [row["id"] for row in rows] == [one["id"] for one in log.lines()]
    (bounced,) = (row for row in rows if row["state"] == "bounced")
    assert bounced["text"] == "'=cmd|' /C calc'!A0, \"quoted\""
    assert (bounced["relay"], bounced["code"], bounced["campaign"]) == ("first", "550", "News")
    some = log.owner.get("/deliveries.csv?state=bounced").text
    assert len(some.splitlines()) == 2


def test_a_file_is_written_while_it_is_read(log: Log) -> None:
    """The first row is out before the last one is read, and nothing is held in between."""
    client = log.owner.app.test_client()
    headers = {"Authorization": f"Bearer {log.owner.key}"}
    answer = client.get("/api/v1/deliveries.csv", headers=headers, buffered=False)
    pieces = iter(answer.response)
    assert b"email" in bytes(next(pieces))
    with log.runtime.database.transaction() as session:
        session.execute(update(Dispatch).values(label="nobody is locked out"))
    assert len(b"".join(bytes(piece) for piece in pieces).splitlines()) == 10
    answer.close()


def test_what_comes_in_while_paging_disturbs_nothing(log: Log) -> None:
    page = log.owner.get("/deliveries?limit=5").json or {}
    third = str((log.owner.post(f"/campaigns/{log.first}/duplicate", {}).json or {})["id"])
    log.owner.post(f"/campaigns/{third}/launch", {})
    rest = log.lines(cursor=page["next"])
    assert {one["campaign_id"] for one in page["items"]} == {log.second}
    assert {one["campaign_id"] for one in rest} == {log.first}
    assert len(rest) == 5
