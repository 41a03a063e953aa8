"""A relay is to be removed: campaigns that are pinned to it follow its successor, or stop it."""

from uuid import UUID

from sqlalchemy import Text, cast, select
from sqlalchemy.orm import Session

from app.campaigns import rotation, sender
from app.campaigns.models import Campaign
from app.errors import Conflict
from app.sending.relays import removal

#: In these a campaign counts on its relay; a draft is told at its launch that it is gone.
_COUNTING = ("scheduled", "sending", "paused")


def remove_relay(
    session: Session, workspace_id: UUID, relay_id: UUID, *, reassign_to: UUID | None = None
) -> None:
    """Removes a relay. Raises Conflict when something counts on it and nobody takes over."""
    heir = removal.successor(session, workspace_id, relay_id, reassign_to)
    pinned = session.scalars(
        select(Campaign)
        .where(
            Campaign.workspace_id == workspace_id,
            (Campaign.relay_id == relay_id) | cast(Campaign.pool, Text).contains(str(relay_id)),
            Campaign.status.in_(("draft", *_COUNTING)),
        )
        .order_by(Campaign.id)
        .with_for_update()
    ).all()
    counting = [campaign for campaign in pinned if campaign.status in _COUNTING]
    if heir is None and counting:
        names = ", ".join(f"'{campaign.name}'" for campaign in counting[:3])
        raise Conflict(
            f"Campaigns count on this relay ({names}): cancel or repin them, or say with "
            "?reassign_to= which relay takes over."
        )
    if heir is not None and any(campaign.pool for campaign in pinned):
        rotation.require_fit(heir)
    removal.remove(session, workspace_id, relay_id, reassign_to=reassign_to)
    for campaign in pinned if heir else ():
        if heir is not None and campaign.pool:
            rotation.inherit(campaign, relay_id, heir.id)
            continue
        campaign.relay_id = reassign_to
        sender.follow_pin(session, campaign)
        if campaign.dispatch_id is not None:
            sender.redirect(session, campaign)
    session.flush()
