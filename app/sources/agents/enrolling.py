"""Sync agents: programs near a site that read it for this server. Their keys are shown once."""

import secrets
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import exists, or_, select
from sqlalchemy.orm import Session

from app import db
from app.db import Page
from app.errors import Conflict, Forbidden, Invalid, Unauthorized
from app.rules import network, signing
from app.sources import notifications
from app.sources.agents import silence
from app.sources.agents.models import Agent
from app.sources.models import Connection, Site
from app.sources.webhooks.inbox import PREFIX
from app.vault import Vault, WrongKey


@dataclass(frozen=True, slots=True)
class Portrait:
    """An agent as it is shown, with the site that it reads."""

    id: UUID
    site_id: UUID
    url: str
    version: str
    silent: bool
    findings: Sequence[dict[str, str]]
    looked_at: datetime | None
    seen_at: datetime | None
    revoked_at: datetime | None
    created_at: datetime
    updated_at: datetime


@dataclass(frozen=True, slots=True)
class Known:
    """Who signed a request."""

    id: UUID
    workspace_id: UUID
    site_id: UUID


def create(
    session: Session, workspace_id: UUID, values: dict[str, Any], *, vault: Vault, now: datetime
) -> tuple[Portrait, str]:
    """An agent for the site at ``url``, which is added when it is new; and the agent's key.

    This server never asks that site itself, so it may be anywhere. Raises Invalid, Conflict.
    """
    site = _site(session, workspace_id, values, now)
    if session.scalar(select(Agent.id).where(Agent.site_id == site.id)):
        raise Conflict("This site has an agent already: give that one a new key, or remove it.")
    secret = secrets.token_urlsafe(32)
    made = Agent(
        workspace_id=workspace_id,
        site_id=site.id,
        secret=vault.close(secret),
        findings=[],
        created_at=now,
        updated_at=now,
    )
    session.add(made)
    session.flush()
    return _portrait(made, site.url, now), signing.agent_key(made.id, secret)


def listed(
    session: Session, workspace_id: UUID, *, number: int, per_page: int, now: datetime
) -> Page[Portrait]:
    """The agents of a workspace, oldest first."""
    query = select(Agent).where(Agent.workspace_id == workspace_id).order_by(Agent.id)
    found = db.page(session, query, page=number, per_page=per_page)
    return found.map(lambda agent: _portrait(agent, session.get_one(Site, agent.site_id).url, now))


def get(session: Session, workspace_id: UUID, agent_id: UUID, *, now: datetime) -> Portrait:
    """One agent. Raises NotFound."""
    agent = _get(session, workspace_id, agent_id)
    return _portrait(agent, session.get_one(Site, agent.site_id).url, now)


def renew_key(
    session: Session, workspace_id: UUID, agent_id: UUID, *, vault: Vault, now: datetime
) -> tuple[Portrait, str]:
    """Another key; the old one signs nothing any more. A revoked agent may come in again."""
    agent = _get(session, workspace_id, agent_id)
    secret = secrets.token_urlsafe(32)
    agent.secret, agent.revoked_at, agent.updated_at = vault.close(secret), None, now
    session.flush()
    return get(session, workspace_id, agent_id, now=now), signing.agent_key(agent.id, secret)


def revoke(session: Session, workspace_id: UUID, agent_id: UUID, *, now: datetime) -> Portrait:
    """Lets the agent in no more; its site waits until it gets a new key, or is removed."""
    agent = _get(session, workspace_id, agent_id)
    agent.revoked_at = agent.revoked_at or now
    session.flush()
    return get(session, workspace_id, agent_id, now=now)


def remove(session: Session, workspace_id: UUID, agent_id: UUID) -> None:
    """Forgets the agent; from now on this server reads the site itself, with the site's login."""
    session.delete(_get(session, workspace_id, agent_id))
    session.flush()


def who_signed(
    session: Session, agent: str, signature: str, body: bytes, *, vault: Vault, now: datetime
) -> Known:
    """Whose ``body`` this is. Raises Unauthorized, and Forbidden for an agent that was revoked."""
    found = session.get(Agent, UUID(hex=agent)) if _is_id(agent) else None
    secret = _opened(vault, found)
    moment = signing.moment_of(signature, secret, body)
    if found is None or moment is None:
        raise Unauthorized("This agent is not known here, or its key is another one.")
    if found.revoked_at is not None:
        raise Forbidden("This agent was revoked: give it a new key (POST /agents/{id}/key).")
    if abs(apart := now.timestamp() - moment) > signing.PATIENCE:
        way = "behind" if apart > 0 else "ahead"
        raise Unauthorized(
            f"The agent's clock is {abs(apart):.0f} seconds {way} of this server's: set it right."
        )
    return Known(found.id, found.workspace_id, found.site_id)


def reads(session: Session, site_id: UUID) -> bool:
    """Whether an agent, and not this server, reads a site."""
    return bool(session.scalar(select(exists().where(Agent.site_id == site_id))))


#: Of a query of connections: those that this server reads itself. What is posted to it, it has; and
#: mailboxes are not at the site.
READ_HERE = or_(
    Connection.source.startswith(PREFIX),
    Connection.source.startswith(notifications.PREFIX),
    ~exists().where(Agent.site_id == Connection.site_id),
)


def _site(session: Session, workspace_id: UUID, values: dict[str, Any], now: datetime) -> Site:
    try:
        url = network.site_url(values["url"])
    except network.BadUrl as error:
        raise Invalid.at("url", error.sentence) from None
    known = select(Site).where(Site.workspace_id == workspace_id, Site.url == url)
    if (site := session.scalar(known)) is not None:
        return site
    made = Site(
        workspace_id=workspace_id,
        url=url,
        name=values.get("name") or "",
        created_at=now,
        updated_at=now,
    )
    session.add(made)
    session.flush()
    return made


def _get(session: Session, workspace_id: UUID, agent_id: UUID) -> Agent:
    return db.of_workspace(session, Agent, workspace_id, agent_id, "agent")


def _portrait(agent: Agent, url: str, now: datetime) -> Portrait:
    names = [name for name in Portrait.__slots__ if name not in ("url", "silent")]
    silent = silence.is_silent(agent, now)
    return Portrait(url=url, silent=silent, **{name: getattr(agent, name) for name in names})


def _opened(vault: Vault, agent: Agent | None) -> str:
    """What ``agent`` signs with; for one that cannot be known something that nobody signs with."""
    with suppress(WrongKey):
        return vault.open(agent.secret) if agent else secrets.token_urlsafe(32)
    return secrets.token_urlsafe(32)


def _is_id(text: str) -> bool:
    return len(text) == 32 and set(text) <= set("0123456789abcdef")
