"""The way out: GET asks, POST acts at once, for mail that is queued and for ever."""

import re
from dataclasses import replace
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import select
from werkzeug.test import TestResponse

from app import __version__
from app.contacts.models import Contact, Suppression
from app.rules.mail import links
from app.runtime import Runtime
from app.sending import ledger
from app.sending.models import Delivery, Dispatch, Relay
from app.vault import Vault
from tests.app.campaign_desk import balance, contact, ready, running
from tests.app.conftest import Client

ONE_CLICK = {"List-Unsubscribe": "One-Click"}


@pytest.fixture
def mailed(owner: Client) -> tuple[str, UUID, int]:
    """A link in a mail of a launched campaign: token, contact, delivery."""
    campaign = ready(owner, people=2)
    assert owner.post(f"/campaigns/{campaign}/launch").status_code == 202
    with running(owner).database.reading() as session:
        delivery = session.scalars(select(Delivery).order_by(Delivery.id)).first()
    assert delivery is not None
    return token(owner, delivery.contact_id, delivery.id), delivery.contact_id, delivery.id


def token(client: Client, contact_id: UUID, delivery: int = 0) -> str:
    key = running(client).vault.key_for("unsubscribe")
    return links.unsubscribe_token(key, contact_id, delivery)


def ask(client: Client, method: str, path: str, **more: Any) -> TestResponse:
    """A stranger with a browser: no key."""
    return client.app.test_client().open(path, method=method, buffered=True, **more)


def noes(client: Client) -> list[tuple[str, str]]:
    with running(client).database.reading() as session:
        rows = session.scalars(select(Suppression).order_by(Suppression.address))
        return [(row.address, row.reason) for row in rows]


def status(client: Client, contact_id: UUID) -> str:
    return str((client.get(f"/contacts/{contact_id}").json or {})["status"])


@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_looking_at_the_link_does_nothing(
    owner: Client, mailed: tuple[str, UUID, int], method: str
) -> None:
    page = ask(owner, method, f"/u/{mailed[0]}")
    assert page.status_code == 200
    assert status(owner, mailed[1]) == "active"
    assert noes(owner) == []
    assert "Set-Cookie" not in page.headers
    assert "noindex" in page.headers["X-Robots-Tag"]
    assert page.headers["Cache-Control"] == "no-store"
    assert page.headers["Referrer-Policy"] == "no-referrer"
    assert method == "HEAD" or '<form method="post">' in page.text


@pytest.mark.parametrize(
    "body",
    [
        {"data": ONE_CLICK},
        {"data": ONE_CLICK, "content_type": "multipart/form-data"},
        {"data": b"", "content_type": "text/plain"},
        {"data": b"\xff\x00", "content_type": "application/json"},
    ],
)
def test_posting_unsubscribes(
    owner: Client, mailed: tuple[str, UUID, int], body: dict[str, Any]
) -> None:
    link, contact_id, _ = mailed
    for _ in range(2):
        answer = ask(owner, "POST", f"/u/{link}", **body)
        assert answer.status_code == 200
        assert "Set-Cookie" not in answer.headers
        assert "Location" not in answer.headers
        assert "unsubscribed" in answer.text
        assert status(owner, contact_id) == "unsubscribed"
        assert noes(owner) == [("person0@example.com", "unsubscribed")]


def test_it_is_written_down_which_mail_it_was(owner: Client, mailed: tuple[str, UUID, int]) -> None:
    ask(owner, "POST", f"/u/{mailed[0]}", data=ONE_CLICK)
    with running(owner).database.reading() as session:
        no = session.scalars(select(Suppression)).one()
        dispatch = session.scalars(select(Dispatch)).one()
    assert no.detail == f"link in 'News' ({dispatch.id})"
    assert no.created_at == running(owner).now()
    assert no.workspace_id == owner.workspace_id


def test_the_next_campaign_leaves_them_out(owner: Client, mailed: tuple[str, UUID, int]) -> None:
    ask(owner, "POST", f"/u/{mailed[0]}", data=ONE_CLICK)
    again = owner.post("/campaigns", {"name": "x", "audience": {"all": True}}).json or {}
    assert owner.get(f"/campaigns/{again['id']}/audience").json == {"count": 1}


def test_mail_that_is_claimed_already_is_not_sent(
    owner: Client, mailed: tuple[str, UUID, int]
) -> None:
    """Nothing begins after the commit of a no."""
    database, now, sender = running(owner).database, running(owner).now(), uuid4()
    with database.transaction() as session:
        dispatch = session.scalars(select(Dispatch.id)).one()
        claimed = ledger.claim(session, sender, dispatch, fresh=10, tried=0, now=now)
        relay = session.scalars(select(Relay.id)).one()
    assert len(claimed) == 2
    ask(owner, "POST", f"/u/{mailed[0]}", data=ONE_CLICK)
    wanted = [ledger.Wanted(one.id, relay, "a@example.com", 0, False) for one in claimed]
    with database.transaction() as session:
        begun = ledger.begin(session, sender, wanted, now)
    assert set(begun) == {one.id for one in claimed} - {mailed[2]}
    campaign = (owner.get("/campaigns").json or {})["items"][0]["id"]
    assert balance(owner, campaign) == (2, {"sending": 1, "suppressed": 1})


