"""Campaigns on the desk: drafts, the pin and what it brings, copies, mistakes."""

from typing import Any

import pytest

from tests.app.campaign_desk import balance, change_relay, draft, ready, relay, seen
from tests.app.conftest import Client, on_sqlite

SENDER = ("from_email", "from_name", "reply_to_email", "reply_to_name")


def sender(campaign: dict[str, Any]) -> tuple[str, ...]:
    return tuple(campaign[name] for name in SENDER)


FIRST = ("first@example.com", "The first", "reply-first@example.com", "")
SECOND = ("second@example.com", "The second", "reply-second@example.com", "")
NOBODY = ("", "", "", "")


def test_a_draft_is_made_and_read_back(owner: Client) -> None:
    made = draft(owner, preheader="Soon", text="Hello", name="  News  ")
    assert made == seen(owner, made["id"])
    assert made["name"] == "News"
    assert (made["status"], made["status_reason"]) == ("draft", "")
    assert made["relay_id"] is made["send_at"] is made["launched_at"] is None
    assert sender(made) == NOBODY
    assert made["audience"] == {"all": True}
    assert balance(owner, made["id"]) == (0, {})
    assert (owner.get(f"/campaigns/{made['id']}/deliveries").json or {})["total"] == 0


def test_only_a_name_is_needed(owner: Client) -> None:
    made = owner.post("/campaigns", {"name": "Later"})
    assert made.status_code == 201
    assert (made.json or {})["audience"] == {}
    missing = owner.post("/campaigns", {"subject": "No name"})
    assert missing.status_code == 422
    assert (missing.json or {})["errors"][0]["where"] == "name"


def test_what_is_given_changes_and_the_rest_stays(owner: Client, clock: Any) -> None:
    made = draft(owner)
    clock.turn(minutes=1)
    changed = owner.patch(f"/campaigns/{made['id']}", {"subject": "Other"}).json or {}
    assert changed == {**made, "subject": "Other", "updated_at": changed["updated_at"]}
    assert changed["updated_at"] > made["updated_at"]


def test_the_pin_brings_the_sender(owner: Client) -> None:
    first, second = relay(owner, "first"), relay(owner, "second")
    made = draft(owner, relay_id=first)
    assert sender(made) == FIRST
    assert made["overridden"] == []
    changed = owner.patch(f"/campaigns/{made['id']}", {"relay_id": second}).json or {}
    assert sender(changed) == SECOND
    unpinned = owner.patch(f"/campaigns/{made['id']}", {"relay_id": None}).json or {}
    assert sender(unpinned) == NOBODY


def test_what_was_set_by_hand_outlives_the_pin(owner: Client) -> None:
    first, second = relay(owner, "first"), relay(owner, "second")
    made = draft(owner, relay_id=first, from_name="Ada", from_email="Ada@Bücher.example")
    assert sender(made) == ("Ada@Bücher.example", "Ada", *FIRST[2:])
    assert made["overridden"] == ["from_email", "from_name"]
    path = f"/campaigns/{made['id']}"
    changed = owner.patch(path, {"relay_id": second}).json or {}
    assert sender(changed) == ("Ada@Bücher.example", "Ada", *SECOND[2:])
    back = owner.patch(path, {"from_email": None, "from_name": ""}).json or {}
    assert sender(back) == SECOND
    assert back["overridden"] == []
    unpinned = owner.patch(path, {"relay_id": None, "reply_to_email": "help@example.com"})
    assert sender(unpinned.json or {}) == ("", "", "help@example.com", "")


@pytest.mark.parametrize("enabled", [True, False])
def test_the_pin_must_be_usable(owner: Client, outsider: Client, enabled: bool) -> None:
    wrong = relay(outsider) if enabled else relay(owner, enabled=False)
    answer = owner.post("/campaigns", {"name": "x", "relay_id": wrong})
    assert answer.status_code == 422
    assert (answer.json or {})["errors"][0]["where"] == "relay_id"
    made = draft(owner)
    assert owner.patch(f"/campaigns/{made['id']}", {"relay_id": wrong}).status_code == 422
    assert seen(owner, made["id"])["relay_id"] is None


@pytest.mark.parametrize(
    ("part", "source", "line", "column"),
    [
        ("subject", "Hi {{ contact.first name }}", 1, 21),
        ("preheader", "{{ contact.first_name | shout }}", 1, 25),
        ("html", "<p>\n  {% if contact.x %}\n</p>", 2, 3),
        ("text", "one\ntwo\n{{ contact.first_name", 3, 1),
        ("html", "{% include 'secret' %}", 1, 4),
    ],
)
def test_a_template_error_is_named_with_line_and_column(
    owner: Client, part: str, source: str, line: int, column: int
) -> None:
    made = draft(owner)
    for answer in (
        owner.post("/campaigns", {"name": "x", part: source}),
        owner.patch(f"/campaigns/{made['id']}", {part: source}),
    ):
        assert answer.status_code == 422
        [mistake] = (answer.json or {})["errors"]
        assert mistake["where"] == part
        assert mistake["detail"].startswith(f"line {line}, column {column}: ")
        assert part in (answer.json or {})["detail"]
    assert seen(owner, made["id"])[part] == made[part]


