"""A relay that is not believed, over the API; a campaign that was undone goes on."""

from sqlalchemy import select, update

from app.campaigns import lifecycle
from app.campaigns.models import Campaign
from app.sending.models import Dispatch, Relay
from tests.app.campaign_desk import contact, draft
from tests.app.conftest import Client
from tests.app.test_relays import made, seen
from tests.conftest import TurnableClock


def test_closing_the_breaker_by_hand_ends_the_doubt(owner: Client, clock: TurnableClock) -> None:
    relay = made(owner)
    assert relay["distrusted_since"] is None
    with owner.app.extensions["pressferry"].database.transaction() as session:
        session.execute(update(Relay).values(distrusted_since=clock(), refusals=[[1, 2.5]]))
    assert seen(owner, relay)["distrusted_since"] == "2026-11-22T12:00:00Z"
    owner.post(f"/relays/{relay['id']}/breaker", {"state": "open"})
    assert seen(owner, relay)["distrusted_since"] is not None
    closed = owner.post(f"/relays/{relay['id']}/breaker", {"state": "closed"}).json or {}
    assert closed["distrusted_since"] is None


def test_a_campaign_whose_bounces_were_undone_goes_on(owner: Client, clock: TurnableClock) -> None:
    made(owner)
    contact(owner, "ann@example.com")
    campaign = draft(owner)
    path = f"/campaigns/{campaign['id']}"
    assert owner.post(f"{path}/launch").status_code == 202
    runtime = owner.app.extensions["pressferry"]
    for finished, status in ((clock(), "sent"), (None, "sending")):
        with runtime.database.transaction() as session:
            session.execute(update(Dispatch).values(finished_at=finished))
        lifecycle.finish_done(runtime)
        assert (owner.get(path).json or {})["status"] == status
    with runtime.database.reading() as session:
        assert session.scalars(select(Campaign.completed_at)).one() is None