def test_it_works_after_the_contact_was_deleted(
    owner: Client, mailed: tuple[str, UUID, int]
) -> None:
    """The ledger still knows the address, and the contact may come back with the next sync."""
    link, contact_id, _ = mailed
    assert owner.delete(f"/contacts/{contact_id}").status_code == 204
    assert ask(owner, "GET", f"/u/{link}").status_code == 200
    assert ask(owner, "POST", f"/u/{link}", data=ONE_CLICK).status_code == 200
    assert noes(owner) == [("person0@example.com", "unsubscribed")]


def test_it_works_after_the_campaign_was_deleted(
    owner: Client, mailed: tuple[str, UUID, int]
) -> None:
    campaign = (owner.get("/campaigns").json or {})["items"][0]["id"]
    owner.post(f"/campaigns/{campaign}/cancel")
    assert owner.delete(f"/campaigns/{campaign}").status_code == 204
    ask(owner, "POST", f"/u/{mailed[0]}", data=ONE_CLICK)
    assert status(owner, mailed[1]) == "unsubscribed"


def test_old_and_new_address_are_left_alone(owner: Client, mailed: tuple[str, UUID, int]) -> None:
    link, contact_id, _ = mailed
    owner.patch(f"/contacts/{contact_id}", {"email": "new@example.com"})
    ask(owner, "POST", f"/u/{link}", data=ONE_CLICK)
    assert noes(owner) == [
        ("new@example.com", "unsubscribed"),
        ("person0@example.com", "unsubscribed"),
    ]
    assert status(owner, contact_id) == "unsubscribed"


def test_a_link_without_a_mail_works_too(owner: Client) -> None:
    contact_id = UUID(contact(owner, "ada@example.com"))
    assert ask(owner, "POST", f"/u/{token(owner, contact_id)}").status_code == 200
    assert noes(owner) == [("ada@example.com", "unsubscribed")]


def test_a_delivery_of_somebody_else_is_not_believed(
    owner: Client, mailed: tuple[str, UUID, int]
) -> None:
    nobody = token(owner, uuid4(), mailed[2])
    assert ask(owner, "POST", f"/u/{nobody}").status_code == 200
    assert noes(owner) == []


def test_only_the_own_workspace_hears_it(
    owner: Client, outsider: Client, mailed: tuple[str, UUID, int]
) -> None:
    theirs = UUID(contact(outsider, "person0@example.com"))
    ask(owner, "POST", f"/u/{mailed[0]}", data=ONE_CLICK)
    assert status(outsider, theirs) == "active"


def test_a_stronger_no_stays(owner: Client, mailed: tuple[str, UUID, int]) -> None:
    link, contact_id, _ = mailed
    owner.patch(f"/contacts/{contact_id}/status", {"status": "complained"})
    ask(owner, "POST", f"/u/{link}", data=ONE_CLICK)
    assert noes(owner) == [("person0@example.com", "complained")]


@pytest.mark.parametrize("bad", ["x", "A" * 48, "%00", "ä", "A" * 5_000, "<script>"])
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_link_that_is_not_ours_changes_nothing(owner: Client, bad: str, method: str) -> None:
    page = ask(owner, method, f"/u/{bad}")
    assert page.status_code == 404
    assert "not complete" in page.text
    assert bad not in page.text or bad == "x"
    assert noes(owner) == []


def test_links_survive_a_new_master_key(
    owner: Client, runtime: Runtime, mailed: tuple[str, UUID, int]
) -> None:
    renewed = replace(runtime, vault=Vault(["another master key", "a master key for tests"]))
    owner.app.extensions["pressferry"] = renewed
    assert ask(owner, "POST", f"/u/{mailed[0]}").status_code == 200
    assert status(owner, mailed[1]) == "unsubscribed"


def test_every_other_method_is_refused(owner: Client, mailed: tuple[str, UUID, int]) -> None:
    for method in ("PUT", "DELETE", "PATCH"):
        assert ask(owner, method, f"/u/{mailed[0]}").status_code == 405
    assert noes(owner) == []


def test_the_start_page_says_what_runs_here(owner: Client) -> None:
    page = ask(owner, "GET", "/")
    assert page.status_code == 200
    assert "pressferry" in page.text
    assert __version__ in page.text
    for address in re.findall(r'<a href="([^"]+)"', page.text):
        assert ask(owner, "GET", f"/{address}").status_code == 200, address


@pytest.mark.parametrize("path", ["/", "/u/x", "/u/{token}"])
def test_pages_ask_nobody_else_and_run_nothing(
    owner: Client, mailed: tuple[str, UUID, int], path: str
) -> None:
    page = ask(owner, "GET", path.format(token=mailed[0]))
    assert "//" not in page.text
    assert "<script" not in page.text
    assert page.headers["Content-Security-Policy"].startswith("default-src 'none'; style-src")
    assert '<html lang="en">' in page.text
    assert page.text.count("<h1") == page.text.count("<main") == 1
    assert "prefers-color-scheme: dark" in page.text


def test_a_contact_is_not_shown_to_whoever_has_the_link(
    owner: Client, mailed: tuple[str, UUID, int]
) -> None:
    with running(owner).database.reading() as session:
        person = session.get(Contact, mailed[1])
    assert person is not None
    for method in ("GET", "POST"):
        assert person.email not in ask(owner, method, f"/u/{mailed[0]}").text
