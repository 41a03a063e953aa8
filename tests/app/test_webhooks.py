"""Programs post signed rows: each counts once, and goes the way of every other row."""

import hashlib
import hmac
import json
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID, uuid4

import pytest
from sqlalchemy import select
from werkzeug.test import TestResponse

from app.contacts.models import Contact, ContactList, ContactTag, MailingList, Tag
from app.rules import signing
from app.runtime import Runtime
from app.sources.runs import running, sooner
from app.sources.webhooks import taking
from app.sources.webhooks.models import Webhook, WebhookPost
from tests.app.conftest import Client, on_sqlite
from tests.conftest import TurnableClock


@dataclass
class Hook:
    """A webhook, and a program that posts to it."""

    runtime: Runtime
    owner: Client
    clock: TurnableClock
    site_id: str
    made: dict[str, Any]

    @property
    def path(self) -> str:
        return f"/connections/{self.made['connection_id']}"

    def sign(self, body: bytes, age: float = 0) -> dict[str, str]:
        moment = int(self.clock().timestamp() - age)
        signed = f"{moment}.".encode() + body
        made = hmac.new(self.made["secret"].encode(), signed, hashlib.sha256).hexdigest()
        return {"Pressferry-Signature": f"t={moment},v1={made}"}

    def send(self, body: bytes, headers: Mapping[str, str], kind: str) -> TestResponse:
        return self.owner.app.test_client().post(
            urlsplit(self.made["url"]).path,
            data=body,
            headers={"Content-Type": kind, **headers},
            buffered=True,
        )

    def post(self, row: Any, kind: str = "application/json") -> TestResponse:
        body = row if isinstance(row, bytes) else json.dumps(row).encode()
        return self.send(body, self.sign(body), kind)

    def pull(self) -> dict[str, Any]:
        """What came is taken over; the run that did it."""
        self.clock.turn(seconds=10)
        assert running.run_due(self.runtime) == 1
        runs = self.owner.get(f"{self.path}/runs").json or {}
        return dict(runs["items"][0])

    def contact(self, address: str) -> Contact:
        with self.runtime.database.reading() as session:
            return session.scalars(select(Contact).where(Contact.address == address)).one()

    def groups(self, address: str) -> tuple[set[str], set[str]]:
        who = self.contact(address).id
        with self.runtime.database.reading() as session:
            lists = select(MailingList.name).join(
                ContactList, ContactList.list_id == MailingList.id
            )
            tags = select(Tag.name).join(ContactTag, ContactTag.tag_id == Tag.id)
            return (
                set(session.scalars(lists.where(ContactList.contact_id == who))),
                set(session.scalars(tags.where(ContactTag.contact_id == who))),
            )

    def posts(self) -> list[WebhookPost]:
        with self.runtime.database.reading() as session:
            return list(session.scalars(select(WebhookPost).order_by(WebhookPost.id)))


@pytest.fixture
def hook(runtime: Runtime, owner: Client, clock: TurnableClock) -> Hook:
    login = {"username": "admin", "application_password": "secret"}
    site = owner.post("/sites", {"url": "http://127.0.0.1:9", **login}).json or {}
    made = owner.post(f"/sites/{site['id']}/webhooks", {"name": "contact-form"})
    assert made.status_code == 201, made.json
    return Hook(runtime, owner, clock, site["id"], dict(made.json or {}))


def test_a_row_becomes_a_contact(hook: Hook) -> None:
    hook.owner.patch(hook.path, {"add_lists": ["Newsletter"], "add_tags": ["from the form"]})
    answer = hook.post({"email": "Anna@Example.com", "first_name": "Anna", "size": 40})
    assert (answer.status_code, answer.json) == (202, {"status": "accepted"})
    assert (hook.owner.get(f"{hook.path}/webhook").json or {})["waiting"] == 1
    run = hook.pull()
    assert (run["state"], run["trigger"], run["seen"], run["created"]) == (
        *("succeeded", "webhook"),
        *(1, 1),
    )
    assert hook.contact("anna@example.com").first_name == "Anna"
    assert hook.groups("anna@example.com") == ({"Newsletter"}, {"from the form"})
    shown = hook.owner.get(hook.path).json or {}
    assert (shown["title"], shown["source"]) == ("Webhook", "webhook:contact-form")
    assert {one["key"]: one["target"] for one in shown["fields"]} == {
        "email": "",
        "first_name": "first_name",
        "size": "",
    }
    assert (hook.owner.get(f"{hook.path}/webhook").json or {})["waiting"] == 0


