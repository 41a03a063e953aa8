"""WordPress sites: let pressferry in, see what can be read there, and say how often."""

from typing import Any
from uuid import UUID

from app.api.access import caller, runtime
from app.api.paging import PageQuery, page_of
from app.api.routes import Routes
from app.api.site_shapes import (
    AuthorizationAnswer,
    ConnectionAnswer,
    ConnectionChanges,
    DiscoveryAnswer,
    NewSite,
    NewSiteAnswer,
    RemovedSiteAnswer,
    SiteAnswer,
    SiteChanges,
)
from app.db import Page
from app.sources import connections
from app.sources.sites import authorizing, discovering, register, removing

blueprint = Routes("sites", "WordPress sites, and what is pulled from them.")


@blueprint.get("/sites", scope="read", query=PageQuery, answer=page_of(SiteAnswer))
def list_sites(query: dict[str, Any]) -> Any:
    """The sites of the workspace, oldest first."""
    with runtime().database.reading() as session:
        return register.listed(
            session, caller().workspace_id, number=query["page"], per_page=query["per_page"]
        )


@blueprint.post("/sites", scope="settings", body=NewSite, answer=NewSiteAnswer)
def add_site(body: dict[str, Any]) -> Any:
    """Add a site. Without a login the answer has the link on which its owner approves."""
    running, who = runtime(), caller()
    with running.database.transaction() as session:
        site = register.add(session, who.workspace_id, body, runtime=running, now=running.now())
    link = None
    if not (site.has_password or site.has_keys):
        link = authorizing.begin(running, who.workspace_id, site.id, who.user_id)
    return {name: getattr(site, name) for name in SiteAnswer().fields} | {"authorization": link}


@blueprint.post(
    "/sites/<uuid:site_id>/authorize", scope="settings", answer=AuthorizationAnswer, status=200
)
def authorize_site(site_id: UUID) -> Any:
    """A fresh link on which the site's owner approves, for a new or a dead login."""
    who = caller()
    return authorizing.begin(runtime(), who.workspace_id, site_id, who.user_id)


@blueprint.get("/sites/<uuid:site_id>", scope="read", answer=SiteAnswer)
def get_site(site_id: UUID) -> Any:
    """One site."""
    with runtime().database.reading() as session:
        return register.get(session, caller().workspace_id, site_id)


@blueprint.patch("/sites/<uuid:site_id>", scope="settings", body=SiteChanges, answer=SiteAnswer)
def change_site(site_id: UUID, body: dict[str, Any]) -> Any:
    """Change a site; a mended login lets connections that stopped for it go on."""
    running = runtime()
    with running.database.transaction() as session:
        return register.change(
            session, caller().workspace_id, site_id, body, runtime=running, now=running.now()
        )


@blueprint.delete("/sites/<uuid:site_id>", scope="settings", answer=RemovedSiteAnswer)
def remove_site(site_id: UUID) -> Any:
    """Remove a site with its connections and runs; the contacts stay. Says what is left there."""
    return {"left_at_site": removing.remove(runtime(), caller().workspace_id, site_id)}


@blueprint.post("/sites/<uuid:site_id>/discover", scope="write", answer=DiscoveryAnswer, status=200)
def discover_site(site_id: UUID) -> Any:
    """Ask the site which sources can be read; each that is ready gets a connection."""
    return {"sources": discovering.discover(runtime(), caller().workspace_id, site_id)}


@blueprint.get(
    "/sites/<uuid:site_id>/connections",
    scope="read",
    query=PageQuery,
    answer=page_of(ConnectionAnswer),
)
def list_connections(site_id: UUID, query: dict[str, Any]) -> Any:
    """What is pulled from a site, oldest first."""
    with runtime().database.reading() as session:
        found = connections.listed(
            session,
            caller().workspace_id,
            site_id,
            number=query["page"],
            per_page=query["per_page"],
        )
        items = connections.portraits(session, caller().workspace_id, found.items)
    return Page(items, found.total, found.page, found.per_page)


@blueprint.get("/connections/<uuid:connection_id>", scope="read", answer=ConnectionAnswer)
def get_connection(connection_id: UUID) -> Any:
    """One connection."""
    workspace_id = caller().workspace_id
    with runtime().database.reading() as session:
        found = connections.get(session, workspace_id, connection_id)
        return connections.portraits(session, workspace_id, [found])[0]


@blueprint.patch(
    "/connections/<uuid:connection_id>",
    scope="write",
    body=ConnectionChanges,
    answer=ConnectionAnswer,
)
def change_connection(connection_id: UUID, body: dict[str, Any]) -> Any:
    """Change how often a source is pulled, and what becomes of its people."""
    running, workspace_id = runtime(), caller().workspace_id
    with running.database.transaction() as session:
        changed = connections.change(session, workspace_id, connection_id, body, now=running.now())
        return connections.portraits(session, workspace_id, [changed])[0]
