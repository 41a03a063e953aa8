"""Rules about replies over the API: kept, asked in their order, and explained."""

from typing import Any
from uuid import UUID

import pytest

from app.sending.replies import unknown as unknown_replies
from app.sending.replies.unknown import MOST, Unheard
from tests.app.conftest import Client, on_sqlite
from tests.app.test_relay_duties import refused
from tests.app.test_relays import made
from tests.conftest import TurnableClock

SUNDAY: dict[str, Any] = {"name": "Sundays", "text": "not on * sundays", "outcome": "deferred"}


def ruled(owner: Client, **values: Any) -> dict[str, Any]:
    answer = owner.post("/replies/rules", {**SUNDAY, **values})
    assert answer.status_code == 201, answer.json
    return dict(answer.json or {})


def explained(owner: Client, text: str, **values: Any) -> dict[str, Any]:
    body = {"phase": "rcpt_to", "code": 550, "text": text, **values}
    answer = owner.post("/replies/explain", body)
    assert answer.status_code == 200, answer.json
    return dict(answer.json or {})


def heard(owner: Client, relay: dict[str, Any], *texts: str) -> None:
    runtime = owner.app.extensions["pressferry"]
    counts = {
        Unheard(owner.workspace_id, UUID(relay["id"]), "rcpt_to", 550, text): texts.count(text)
        for text in texts
    }
    with runtime.database.transaction() as session:
        unknown_replies.keep(session, counts, runtime.now())


def unknown(owner: Client) -> list[dict[str, Any]]:
    return list((owner.get("/replies/unknown").json or {})["items"])


def test_rules_are_kept_in_their_order(owner: Client, outsider: Client) -> None:
    first, second = ruled(owner), ruled(owner, name="Second", code="45x", phase="data")
    assert (first["position"], second["position"]) == (1, 2)
    path = f"/replies/rules/{first['id']}"
    assert owner.get(path).json == first
    changed = owner.patch(path, {"position": None, "outcome": "bounced", "suppress": True}).json
    assert (changed or {})["suppress"] is True
    assert [one["name"] for one in (owner.get("/replies/rules").json or {})["items"]] == [
        "Second",
        "Sundays",
    ]
    assert outsider.get(path).status_code == 404
    assert outsider.delete(path).status_code == 404
    assert owner.delete(path).status_code == 204
    assert (owner.get("/replies/rules").json or {})["total"] == 1


@on_sqlite
@pytest.mark.parametrize(
    ("values", "where"),
    [
        ({"outcome": "accepted"}, "outcome"),
        ({"outcome": "unknown"}, "outcome"),
        ({"code": "250"}, "code"),
        ({"phase": "final_dot", "code": "2xx"}, "code"),
        ({"enhanced": "2.1.5"}, "enhanced"),
        ({"text": ""}, "text"),
        ({"text": "*"}, "text"),
        ({"phase": "auth", "outcome": "bounced"}, "outcome"),
        ({"outcome": "refused", "suppress": True}, "suppress"),
        ({"preset": "pigeon"}, "preset"),
        ({"relay_id": "0190a0a0-0000-7000-8000-000000000000"}, "relay_id"),
    ],
)
def test_rules_that_cannot_be_are_refused(owner: Client, values: Any, where: str) -> None:
    assert refused(owner.post("/replies/rules", {**SUNDAY, **values})) == where
    rule = ruled(owner)
    assert refused(owner.patch(f"/replies/rules/{rule['id']}", values)) == where


def test_a_rule_of_one_relay_leaves_with_it(owner: Client, outsider: Client) -> None:
    relay, other = made(owner), made(owner, name="Two")
    strange = {**SUNDAY, "relay_id": made(outsider)["id"]}
    assert refused(owner.post("/replies/rules", strange)) == "relay_id"
    both = {**SUNDAY, "relay_id": other["id"], "preset": "gmail"}
    assert refused(owner.post("/replies/rules", both)) == "relay_id"
    ruled(owner, relay_id=other["id"])
    heard(owner, other, "what is this")
    text = "not on all sundays"
    assert explained(owner, text, relay_id=other["id"])["outcome"] == "deferred"
    assert explained(owner, text, relay_id=relay["id"])["outcome"] == "bounced"
    assert owner.delete(f"/relays/{other['id']}").status_code == 204
    assert (owner.get("/replies/rules").json or {})["items"] == []
    assert unknown(owner) == []


