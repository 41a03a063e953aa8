"""Guards and canaries as people see them: what was warned of or stopped, and by which campaign."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.campaigns import edit
from app.campaigns.models import Campaign
from app.errors import Conflict, Invalid
from app.rules.health import guards
from app.sending.guards import canaries, guarding
from app.sending.guards.canaries import View
from app.sending.relays import standing
from app.workspaces.models import Workspace


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that a guard warns of or has stopped; ``id``: of the campaign or the relay, None
    of a stream. ``level``: warn or pause.
    """

    kind: str
    id: UUID | None
    name: str
    level: str
    why: str
    since: datetime


def findings(session: Session, workspace_id: UUID) -> Sequence[Finding]:
    """What guards say now, newest first; what has ended or was removed is not told any more."""
    campaigns = {
        str(one.dispatch_id): one
        for one in session.scalars(
            select(Campaign).where(
                Campaign.workspace_id == workspace_id,
                Campaign.status.in_(("sending", "paused")),
                Campaign.dispatch_id.is_not(None),
            )
        )
    }
    known = {str(one.id): one for one in standing.of_workspace(session, workspace_id)}
    found: list[Finding] = []
    for row in guarding.listed(session, workspace_id):
        about = campaigns.get(row.about) or known.get(row.about)
        if about is not None:
            name = about.name
            found.append(Finding(row.kind, about.id, name, row.level, row.why, row.since))
        elif row.kind == "stream":
            found.append(Finding(row.kind, None, row.about, row.level, row.why, row.since))
    return found


def settings(session: Session, workspace_id: UUID) -> dict[str, Any]:
    """The limits of a workspace, and what guards may stop by themselves."""
    words = session.get_one(Workspace, workspace_id).guards
    limits = guards.limits_from(words)
    values = {name: getattr(limits, name) for name in guards.LIMITS}
    return {**values, "pauses": list(words.get("pauses", guards.PAUSES))}


def change(session: Session, workspace_id: UUID, values: Mapping[str, Any]) -> dict[str, Any]:
    """Changes what is given. Raises Invalid where a warning would come after the pause."""
    workspace = session.get_one(Workspace, workspace_id, with_for_update=True)
    words = {**workspace.guards, **values}
    limits = guards.limits_from(words)
    for name in ("complaint", "bounce", "deferral"):
        warn, pause = getattr(limits, f"{name}_warn"), getattr(limits, f"{name}_pause")
        if warn is not None and pause is not None and warn > pause:
            raise Invalid.at(f"{name}_warn", f"Must not be more than {name}_pause ({pause}).")
    workspace.guards = words
    session.flush()
    return settings(session, workspace_id)


def canary(session: Session, workspace_id: UUID, campaign_id: UUID, *, now: datetime) -> View:
    """Where the canary of a campaign is; its state is "none" when there is none under way."""
    campaign = edit.get(session, workspace_id, campaign_id)
    found = None
    if campaign.dispatch_id is not None:
        found = canaries.view(session, campaign.dispatch_id, now)
    why = "the campaign was not launched" if campaign.canary else "the campaign has no canary"
    return found or View("none", why, 0, None, None)


def go_on(session: Session, workspace_id: UUID, campaign_id: UUID, *, now: datetime) -> View:
    """Everybody else follows at once. Raises Conflict when nothing waits for a canary."""
    campaign = edit.get(session, workspace_id, campaign_id, lock=True)
    dispatch = campaign.dispatch_id
    if dispatch is None or not canaries.go_on(session, dispatch, now=now):
        raise Conflict(
            "Nothing waits for a canary: it has ended, or there is none. A campaign that was "
            "halted is resumed."
        )
    return canary(session, workspace_id, campaign_id, now=now)
