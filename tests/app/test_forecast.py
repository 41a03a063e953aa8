"""A forecast before the launch, and whether the real engine does what it says."""

from collections import Counter
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, update

from app import ids
from app.campaigns import forecasting, launching
from app.campaigns.models import Campaign
from app.contacts.models import Contact
from app.db import Database
from app.rules.replies.meaning import Reply
from app.sending.engine.books import Books, Patience
from app.sending.ledger import Heard
from app.sending.models import Attempt, Delivery, Dispatch, Relay, Valve
from app.sending.senders.watch import Watch
from app.workspaces.models import Workspace
from tests.app.campaign_desk import change_relay, contact, draft, ready, relay
from tests.app.conftest import Client
from tests.app.test_campaign_rotation import pool
from tests.conftest import TurnableClock


def asked(client: Client, campaign: str, **values: Any) -> dict[str, Any]:
    answer = client.post(f"/campaigns/{campaign}/forecast", values)
    assert answer.status_code == 200, answer.json
    return dict(answer.json or {})


def carried(found: dict[str, Any]) -> dict[str, int]:
    return {one["name"]: one["mails"] for one in found["relays"]}


def test_how_many_and_who_is_left_out(owner: Client) -> None:
    campaign = ready(owner, people=3)
    gone = contact(owner, "gone@example.com")
    owner.patch(f"/contacts/{gone}/status", {"status": "unsubscribed"})
    found = asked(owner, campaign)
    assert (found["audience"], found["left_out"]) == (3, {"unsubscribed": 1})
    assert carried(found) == {"first": 3}
    assert found["finished_at"] == "2026-11-22T12:00:00Z"
    assert found["sentences"] == [
        "All 3 would be sent by 2026-11-22 12:00 UTC.",
        "'first' carries 3.",
    ]


def test_limits_and_what_if_a_relay_dies(owner: Client) -> None:
    campaign = ready(owner, people=5)
    first = (owner.get("/relays").json or {})["items"][0]["id"]
    change_relay(owner, "first", daily_limit=2)
    found = asked(owner, campaign)
    assert found["finished_at"] == "2026-11-24T00:00:00Z"
    assert found["relays"][0]["bound_by"] == ["daily"]
    dead = asked(owner, campaign, without=[first])
    assert (dead["finished_at"], dead["unsent"]) == (None, 5)
    relay(owner, "second", failover_priority=2)
    owner.patch("/workspace", {"failover_enabled": True})
    assert carried(asked(owner, campaign)) == {"first": 2, "second": 3}
    dead = asked(owner, campaign, without=[first])
    assert {name: n for name, n in carried(dead).items() if n} == {"second": 5}
    assert asked(owner, campaign, at="2026-12-01T10:00:00Z")["begins_at"] == "2026-12-01T10:00:00Z"


def test_turns_rules_and_time_zones(owner: Client) -> None:
    campaign = ready(owner, people=10)
    first = (owner.get("/relays").json or {})["items"][0]
    second = relay(owner, "second", failover_priority=2)
    shared = {"id": second}
    turning = draft(owner, **pool(first, shared))["id"]
    assert carried(asked(owner, turning)) == {"first": 5, "second": 5}
    rule = [[{"field": "to", "operator": "starts_with", "value": "person1"}]]
    owner.post("/routing/rules", {"name": "r", "relay_id": second, "groups": rule})
    found = asked(owner, campaign)
    assert (carried(found), found["sampled"]) == ({"first": 9, "second": 1}, False)
    tokyo = contact(owner, "tokyo@example.com", timezone="Asia/Tokyo")
    assert tokyo
    window = {"from": "09:00", "to": "10:00", "zone": "recipient"}
    owner.patch(f"/campaigns/{campaign}", {"sending_window": window})
    found = asked(owner, campaign)
    assert found["begins_at"] == "2026-11-23T00:00:00Z"
    assert found["finished_at"] == "2026-11-23T09:00:00Z"


def test_rules_about_the_words_are_asked(owner: Client) -> None:
    campaign = ready(owner, people=3, html="<p>Dear {{ contact.email }}</p>")
    second = relay(owner, "second", failover_priority=2)
    for field in ("message", "subject"):
        rule = [[{"field": field, "operator": "contains", "value": "person1@"}]]
        owner.post("/routing/rules", {"name": field, "relay_id": second, "groups": rule})
    assert carried(asked(owner, campaign)) == {"first": 2, "second": 1}


def test_a_canary_is_waited_for(owner: Client) -> None:
    campaign = ready(owner, people=8, canary={"count": 2, "wait_minutes": 45})
    found = asked(owner, campaign)
    assert (found["begins_at"], found["finished_at"]) == (
        "2026-11-22T12:00:00Z",
        "2026-11-22T12:45:00Z",
    )
    assert carried(found) == {"first": 8}


def test_what_waits_already_goes_first(owner: Client) -> None:
    campaign = ready(owner, people=4)
    change_relay(owner, "first", daily_limit=5)
    owner.post(f"/campaigns/{campaign}/launch", {})
    other = str(draft(owner)["id"])
    found = asked(owner, other)
    assert (found["waiting_before"], found["finished_at"]) == (4, "2026-11-23T00:00:00Z")


