"""The failover settings of a workspace, checked against its relays."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.errors import Invalid
from app.sending.ledger.forward import bring_forward
from app.sending.models import Relay
from app.sending.relays import settings
from app.workspaces import edit
from app.workspaces.models import Workspace


def change_workspace(
    session: Session, workspace_id: UUID, values: dict[str, Any], *, now: datetime
) -> Workspace:
    """Changes the settings that are given; with failover switched on, what waited for a relay to
    come back waits no longer. Raises Invalid, for a backup that cannot help too.
    """
    backup = values.get("backup_relay_id")
    if backup is not None:
        settings.lock_workspace(session, workspace_id)
        _require_helpful(session, workspace_id, backup)
    changed = edit.change(session, workspace_id, values, now=now)
    if values.get("failover_enabled"):
        returns = select(Relay.open_until, Relay.quota_until).where(
            Relay.workspace_id == workspace_id
        )
        moments = {one for row in session.execute(returns) for one in row if one and one > now}
        bring_forward(session, workspace_id, moments, now=now)
    return changed


def warnings(session: Session, workspace: Workspace) -> list[str]:
    """Sentences that say why failover, though switched on, would find nowhere to go."""
    if not workspace.failover_enabled:
        return []
    relays = session.scalars(select(Relay).where(Relay.workspace_id == workspace.id)).all()
    if workspace.backup_relay_id is not None:
        return _about_backup(relays, workspace.backup_relay_id)
    enabled = [relay for relay in relays if relay.enabled]
    if len(enabled) < 2:
        return [
            f"Failover is on, but the number of enabled relays is {len(enabled)}: "
            "when one fails there is no other. Add or enable a second relay."
        ]
    if all(relay.exclude_from_failover for relay in enabled):
        return [
            "Failover is on, but every enabled relay is excluded from it: include at least one."
        ]
    return _about_from(workspace, enabled)


def _about_backup(relays: Any, backup: UUID) -> list[str]:
    if any(relay.id == backup and relay.enabled for relay in relays):
        return []
    return ["Failover is on, but the backup relay is disabled: enable it, or choose another one."]


def _about_from(workspace: Workspace, enabled: list[Relay]) -> list[str]:
    senders = {relay.from_email.lower() for relay in enabled}
    if workspace.failover_from_policy == "rewrite" or len(senders) < len(enabled):
        return []
    if workspace.failover_from_policy == "keep_if_verified":
        if any(relay.verified_senders for relay in enabled):
            return []
        return [
            "Failover may use only relays that may send under the campaign's From, but of no "
            "enabled relay that is known: set verified_senders, or send a test mail From there."
        ]
    return [
        "Failover may use only relays with the same From address, but no two enabled relays "
        "have one in common."
    ]


def _require_helpful(session: Session, workspace_id: UUID, relay_id: UUID) -> None:
    relay = settings.find(session, workspace_id, relay_id)
    if relay is None:
        raise _unfit("There is no such relay.")
    if relay.is_default:
        raise _unfit(f"'{relay.name}' is the default relay: the backup must be another one.")
    if relay.exclude_from_failover:
        raise _unfit(f"'{relay.name}' is excluded from failover: include it first.")


def _unfit(sentence: str) -> Invalid:
    return Invalid.at("backup_relay_id", sentence)