def test_the_dry_run_names_the_rules(owner: Client) -> None:
    text = "5.1.1 user unknown, not on rainy sundays"
    before = explained(owner, text)
    assert (before["outcome"], before["about"], before["suppress"]) == (
        "bounced",
        "recipient",
        True,
    )
    assert [one["source"] for one in before["rules"]] == ["everywhere", "rest"]
    rule = ruled(owner)
    after = explained(owner, text)
    assert after["outcome"] == "deferred"
    assert after["rules"][0] == {
        "name": "Sundays",
        "source": "own",
        "id": rule["id"],
        "outcome": "deferred",
        "about": "recipient",
    }
    assert after["rules"][1:] == before["rules"]
    owner.patch(f"/replies/rules/{rule['id']}", {"enabled": False})
    assert explained(owner, text) == before


def test_the_dry_run_knows_services(owner: Client) -> None:
    gmail = made(owner, name="G", preset="gmail", host="smtp.gmail.com")
    custom = made(owner, name="C", host="smtp.gmail.com", port=587)
    said = {"phase": "final_dot", "code": 421, "text": "4.7.28 unusual rate"}
    assert explained(owner, **said)["outcome"] == "blocked"
    for relay in (gmail, custom):
        found = explained(owner, **said, relay_id=relay["id"])
        assert (found["outcome"], found["rules"][0]["source"]) == ("throttled", "service")
    ruled(owner, text="unusual", preset="gmail", outcome="refused")
    assert explained(owner, **said, relay_id=gmail["id"])["outcome"] == "refused"
    assert explained(owner, **said, relay_id=custom["id"])["outcome"] == "throttled"


@on_sqlite
@pytest.mark.parametrize(
    ("code", "phase", "outcome", "known"),
    [
        (None, "final_dot", "unknown", True),
        (None, "rcpt_to", "refused", True),
        (250, "final_dot", "accepted", True),
        (599, "rcpt_to", "bounced", False),
    ],
)
def test_success_and_silence_are_explained(
    owner: Client, code: int | None, phase: str, outcome: str, known: bool
) -> None:
    found = explained(owner, "whatever", code=code, phase=phase)
    assert (found["outcome"], found["known"]) == (outcome, known)


def test_unknown_words_are_listed_until_a_rule_knows_them(
    owner: Client, outsider: Client, clock: TurnableClock
) -> None:
    relay = made(owner)
    heard(owner, relay, "closed on rainy sundays 12345678", "what is this")
    clock.turn(hours=1)
    heard(owner, relay, "closed on rainy sundays 87654321", "closed on rainy sundays 11111111")
    first = unknown(owner)[0]
    assert (first["count"], first["kind"]) == (3, "closed on rainy sundays #")
    assert first["example"] == "closed on rainy sundays 12345678"
    assert first["first_seen"] < first["last_seen"]
    assert unknown(outsider) == []
    ruled(outsider, text="rainy sundays")
    assert len(unknown(owner)) == 2
    ruled(owner, text="rainy sundays")
    left = unknown(owner)
    assert [one["example"] for one in left] == ["what is this"]
    assert outsider.delete(f"/replies/unknown/{left[0]['id']}").status_code == 404
    assert owner.delete(f"/replies/unknown/{left[0]['id']}").status_code == 204
    assert unknown(owner) == []


def test_what_was_not_heard_for_longest_is_forgotten(owner: Client, clock: TurnableClock) -> None:
    relay = made(owner)
    letters = [chr(ord("a") + one) for one in range(26)]
    words = [f"{a}{b}{c} no" for a in letters for b in letters[:20] for c in letters[:2]]
    heard(owner, relay, "the oldest")
    clock.turn(minutes=1)
    heard(owner, relay, *words[:MOST])
    listed = owner.get("/replies/unknown?per_page=1").json or {}
    assert listed["total"] == MOST
    assert "the oldest" not in {one["example"] for one in unknown(owner)}


@on_sqlite
def test_a_quota_is_no_halved_rate(owner: Client) -> None:
    told = explained(owner, "5.4.5 Daily user sending limit exceeded", phase="final_dot")
    assert (told["quota"], told["outcome"]) == (True, "throttled")
    assert told["then"] == (
        "The relay rests until its quota is new; with failover the next relay is asked."
    )
