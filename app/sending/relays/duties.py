"""What a relay is there for: a type of mail, everything else, the mails of some users."""

from collections.abc import Iterable, Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from app.errors import Conflict, Invalid
from app.rules.routing.primary import ALL, NONE, SERVED
from app.sending.models import Relay, RoutingRule, UserRelay
from app.sending.routing.fleet import users_defaults
from app.workspaces.models import Member, Workspace


def assign(session: Session, relay: Relay, values: Mapping[str, Any]) -> None:
    """Gives a stored relay its duties, as ``mail_type``, ``is_default`` and ``default_for_users``
    say. Raises Invalid, and Conflict when another relay serves the type.
    """
    wanted = _wanted(relay, values)
    if wanted == ALL:
        make_default(session, relay)
    elif wanted is not None and wanted != relay.mail_type:
        _serve(session, relay, wanted)
    _require_reachable(session, relay, "mail_type" in values)
    if "default_for_users" in values:
        _give_users(session, relay, values["default_for_users"])


def make_default(session: Session, relay: Relay) -> None:
    """The relay for whatever nothing else was chosen for; the one before serves no type now."""
    backup = select(Workspace.backup_relay_id).where(Workspace.id == relay.workspace_id)
    if session.scalar(backup) == relay.id:
        raise Invalid.at(
            "mail_type",
            "This relay is the backup, so it cannot be the default as well: choose another "
            "backup first (PATCH /workspace).",
        )
    session.execute(
        update(Relay)
        .where(Relay.workspace_id == relay.workspace_id, Relay.is_default, Relay.id != relay.id)
        .values(mail_type=NONE)
    )
    relay.mail_type = ALL
    session.flush()


def users_of(session: Session, workspace_id: UUID) -> dict[UUID, list[UUID]]:
    """Relay -> the members whose default it is."""
    found: dict[UUID, list[UUID]] = {}
    for user_id, relay_id in users_defaults(session, workspace_id).items():
        found.setdefault(relay_id, []).append(user_id)
    return found


def hand_down(session: Session, relay: Relay, heir: Relay | None) -> None:
    """The relay goes: its users lean on the heir, or on nobody; nobody's backup is gone."""
    mine = UserRelay.relay_id == relay.id
    if heir is None:
        session.execute(delete(UserRelay).where(mine))
    else:
        session.execute(
            update(RoutingRule).where(RoutingRule.relay_id == relay.id).values(relay_id=heir.id)
        )
        session.execute(update(UserRelay).where(mine).values(relay_id=heir.id))
    session.execute(
        update(Workspace)
        .where(Workspace.id == relay.workspace_id, Workspace.backup_relay_id == relay.id)
        .values(backup_relay_id=None)
    )


def _wanted(relay: Relay, values: Mapping[str, Any]) -> str | None:
    """The type asked for, None when nothing changes. ``is_default`` says "all" or "not all"."""
    wanted: str | None = values.get("mail_type")
    default: bool | None = values.get("is_default")
    if wanted is not None and wanted not in SERVED:
        raise Invalid.at("mail_type", f"Must be one of: {', '.join(SERVED)}.")
    if wanted is not None and default is not None and default != (wanted == ALL):
        raise Invalid.at("is_default", "Contradicts mail_type: the default relay serves 'all'.")
    if default:
        return ALL
    if relay.is_default and (default is False or wanted not in (None, ALL)):
        raise Invalid.at(
            "mail_type" if wanted else "is_default",
            "Exactly one relay must serve 'all' mail, the default: give 'all' to another relay "
            "instead.",
        )
    return wanted


def _serve(session: Session, relay: Relay, wanted: str) -> None:
    serving = select(Relay.name).where(
        Relay.workspace_id == relay.workspace_id, Relay.mail_type == wanted
    )
    holder = session.scalar(serving) if wanted != NONE else None
    if holder is not None:
        sentence = f"The relay '{holder}' serves this type already: give it another one first."
        raise Conflict.at("mail_type", sentence)
    relay.mail_type = wanted
    session.flush()


def _require_reachable(session: Session, relay: Relay, type_given: bool) -> None:
    if not relay.exclude_from_failover:
        return
    if relay.mail_type not in (ALL, NONE):
        raise Invalid.at(
            "mail_type" if type_given else "exclude_from_failover",
            "A relay that is excluded from failover is used only where it is pinned or the "
            "default, so it cannot serve a type of mail.",
        )
    rules = select(RoutingRule.name).where(RoutingRule.relay_id == relay.id)
    if not relay.is_default and (name := session.scalar(rules.limit(1))) is not None:
        raise Invalid.at(
            "exclude_from_failover", f"The routing rule '{name}' leads here: change it first."
        )
    backup = select(Workspace.backup_relay_id).where(Workspace.id == relay.workspace_id)
    if session.scalar(backup) == relay.id:
        raise Invalid.at(
            "exclude_from_failover",
            "This relay is the backup: choose another backup first (PATCH /workspace).",
        )


def _give_users(session: Session, relay: Relay, users: Iterable[UUID]) -> None:
    """These users and no others; whoever leaned on another relay leans on this one now."""
    wanted = set(users)
    members = select(Member.user_id).where(
        Member.workspace_id == relay.workspace_id, Member.user_id.in_(wanted)
    )
    if strangers := wanted - set(session.scalars(members)):
        names = ", ".join(str(one) for one in sorted(strangers)[:3])
        raise Invalid.at("default_for_users", f"Not a member of this workspace: {names}.")
    session.execute(
        delete(UserRelay).where(
            UserRelay.workspace_id == relay.workspace_id,
            (UserRelay.relay_id == relay.id) | UserRelay.user_id.in_(wanted),
        )
    )
    mine = {"workspace_id": relay.workspace_id, "relay_id": relay.id}
    session.add_all(UserRelay(**mine, user_id=one) for one in sorted(wanted))
    session.flush()