def test_a_form_is_read_too_and_its_fields_are_mapped(hook: Hook) -> None:
    kind = "application/x-www-form-urlencoded; charset=utf-8"
    assert (
        hook.post(b"your-email=b%40x.com&wer=Bj%C3%B6rn&t%5B%5D=a&t%5B%5D=b", kind).status_code
        == 202
    )
    hook.pull()
    assert hook.contact("b@x.com").first_name == ""
    changed = hook.owner.patch(hook.path, {"mapping": {"wer": "first_name"}})
    assert changed.status_code == 200, changed.json
    hook.post(b"your-email=b%40x.com&wer=Bj%C3%B6rn", kind)
    hook.pull()
    assert hook.contact("b@x.com").first_name == "Björn"


def test_paths_say_where_things_stand(hook: Hook) -> None:
    options = {
        "email_path": "who.mail",
        "id_path": "id",
        "lists_path": "lists",
        "tags_path": "marks",
        "rows_path": "data",
    }
    assert hook.owner.patch(hook.path, {"options": options}).status_code == 200
    row = {"id": 5, "who": {"mail": "a@x.com"}, "lists": ["L"], "marks": "red, green"}
    hook.post({"data": [row, {"id": 6, "who": {"mail": "b@x.com"}}]})
    assert hook.pull()["created"] == 2
    assert hook.groups("a@x.com") == ({"L"}, {"red", "green"})
    hook.post({"data": [{**row, "who": {"mail": "new@x.com"}, "marks": "red"}]})
    assert hook.pull()["updated"] == 1  # the same row, with another address
    assert hook.groups("new@x.com") == ({"L"}, {"red"})


def test_what_is_no_address_is_counted_with_its_reason(hook: Hook) -> None:
    rows = [{"email": ""}, {"email": "nobody"}, {"email": "a@x.com"}, {"email": "A@x.com"}]
    hook.post(rows)
    run = hook.pull()
    assert run["skipped"] == {"no_email": 1, "invalid_email": 1}
    assert run["seen"] == run["created"] + run["updated"] + run["kept"] + 2


def test_a_no_is_never_undone(hook: Hook) -> None:
    hook.post({"email": "a@x.com"})
    hook.pull()
    who = hook.contact("a@x.com").id
    hook.owner.patch(f"/contacts/{who}/status", {"status": "unsubscribed"})
    hook.post({"email": "a@x.com", "first_name": "A"})
    hook.pull()
    assert (hook.contact("a@x.com").status, hook.contact("a@x.com").first_name) == (
        "unsubscribed",
        "A",
    )


def test_the_same_post_counts_once(hook: Hook) -> None:
    body = b'{"email": "a@x.com"}'
    headers = hook.sign(body)
    first = hook.send(body, headers, "application/json")
    assert (first.status_code, first.json) == (202, {"status": "accepted"})
    again = hook.send(body, headers, "application/json")
    assert (again.status_code, again.json) == (202, {"status": "known"})
    assert hook.pull()["seen"] == 1
    late = hook.send(body, headers, "application/json")
    assert late.json == {"status": "known"}
    hook.clock.turn(minutes=1)
    assert running.run_due(hook.runtime) == 0
    hook.clock.turn(seconds=signing.PATIENCE)
    assert hook.send(body, headers, "application/json").status_code == 401


