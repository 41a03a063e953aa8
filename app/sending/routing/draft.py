"""A mail that has no dispatch yet, as routing sees it."""

from dataclasses import dataclass
from uuid import UUID

from app.workspaces.models import Workspace


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """See ``fleet.Mail``; ``zone`` is the time zone of its workspace."""

    pin: UUID | None
    mail_type: str
    stream: str
    user_id: UUID | None
    from_email: str
    from_name: str
    reply_to_email: str
    label: str
    zone: str
    failover: bool
    backup: UUID | None
    same_from: bool
    keep_from: bool
    into_transactional: bool


def draft(
    workspace: Workspace,
    *,
    pin: UUID | None,
    mail_type: str,
    stream: str,
    user_id: UUID | None,
    from_email: str,
    from_name: str,
    reply_to_email: str,
    label: str = "",
) -> Draft:
    """The mail, with what its workspace says about failover today."""
    return Draft(
        pin=pin,
        mail_type=mail_type,
        stream=stream,
        user_id=user_id,
        from_email=from_email,
        from_name=from_name,
        reply_to_email=reply_to_email,
        label=label,
        zone=workspace.timezone,
        failover=workspace.failover_enabled,
        backup=workspace.backup_relay_id,
        same_from=workspace.failover_from_policy == "same_from_only",
        keep_from=workspace.failover_from_policy == "keep_if_verified",
        into_transactional=workspace.failover_into_transactional,
    )