@on_sqlite
@pytest.mark.parametrize(
    "body",
    [
        {"name": ""},
        {"name": "x" * 256},
        {"subject": "x" * 901},
        {"subject": "Hi\r\nBcc: evil@example.com"},
        {"from_name": "Ada\nBcc: evil@example.com"},
        {"reply_to_name": "Ada\x00"},
        {"from_email": "no address"},
        {"from_email": "a@example.com\r\nBcc: b@example.com"},
        {"html": "x" * 500_001},
        {"html": "\x00"},
        {"html": "\ud800"},
        {"html": None},
        {"relay_id": "x"},
        {"audience": None},
        {"audience": {"all": "yes"}},
        {"audience": {"everybody": True}},
        {"audience": {"include": {"segments": []}}},
        {"status": "sent"},
        {"unknown": 1},
    ],
)
def test_bad_input_is_refused(owner: Client, body: dict[str, Any]) -> None:
    made = draft(owner)
    assert owner.post("/campaigns", {"name": "x", **body}).status_code == 422
    assert owner.patch(f"/campaigns/{made['id']}", body).status_code == 422
    assert seen(owner, made["id"]) == made


def test_campaigns_are_listed_by_status(owner: Client, outsider: Client) -> None:
    launched = ready(owner)
    assert owner.post(f"/campaigns/{launched}/launch").status_code == 202
    made = [draft(owner, name=name)["id"] for name in ("a", "b")]
    draft(outsider)
    found = owner.get("/campaigns").json or {}
    assert [one["id"] for one in found["items"]] == [launched, *made]
    assert found["total"] == 3
    assert "html" not in found["items"][0]
    drafts = owner.get("/campaigns", query_string={"status": "draft", "per_page": 1}).json or {}
    assert ([one["id"] for one in drafts["items"]], drafts["total"]) == (made[:1], 2)
    assert owner.get("/campaigns", query_string={"status": "x"}).status_code == 422


def test_a_copy_is_a_new_draft(owner: Client) -> None:
    campaign = ready(owner, from_name="Ada", preheader="p")
    owner.post(f"/campaigns/{campaign}/launch")
    copy = owner.post(f"/campaigns/{campaign}/duplicate").json or {}
    old = seen(owner, campaign)
    same = ("subject", "preheader", "html", "text", "audience", "from_name", "overridden")
    assert all(copy[name] == old[name] for name in same)
    assert (copy["name"], copy["status"], copy["launched_at"]) == ("News (copy)", "draft", None)
    named = owner.post(f"/campaigns/{campaign}/duplicate", {"name": "Again"}).json or {}
    assert named["name"] == "Again"


def test_a_campaign_on_its_way_is_not_deleted(owner: Client) -> None:
    campaign = ready(owner)
    path = f"/campaigns/{campaign}"
    owner.post(f"{path}/launch")
    refused = owner.delete(path)
    assert refused.status_code == 409
    assert "cancel it first" in (refused.json or {})["detail"]
    owner.post(f"{path}/cancel")
    assert owner.delete(path).status_code == 204
    assert owner.get(path).status_code == 404


def test_the_preview_is_for_one_contact(owner: Client, outsider: Client) -> None:
    made = draft(owner, html="<p>{{ contact.first_name || 'you' }}</p>", preheader="Soon")
    path = f"/campaigns/{made['id']}/preview"
    stranger = owner.post(path).json or {}
    assert stranger["subject"] == "Hi"
    assert "<p>you</p>" in stranger["html"]
    ada = owner.post("/contacts", {"email": "ada@example.com", "first_name": "Ada <b>"}).json or {}
    for body in ({}, {"contact_id": ada["id"]}):
        shown = owner.post(path, body).json or {}
        assert shown["subject"] == "Hi Ada <b>"
        assert "<p>Ada &lt;b&gt;</p>" in shown["html"]
        assert shown["text"].startswith("Ada <b>")
        assert "unsubscribe.invalid" in shown["html"]
        assert "/u/" not in shown["html"] + shown["text"]
    theirs = outsider.post("/contacts", {"email": "eve@example.com"}).json or {}
    assert owner.post(path, {"contact_id": theirs["id"]}).status_code == 404


def test_a_contact_that_breaks_the_preview_is_named(owner: Client) -> None:
    owner.post("/fields", {"key": "share", "label": "Share"})
    source = "{% if contact.fields.share %}{{ 1 | divided_by: contact.fields.share }}{% endif %}"
    made = draft(owner, html=source)
    owner.post("/contacts", {"email": "ada@example.com", "fields": {"share": "0"}})
    answer = owner.post(f"/campaigns/{made['id']}/preview")
    assert answer.status_code == 422
    assert "divide by 0" in (answer.json or {})["detail"]


def test_launch_follows_what_the_pin_says_today(owner: Client) -> None:
    pin = relay(owner, "second")
    campaign = ready(owner, relay_id=pin, from_name="Ada")
    change_relay(owner, "second", from_email="new@example.com", from_name="New")
    owner.post(f"/campaigns/{campaign}/launch")
    assert sender(seen(owner, campaign)) == ("new@example.com", "Ada", SECOND[2], "")
