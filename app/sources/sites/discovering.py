"""Looks what a site offers, and makes a connection for every source that is ready."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

import connectors
from app.errors import Conflict
from app.runtime import Runtime
from app.sources.agents import enrolling
from app.sources.models import Connection, Site
from app.sources.sites import health, register
from app.sources.sites.way_in import open_site
from wp_bridge import discovery
from wp_bridge.discovery import Discovery, Finding

#: Seconds for each answer: somebody waits for all of them.
PATIENCE = 20.0


@dataclass(frozen=True, slots=True)
class Source:
    """A source of a site: what it is, whether it is ready, and its connection if there is one."""

    source: str
    title: str
    state: str
    detail: str
    connection_id: UUID | None


def discover(runtime: Runtime, workspace_id: UUID, site_id: UUID) -> list[Source]:
    """Asks the site, then notes what was found. Raises NotFound, Conflict where an agent reads it.

    The site is asked between two transactions: none may wait for a stranger.
    """
    with runtime.database.reading() as session:
        site = register.get(session, workspace_id, site_id)
        if enrolling.reads(session, site_id):
            raise Conflict(
                "A sync agent reads this site: it looks by itself, and GET /agents says what it "
                "found. Start it again to make it look now."
            )
    site.rest_root = ""
    client = open_site(runtime, site, seconds=PATIENCE)
    try:
        found = discovery.discover(client, connectors.find())
    finally:
        client.close()
    with runtime.database.transaction() as session:
        site = register.get(session, workspace_id, site_id)
        return _note(session, site, found, runtime.now())


def _note(session: Session, site: Site, found: Discovery, now: datetime) -> list[Source]:
    if found.root:
        site.rest_root = found.root.url
        site.discovered_at = now
        site.name = site.name or found.root.name
    known = connections_of(session, site)
    for finding in found.findings:
        if finding.state != "ready":
            continue
        if connection := known.get(finding.source):
            for name, value in {"state": "ready", **health.WELL}.items():
                setattr(connection, name, value)
        else:
            known[finding.source] = connect(session, site, finding.source, now)
    session.flush()
    health.settle(session, site, now)
    return list(_sources(found.findings, known))


def connections_of(session: Session, site: Site) -> dict[str, Connection]:
    """What is read from a site already, by source."""
    rows = session.scalars(select(Connection).where(Connection.site_id == site.id))
    return {connection.source: connection for connection in rows}


def connect(
    session: Session,
    site: Site,
    source: str,
    now: datetime,
    schedule: dict[str, Any] | None = None,
) -> Connection:
    """From now on ``source`` is read, as often as ``schedule`` says."""
    connection = Connection(
        workspace_id=site.workspace_id,
        site_id=site.id,
        source=source,
        schedule=schedule,
        created_at=now,
        updated_at=now,
    )
    session.add(connection)
    return connection


def _sources(findings: Iterable[Finding], known: dict[str, Connection]) -> Iterable[Source]:
    titles = connectors.find()
    for finding in findings:
        connection = known.get(finding.source)
        yield Source(
            finding.source,
            titles[finding.source].title,
            finding.state,
            finding.detail,
            connection.id if connection else None,
        )
