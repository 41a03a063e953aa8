"""Through which relay a campaign goes, and in whose name."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import update
from sqlalchemy.orm import Session

from app.campaigns import rotation
from app.campaigns.models import Campaign
from app.errors import Invalid
from app.rules.routing.pinning import SENDER_FIELDS, sender_fields
from app.sending import ledger
from app.sending.models import Dispatch, Relay
from app.sending.relays import settings
from app.sending.routing.draft import Draft, draft
from app.workspaces.models import Workspace


def choose(session: Session, campaign: Campaign, values: Mapping[str, Any]) -> None:
    """Pins, unpins or rotates, and sets sender fields: those set by hand outlive another pin."""
    if "relay_id" in values:
        campaign.relay_id = values["relay_id"]
    rotation.choose(session, campaign, values)
    pin = None
    if campaign.relay_id is not None:
        pin = usable(session, campaign.workspace_id, campaign.relay_id)
    by_hand = {name: values[name] for name in SENDER_FIELDS if name in values}
    _fill(campaign, by_hand, pin)


def follow_pin(session: Session, campaign: Campaign) -> None:
    """Takes over what the pinned relay says today, where nothing was set by hand.

    Raises Invalid when the pin, or a relay of the pool, cannot be used (any more).
    """
    rotation.check(session, campaign)
    if campaign.relay_id is not None:
        _fill(campaign, {}, usable(session, campaign.workspace_id, campaign.relay_id))


def mail_of(session: Session, campaign: Campaign) -> Draft:
    """The campaign as routing sees it; one that rotates is asked for the first of its pool."""
    first = next((relay_id for relay_id, _ in rotation.members(campaign)), None)
    return draft(
        session.get_one(Workspace, campaign.workspace_id),
        pin=campaign.relay_id or first,
        mail_type=campaign.mail_type,
        stream=campaign.stream,
        user_id=campaign.created_by,
        from_email=campaign.from_email,
        from_name=campaign.from_name,
        reply_to_email=campaign.reply_to_email,
        label=campaign.name,
    )


def usable(session: Session, workspace_id: UUID, relay_id: UUID) -> Relay:
    """The relay to be pinned. Raises Invalid when it is not of this workspace or is disabled."""
    relay = settings.find(session, workspace_id, relay_id)
    if relay is None:
        raise _unusable("There is no such relay (any more): choose another one.")
    if not relay.enabled:
        raise _unusable(f"The relay '{relay.name}' is disabled: enable it, or choose another one.")
    return relay


def redirect(session: Session, campaign: Campaign) -> None:
    """What is still to be sent of a paused campaign goes through the relay chosen now."""
    session.execute(
        update(Dispatch)
        .where(Dispatch.id == campaign.dispatch_id)
        .values(
            relay_id=campaign.relay_id,
            pool=[one["relay_id"] for one in campaign.pool],
            **values_of(campaign),
        )
        .execution_options(synchronize_session=False)
    )
    if campaign.dispatch_id is not None:
        ledger.redirect(session, campaign.dispatch_id, rotation.turns(campaign))


def values_of(thing: Campaign | Relay) -> dict[str, str]:
    """The sender fields of a campaign or a relay."""
    return {name: getattr(thing, name) for name in SENDER_FIELDS}


def _fill(campaign: Campaign, by_hand: Mapping[str, str | None], pin: Relay | None) -> None:
    values, overridden = sender_fields(
        values_of(campaign), campaign.overridden, by_hand, values_of(pin) if pin else None
    )
    for name, value in values.items():
        setattr(campaign, name, value)
    campaign.overridden = overridden


def _unusable(sentence: str) -> Invalid:
    return Invalid.at("relay_id", sentence)
