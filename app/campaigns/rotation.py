"""One campaign over several relays: its pool, checked, and the turns that follow from it."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from app.campaigns.models import Campaign
from app.errors import Invalid
from app.rules.routing import rotation
from app.sending.models import Relay
from app.sending.relays import settings

PINNED, ROTATE = STRATEGIES = ("pinned", "rotate")


def choose(session: Session, campaign: Campaign, values: Mapping[str, Any]) -> None:
    """Takes over ``send_strategy`` and ``pool``. Raises Invalid where they do not fit."""
    if values.get("send_strategy") == PINNED and "pool" not in values:
        campaign.pool = []
    campaign.send_strategy = values.get("send_strategy", campaign.send_strategy)
    if "pool" in values:
        campaign.pool = [
            {"relay_id": str(one["relay_id"]), "weight": one["weight"]} for one in values["pool"]
        ]
    check(session, campaign)


def check(session: Session, campaign: Campaign) -> None:
    """Raises Invalid when strategy, pool and pin contradict, or a member cannot carry mail."""
    if campaign.send_strategy == PINNED:
        if campaign.pool:
            raise Invalid.at("pool", "A pool is for send_strategy 'rotate': say that, or leave it.")
        return
    if campaign.relay_id is not None:
        raise Invalid.at(
            "relay_id",
            "A campaign that rotates has no pin: set it to null, or send_strategy to 'pinned'.",
        )
    ids = [member for member, _ in members(campaign)]
    if len(set(ids)) != len(ids):
        raise Invalid.at("pool", "The same relay is in it twice: give it one weight.")
    if not 2 <= len(ids) <= rotation.MOST_MEMBERS:
        raise Invalid.at("pool", f"Rotation needs 2 to {rotation.MOST_MEMBERS} relays.")
    relays = [settings.find(session, campaign.workspace_id, member) for member in ids]
    for relay in relays:
        require_fit(relay)
    if len({relay.stream for relay in relays if relay is not None}) > 1:
        raise Invalid.at("pool", "Its relays are of several streams: choose those of one.")


def require_fit(relay: Relay | None) -> None:
    """Raises Invalid when the relay cannot have a share of a campaign."""
    if relay is None:
        raise Invalid.at("pool", "One of its relays does not exist (any more): choose others.")
    if not relay.enabled:
        raise Invalid.at(
            "pool", f"The relay '{relay.name}' is disabled: enable it, or leave it out."
        )
    if relay.exclude_from_failover and not relay.is_default:
        raise Invalid.at(
            "pool",
            f"The relay '{relay.name}' is excluded from failover, so it is used only where it is "
            "pinned or the default: include it, or leave it out.",
        )


def members(campaign: Campaign) -> list[tuple[UUID, int]]:
    """The relays of the pool with their weights; none when the campaign does not rotate."""
    return [(UUID(one["relay_id"]), one["weight"]) for one in campaign.pool]


def turns(campaign: Campaign) -> Sequence[UUID]:
    """Whose turn it is, delivery after delivery; empty when the campaign does not rotate."""
    return rotation.turns(members(campaign))


def inherit(campaign: Campaign, relay: UUID, heir: UUID) -> None:
    """The heir takes the turns of a relay that leaves, beside those that it has."""
    shares: dict[UUID, int] = {}
    for member, weight in members(campaign):
        taker = heir if member == relay else member
        shares[taker] = min(shares.get(taker, 0) + weight, rotation.MOST_WEIGHT)
    campaign.pool = [{"relay_id": str(one), "weight": weight} for one, weight in shares.items()]