def test_awkward_letters_are_no_trouble(hook: Hook) -> None:
    hook.owner.patch(hook.path, {"options": {"id_path": "id", "tags_path": "t"}})
    odd = "\ud800\u0000x"
    rows = [
        {"id": odd, "email": "a@x.com", odd: odd, "first_name": f"A{odd}", "t": [odd]},
        {"id": "y" * 5000, "email": "b@x.com", "z" * 5000: "v", "t": ["long" * 100]},
    ]
    assert hook.post(rows).status_code == 202
    run = hook.pull()
    assert (run["state"], run["created"]) == ("succeeded", 2), run
    assert hook.contact("a@x.com").first_name.endswith("x")
    hook.clock.turn(seconds=1)
    assert hook.post(rows).status_code == 202
    assert hook.pull()["kept"] == 2


def test_what_was_posted_is_closed_and_then_gone(hook: Hook) -> None:
    hook.post({"email": "secret.person@x.com"})
    (post,) = hook.posts()
    assert "secret.person" not in post.body
    hook.pull()
    (post,) = hook.posts()
    assert (post.body, post.is_done) == ("", True)
    hook.clock.turn(seconds=taking.KEPT.total_seconds() + 1)
    taking.forget_old(hook.runtime)
    assert hook.posts() == []


def test_many_posts_are_one_run(hook: Hook) -> None:
    for number in range(45):
        hook.post({"email": f"p{number}@x.com"})
    run = hook.pull()
    assert (run["seen"], run["created"], run["pages"]) == (45, 45, 4)


