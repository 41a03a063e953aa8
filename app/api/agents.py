"""Sync agents: programs near a site that read it for this server; made, re-keyed, revoked."""

from typing import Any
from uuid import UUID

from marshmallow import Schema, fields

from app.api.access import caller, runtime
from app.api.docs_links import DocsLink
from app.api.paging import PageQuery, page_of
from app.api.routes import Routes
from app.api.schemas import Id, Instant, Strict, Text
from app.sources.agents import enrolling

blueprint = Routes("agents", "Programs that read a site from near it and bring its contacts here.")

_AGENT = "/agents/<uuid:agent_id>"


class NewAgent(Strict):
    """The site that it reads; this server never asks it, so it may be in a network of its own."""

    url = Text(required=True, least=1, most=2000)
    name = Text()


class SourceFoundAnswer(Schema):
    """A source of the site as the agent found it: ready, or why not and what to do."""

    source = fields.String(required=True)
    state = fields.String(required=True)
    detail = fields.String(required=True)
    docs = DocsLink()


class AgentAnswer(Schema):
    """An agent without its key. ``seen_at``: when it was last heard of; ``silent``: long ago."""

    id = Id(required=True)
    site_id = Id(required=True)
    url = fields.String(required=True)
    version = fields.String(required=True)
    silent = fields.Boolean(required=True)
    findings = fields.List(fields.Nested(SourceFoundAnswer), required=True)
    looked_at = Instant(required=True, allow_none=True)
    seen_at = Instant(required=True, allow_none=True)
    revoked_at = Instant(required=True, allow_none=True)
    created_at = Instant(required=True)
    updated_at = Instant(required=True)


class AgentWithKey(AgentAnswer):
    """The only time that the key is shown."""

    key = fields.String(required=True)


@blueprint.get("/agents", scope="read", query=PageQuery, answer=page_of(AgentAnswer))
def list_agents(query: dict[str, Any]) -> Any:
    """The sync agents, oldest first, with what they found at their sites."""
    running, which = runtime(), {"number": query["page"], "per_page": query["per_page"]}
    with running.database.reading() as session:
        return enrolling.listed(session, caller().workspace_id, **which, now=running.now())


@blueprint.post("/agents", scope="settings", body=NewAgent, answer=AgentWithKey)
def create_agent(body: dict[str, Any]) -> Any:
    """Make an agent for a site; its key is shown this once. From now on only it reads the site."""
    running = runtime()
    with running.database.transaction() as session:
        made, key = enrolling.create(
            session, caller().workspace_id, body, vault=running.vault, now=running.now()
        )
    return _shown(made, key)


@blueprint.get(_AGENT, scope="read", answer=AgentAnswer)
def get_agent(agent_id: UUID) -> Any:
    """One agent."""
    running = runtime()
    with running.database.reading() as session:
        return enrolling.get(session, caller().workspace_id, agent_id, now=running.now())


@blueprint.post(f"{_AGENT}/key", scope="settings", answer=AgentWithKey, status=200)
def renew_agent_key(agent_id: UUID) -> Any:
    """Make another key, shown this once; the old one is of no use from now on."""
    running = runtime()
    with running.database.transaction() as session:
        found, key = enrolling.renew_key(
            session, caller().workspace_id, agent_id, vault=running.vault, now=running.now()
        )
    return _shown(found, key)


@blueprint.post(f"{_AGENT}/revoke", scope="settings", answer=AgentAnswer, status=200)
def revoke_agent(agent_id: UUID) -> Any:
    """Let an agent in no more, until it gets another key."""
    running = runtime()
    with running.database.transaction() as session:
        return enrolling.revoke(session, caller().workspace_id, agent_id, now=running.now())


@blueprint.delete(_AGENT, scope="settings")
def remove_agent(agent_id: UUID) -> None:
    """Forget an agent; from now on this server reads the site itself."""
    with runtime().database.transaction() as session:
        enrolling.remove(session, caller().workspace_id, agent_id)


def _shown(agent: enrolling.Portrait, key: str) -> dict[str, Any]:
    return {name: getattr(agent, name) for name in AgentAnswer().fields} | {"key": key}