def test_what_cannot_be_asked(owner: Client, outsider: Client, viewer: Client) -> None:
    campaign = ready(owner)
    path = f"/campaigns/{campaign}/forecast"
    assert outsider.post(path, {}).status_code == 404
    assert viewer.post(path, {}).status_code == 200
    assert owner.post(path, {"without": [str(uuid4())]}).status_code == 422
    empty = owner.post("/campaigns", {"name": "x"}).json or {}
    assert owner.post(f"/campaigns/{empty['id']}/forecast", {}).status_code == 422
    owner.post(f"/campaigns/{campaign}/launch", {})
    assert owner.post(path, {}).status_code == 409


@dataclass
class Sea:
    """A workspace of its own for each example, with relays, people and one campaign."""

    database: Database
    clock: TurnableClock
    workspace_id: UUID
    campaign_id: UUID


def made(
    database: Database, owner: Client, limits: list[dict[str, Any]], people: int, **more: Any
) -> Sea:
    clock = TurnableClock()
    now = clock()
    mine: dict[str, Any] = {"workspace_id": owner.workspace_id, "created_at": now}
    with database.transaction() as session:
        for table in (Attempt, Delivery, Campaign, Dispatch, Relay, Contact, Valve):
            session.execute(delete(table))
        failover = update(Workspace).values(failover_enabled=more.pop("failover"))
        session.execute(failover)
        for number, one in enumerate(limits):
            session.add(
                Relay(
                    id=ids.new_id(),
                    name=f"r{number}",
                    host="127.0.0.1",
                    port=25,
                    encryption="none",
                    from_email=f"r{number}@example.com",
                    failover_priority=number + 1,
                    mail_type="none" if number else "all",
                    updated_at=now,
                    **one,
                    **mine,
                )
            )
        session.add_all(
            Contact(email=f"p{n}@x.example", address=f"p{n}@x.example", updated_at=now, **mine)
            for n in range(people)
        )
        campaign = Campaign(
            name="n",
            subject="s",
            html="<p>h</p>",
            created_by=owner.user_id,
            updated_at=now,
            audience={"all": True},
            **more,
            **mine,
        )
        session.add(campaign)
        session.flush()
        return Sea(database, clock, owner.workspace_id, campaign.id)


def forecast(sea: Sea) -> forecasting.Forecast:
    with sea.database.reading() as session:
        return forecasting.forecast(session, sea.workspace_id, sea.campaign_id, now=sea.clock())


def sent(sea: Sea, until: datetime, folder: Path) -> tuple[Counter[str], datetime | None]:
    """Launches, and lets the real plan, begin and finish work every hour: relay -> mails, and
    when the last one was taken.
    """
    with sea.database.transaction() as session:
        campaign = session.get_one(Campaign, sea.campaign_id)
        launching.dispatch(session, campaign, sea.clock())
    (own := folder / sea.campaign_id.hex).mkdir()
    watch = Watch(sea.database, own, sea.clock)
    assert watch.may_send()
    books = Books(sea.database, ids.new_id(), Patience(), sea.clock, watch)
    taken: Counter[str] = Counter()
    last: datetime | None = None
    while sea.clock() <= until:
        while planned := books.plan(lambda _: 1000).planned:
            begun = books.begin(planned)
            taken.update(one.relay.name for one in planned if one.claimed.id in begun)
            books.finish([Heard(one, Reply("final_dot", 250, "ok")) for one in begun.values()])
            last = sea.clock() if begun else last
            if not begun:
                break
        sea.clock.turn(hours=1)
    return taken, last


limit = st.one_of(st.none(), st.integers(1, 12))
relays_limits = st.lists(
    st.fixed_dictionaries(
        {"hourly_limit": limit, "daily_limit": limit, "rolling_day": st.booleans()}
    ),
    min_size=1,
    max_size=3,
)
windows = st.sampled_from(
    [
        None,
        {"days": ["sun", "mon", "wed"], "from": "10:00", "to": "14:00", "zone": "workspace"},
        {"days": ["mon"], "from": "22:00", "to": "03:00", "zone": "workspace"},
    ]
)


@settings(
    max_examples=8,
    phases=[Phase.generate],
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=list(HealthCheck),
)
@given(
    limits=relays_limits,
    people=st.integers(1, 40),
    failover=st.booleans(),
    window=windows,
)
def test_the_engine_does_what_was_forecast(
    database: Database,
    owner: Client,
    limits: list[dict[str, Any]],
    people: int,
    failover: bool,
    window: dict[str, Any] | None,
    tmp_path: Path,
) -> None:
    sea = made(database, owner, limits, people, failover=failover, sending_window=window)
    told = forecast(sea)
    until = min(told.finished_at or sea.clock(), sea.clock() + timedelta(days=4))
    if told.finished_at is None or told.finished_at > until:
        return
    taken, last = sent(sea, until, tmp_path)
    assert taken == {one.name: one.mails for one in told.relays if one.mails}
    assert last == told.finished_at