def test_whoever_comes_too_late_begins_nothing(hook: Hook) -> None:
    """Several threads look for what is due at once; one of them may be through before another
    has begun.
    """
    hook.post({"email": "a@x.com"})
    hook.clock.turn(seconds=10)
    barrier = threading.Barrier(4)

    def look() -> None:
        barrier.wait()
        running.run_due(hook.runtime)

    threads = [threading.Thread(target=look) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (hook.owner.get(f"{hook.path}/runs").json or {})["total"] == 1
    with hook.runtime.database.reading() as session:
        late = sooner.Wish(hook.owner.workspace_id, UUID(hook.made["connection_id"]), "webhook")
        assert not running._is_still_due(session, late, hook.clock())


def test_what_is_only_tried_comes_again(hook: Hook) -> None:
    for number in range(25):
        hook.post({"email": f"p{number}@x.com"})
    tried = hook.owner.post(f"{hook.path}/runs", {"dry": True})
    assert tried.status_code == 202, tried.json
    running.run_due(hook.runtime)
    run = hook.owner.get(f"/runs/{(tried.json or {})['id']}").json or {}
    assert (run["state"], run["created"]) == ("succeeded", 25), run
    assert (hook.owner.get(f"{hook.path}/webhook").json or {})["waiting"] == 25
    assert hook.pull()["created"] == 25


def test_a_run_that_broke_is_begun_again(hook: Hook, monkeypatch: pytest.MonkeyPatch) -> None:
    hook.post({"email": "a@x.com"})
    hook.clock.turn(seconds=10)
    right = hook.runtime.vault
    hook.runtime.vault._fernet, kept = type(right)(["another master key"])._fernet, right._fernet
    running.run_due(hook.runtime)
    items = (hook.owner.get(f"{hook.path}/runs").json or {})["items"]
    assert (items[0]["state"], "master key" in items[0]["detail"]) == ("failed", True)
    hook.runtime.vault._fernet = kept
    hook.clock.turn(minutes=2)
    assert hook.pull()["created"] == 1


@on_sqlite
@pytest.mark.parametrize(
    ("body", "kind", "status", "words"),
    [
        (b"[]", "application/json", 422, "0 rows"),
        (b"{", "application/json", 422, "not what it says"),
        (b"\xff", "application/json", 422, "not what it says"),
        (b"[" * 100_000, "application/json", 422, "not what it says"),
        (b'"text"', "application/json", 422, "no object"),
        (b"a@x.com", "text/plain", 422, "Send one of application/json"),
        (b"a=1&" * 2000, "application/x-www-form-urlencoded", 422, "not what it says"),
        (b" " * (256 * 1024 + 1), "application/json", 413, "at most 262144 bytes"),
    ],
)
def test_what_is_not_taken(hook: Hook, body: bytes, kind: str, status: int, words: str) -> None:
    answer = hook.post(body, kind)
    assert (answer.status_code, words in (answer.json or {})["detail"]) == (status, True)
    assert hook.posts() == []


@on_sqlite
def test_who_is_not_believed(hook: Hook) -> None:
    body, kind = b'{"email": "a@x.com"}', "application/json"
    right = hook.sign(body)["Pressferry-Signature"]
    other = "0" if right[-1] != "0" else "1"
    for wrong in ("", "nonsense", right[:-1] + other, right.replace("t=", "t=1"), right + ","):
        answer = hook.send(body, {"Pressferry-Signature": wrong} if wrong else {}, kind)
        assert answer.status_code == 401, wrong
    assert hook.send(body + b" ", {"Pressferry-Signature": right}, kind).status_code == 401
    for age in (signing.PATIENCE + 2, -signing.PATIENCE - 2):
        assert hook.send(body, hook.sign(body, age), kind).status_code == 401
    hook.made["url"] = f"http://x/webhooks/{uuid4()}"
    assert hook.send(body, hook.sign(body), kind).status_code == 404
    assert hook.posts() == []


@on_sqlite
def test_too_much_at_once_is_asked_to_wait(hook: Hook, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(taking, "MOST_A_MINUTE", 2)
    assert [hook.post({"email": f"{n}@x.com"}).status_code for n in range(3)] == [202, 202, 429]
    assert hook.post({"email": "9@x.com"}).headers["Retry-After"] == "60"
    monkeypatch.setattr(taking, "MOST_WAITING", 2)
    hook.clock.turn(minutes=2)
    assert hook.post({"email": "9@x.com"}).headers["Retry-After"] == "600"


def test_another_secret_takes_the_old_one_s_place(hook: Hook) -> None:
    body = b'{"email": "a@x.com"}'
    old = hook.sign(body)
    made = hook.owner.post(f"{hook.path}/webhook/secret").json or {}
    assert made["url"] == hook.made["url"]
    assert hook.send(body, old, "application/json").status_code == 401
    hook.made["secret"] = made["secret"]
    assert hook.post({"email": "a@x.com"}).status_code == 202
    shown = hook.owner.get(f"{hook.path}/webhook")
    assert "secret" not in (shown.json or {})
    with hook.runtime.database.reading() as session:
        assert made["secret"] not in session.scalars(select(Webhook.secret)).one()


def test_it_is_removed_and_its_contacts_stay(hook: Hook) -> None:
    hook.post({"email": "a@x.com"})
    hook.pull()
    assert hook.owner.delete(f"{hook.path}/webhook").status_code == 204
    assert hook.owner.get(hook.path).status_code == 404
    assert hook.post({"email": "a@x.com"}).status_code == 404
    assert hook.contact("a@x.com").id == UUID(str(hook.contact("a@x.com").id))


@on_sqlite
def test_names_tell_a_site_s_webhooks_apart(hook: Hook) -> None:
    path = f"/sites/{hook.site_id}/webhooks"
    assert hook.owner.post(path, {"name": "contact-form"}).status_code == 409
    assert hook.owner.post(path, {"name": "another"}).status_code == 201
    assert hook.owner.post(path, {"name": "Not like this"}).status_code == 422
    assert hook.owner.get(f"/sites/{hook.site_id}/connections").json["total"] == 2  # type: ignore[index]


@on_sqlite
def test_a_source_that_is_pulled_has_none(hook: Hook, member: Client, outsider: Client) -> None:
    assert outsider.get(f"{hook.path}/webhook").status_code == 404
    assert member.post(f"{hook.path}/webhook/secret").status_code == 403
