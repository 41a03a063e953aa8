"""How well a site is: what went wrong lately, who is told of it, and when it is over."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import exists, select, update
from sqlalchemy.orm import Session

from app.alerts import over, raise_
from app.sources.models import Connection, Site
from app.sources.notifications import PREFIX, is_mailbox

#: A site that fails for so long is told of: until then it may come back by itself.
LONG = timedelta(hours=2)
#: What a connection is that has no trouble.
WELL: dict[str, Any] = {
    "failures": 0,
    "rest_until": None,
    "failing_since": None,
    "trouble": "",
    "is_down": False,
}


def note(session: Session, connection_id: UUID, sentence: str, now: datetime) -> None:
    """Writes down what is wrong with a connection, and raises what a person should know."""
    connection = session.get_one(Connection, connection_id, populate_existing=True)
    connection.trouble = sentence
    connection.failing_since = connection.failing_since or now
    session.flush()
    site = session.get_one(Site, connection.site_id)
    name = f"{site.name or site.url} ({site.url})"
    if is_mailbox(connection.source):
        name = f"The mailbox '{connection.source.removeprefix(PREFIX)}' with the mails of {name}"
    if connection.state == "needs_reauth":
        _raise(
            session,
            site,
            "site_needs_reauth",
            f"{name} does not let us in any more, and what is pulled from it has "
            f"stopped: {sentence}",
            now,
        )
    elif now - connection.failing_since >= LONG:
        since = connection.failing_since.strftime("%Y-%m-%d %H:%M UTC")
        told = f"Nothing could be pulled from {name} since {since}: {sentence}"
        _raise(session, site, "site_failing", told, now)


def mend(session: Session, site: Site, now: datetime) -> None:
    """The site's login was mended: what is read with it goes on, and the alert is over."""
    with_it = (Connection.site_id == site.id, ~Connection.source.startswith(PREFIX))
    # In the order in which everybody locks several of a site.
    held = select(Connection.id).where(*with_it).order_by(Connection.id).with_for_update()
    session.execute(held).all()
    session.execute(update(Connection).where(*with_it).values(state="ready", **WELL))
    settle(session, site, now)


def settle(session: Session, site: Site, now: datetime) -> None:
    """Something of the site is well again: what is true of none of its connections is over."""
    for kind in ("site_needs_reauth", "site_failing"):
        if is_over(session, kind, site.id, now):
            over(session, site.workspace_id, kind, str(site.id), now=now)


def is_over(session: Session, kind: str, site_id: UUID, now: datetime) -> bool:
    """Whether nothing of a site is wrong any more in the way that an alert of ``kind`` says."""
    if kind == "site_needs_reauth":
        wrong = Connection.state == "needs_reauth"
    else:
        wrong = (Connection.state == "ready") & (Connection.failing_since <= now - LONG)
    return not session.scalar(select(exists().where(Connection.site_id == site_id, wrong)))


def _raise(session: Session, site: Site, kind: str, sentence: str, now: datetime) -> None:
    raise_(session, site.workspace_id, kind, str(site.id), sentence, now=now)
