"""Relays as people set them up: create, change, list, and how to reach them."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from app.db import Page, of_workspace, page
from app.errors import Conflict
from app.rules.routing.primary import ALL, NONE
from app.sending.letters import names, return_paths
from app.sending.models import Relay
from app.sending.relays import duties, limiting
from app.sending.relays.values import FIELDS, completed, require_good, trimmed
from app.vault import Vault
from app.wire.opening import Endpoint
from app.workspaces.models import Workspace

#: Another server, or another account there: what the old one took proves nothing.
_ACCOUNT = ("provider", "host", "port", "username")


class Manners(Protocol):
    """How this server speaks to relays: its name in EHLO, and its patience in seconds."""

    @property
    def hello_name(self) -> str: ...
    @property
    def connect_seconds(self) -> float: ...
    @property
    def reply_seconds(self) -> float: ...
    @property
    def final_reply_seconds(self) -> float: ...


@dataclass(frozen=True, slots=True)
class Hasty:
    """Manners for when a person waits for the answer."""

    hello_name: str = ""
    connect_seconds: float = 15.0
    reply_seconds: float = 15.0
    final_reply_seconds: float = 30.0


def find(session: Session, workspace_id: UUID, relay_id: UUID) -> Relay | None:
    """The relay, if the workspace has it."""
    return session.scalar(
        select(Relay).where(Relay.workspace_id == workspace_id, Relay.id == relay_id)
    )


def get(session: Session, workspace_id: UUID, relay_id: UUID, *, lock: bool = False) -> Relay:
    """The relay; with ``lock`` nobody else changes it until the transaction ends."""
    return of_workspace(session, Relay, workspace_id, relay_id, "relay", lock=lock)


def listed(
    session: Session, workspace_id: UUID, *, number: int = 1, per_page: int = 50
) -> Page[Relay]:
    """The relays of a workspace in the order in which failover asks them."""
    query = select(Relay).where(Relay.workspace_id == workspace_id)
    ordered = query.order_by(Relay.failover_priority, Relay.id)
    return page(session, ordered, page=number, per_page=per_page)


def create(
    session: Session,
    workspace_id: UUID,
    values: Mapping[str, Any],
    *,
    vault: Vault,
    allow_private: bool,
    now: datetime,
) -> Relay:
    """A new relay. Raises Invalid, and Conflict when the name or the mail type is taken.

    ``values``: FIELDS, ``password``, ``is_default``, ``failover_priority`` (None: the last). A
    preset fills host, port and encryption that are not given. The first relay is the default.
    """
    lock_workspace(session, workspace_id)
    settings = completed(values)
    require_good(settings, allow_private=allow_private)
    first = session.scalar(select(Relay.id).where(Relay.workspace_id == workspace_id)) is None
    made = Relay(
        workspace_id=workspace_id,
        **settings,
        secret=_closed(vault, values.get("password"), settings["username"]),
        failover_priority=_priority(session, workspace_id, values),
        mail_type=ALL if first else NONE,
        created_at=now,
        updated_at=now,
    )
    names.declare(made, values.get("verified_senders", ()), now)
    session.add(made)
    _flush(session, made)
    duties.assign(session, made, values)
    return made


def change(
    session: Session,
    workspace_id: UUID,
    relay_id: UUID,
    values: Mapping[str, Any],
    *,
    vault: Vault,
    allow_private: bool,
    now: datetime,
) -> Relay:
    """Changes what is given; a blank password keeps the stored one, a blank user name drops it.

    A priority of None puts it last. Raises Invalid, and Conflict when the name or the mail type
    is taken.
    """
    lock_workspace(session, workspace_id)
    relay = get(session, workspace_id, relay_id, lock=True)
    settings = {field: getattr(relay, field) for field in FIELDS}
    settings |= trimmed({field: values[field] for field in FIELDS if field in values})
    require_good(settings, allow_private=allow_private)
    if "failover_priority" in values:
        relay.failover_priority = _priority(session, workspace_id, values)
    return_paths.forget_if_other(relay, settings)
    if any(getattr(relay, name) != settings[name] for name in _ACCOUNT):
        names.forget_shown(relay)
    names.declare(relay, values.get("verified_senders"), now)
    with limiting.watched(session, relay, now):
        for field, value in settings.items():
            setattr(relay, field, value)
    if values.get("password") or not settings["username"]:
        relay.secret = _closed(vault, values.get("password"), settings["username"])
    relay.updated_at = now
    _flush(session, relay)
    duties.assign(session, relay, values)
    return relay


def endpoint(relay: Relay, vault: Vault, manners: Manners, *, allow_private: bool) -> Endpoint:
    """Where the relay is and how to log in there. Raises vault.WrongKey."""
    return Endpoint(
        host=relay.host,
        port=relay.port,
        encryption=relay.encryption,
        username=relay.username,
        password=vault.open(relay.secret) if relay.secret else "",
        hello_name=manners.hello_name,
        connect_seconds=manners.connect_seconds,
        reply_seconds=manners.reply_seconds,
        final_reply_seconds=manners.final_reply_seconds,
        allow_private=allow_private,
    )


def _closed(vault: Vault, password: str | None, username: str) -> str:
    return vault.close(password) if password and username else ""


def _priority(session: Session, workspace_id: UUID, values: Mapping[str, Any]) -> int:
    given: int | None = values.get("failover_priority")
    if given is not None:
        return given
    query = select(func.max(Relay.failover_priority)).where(Relay.workspace_id == workspace_id)
    return (session.scalar(query) or 0) + 1


def lock_workspace(session: Session, workspace_id: UUID) -> None:
    """One at a time: priorities and the one default depend on all relays of a workspace."""
    session.execute(select(Workspace.id).where(Workspace.id == workspace_id).with_for_update())


def _flush(session: Session, relay: Relay) -> None:
    name = relay.name
    try:
        session.flush()
    except IntegrityError:
        sentence = f"There is a relay called '{name}' already."
        raise Conflict.at("name", sentence) from None
