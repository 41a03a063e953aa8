"""What alerts are about, by the names under which people can look it up."""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.alerts.models import Alert
from app.campaigns.models import Campaign

#: Raised by what knows a launch only as a dispatch, of which nobody outside ever hears.
_OF_LAUNCHES = ("guard_tripped", "sender_refused", "unknown_deliveries")


def names(session: Session, alerts: Sequence[Alert]) -> Mapping[str, str]:
    """What each alert is about -> what is said of it: a launch by its campaign."""
    said = {alert.about: alert.about for alert in alerts}
    launches: set[UUID] = set()
    for alert in alerts:
        if alert.kind in _OF_LAUNCHES:
            with suppress(ValueError):  # a stream, or all messages together
                launches.add(UUID(alert.about))
    if launches:
        found = select(Campaign.dispatch_id, Campaign.id).where(
            Campaign.workspace_id.in_({alert.workspace_id for alert in alerts}),
            Campaign.dispatch_id.in_(launches),
        )
        said |= {str(launch): str(campaign) for launch, campaign in session.execute(found)}
    return said
