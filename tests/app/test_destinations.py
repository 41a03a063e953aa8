"""Destinations over the API: who complained, what is held back, and lifting it."""

from sqlalchemy import select

from app.rules.replies.reply import BLOCKED, SLOWED
from app.sending.destinations import complaints
from app.sending.models import Relay
from tests.app.conftest import Client
from tests.app.test_relays import made
from tests.conftest import TurnableClock


def complain(owner: Client, address: str, verdict: object = SLOWED) -> None:
    runtime = owner.app.extensions["pressferry"]
    with runtime.database.transaction() as session:
        relay = session.scalars(select(Relay).with_for_update()).one()
        complaints.complained(
            session,
            relay,
            address,
            verdict,  # type: ignore[arg-type]
            "rcpt_to: 451 too much",
            runtime.now(),
        )


def test_who_complained_is_listed_until_it_is_free(
    owner: Client, outsider: Client, clock: TurnableClock
) -> None:
    relay = made(owner)
    path = f"/relays/{relay['id']}/destinations"
    assert (owner.get(path).json or {})["items"] == []
    complain(owner, "ann@yahoo.co.uk")
    clock.turn(seconds=1)
    complain(owner, "bea@example.com", BLOCKED)
    complain(owner, "cat@example.com", BLOCKED)
    example, yahoo = (owner.get(path).json or {})["items"]
    assert (example["destination"], example["domains"]) == ("example.com", ["example.com"])
    assert (example["state"], example["complaints"]) == ("paused", 2)
    assert example["paused_until"] == "2026-11-22T13:00:01Z"
    assert (yahoo["destination"], yahoo["paused_until"]) == ("yahoo.com", "2026-11-22T12:01:00Z")
    assert yahoo["why"] == "rcpt_to: 451 too much"
    clock.turn(minutes=2)
    yahoo = (owner.get(path).json or {})["items"][1]
    assert (yahoo["state"], yahoo["paused_until"]) == ("slowed", None)
    assert yahoo["next_step"]["rate"] > yahoo["rate"]
    assert outsider.get(path).status_code == 404
    assert outsider.delete(f"{path}/yahoo.com").status_code == 404
    assert owner.delete(f"{path}/example.com").status_code == 204
    assert owner.delete(f"{path}/example.com").status_code == 404
    assert owner.delete(f"{path}/%00").status_code == 404
    clock.turn(hours=1)
    (yahoo,) = (owner.get(path).json or {})["items"]
    assert (yahoo["state"], yahoo["rate"], yahoo["next_step"]) == ("free", None, None)
