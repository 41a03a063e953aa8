"""WordPress sites: added and changed. Their passwords go in and never come out."""

import socket
from collections.abc import Mapping
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from app.db import Page, page
from app.errors import Conflict, Invalid, NotFound
from app.rules import network
from app.runtime import Runtime
from app.sources.models import Site
from app.sources.sites import health, shop_keys

#: Files that people brought are sources too, but no sites.
_IS_SITE = Site.is_file.is_(False)


def add(
    session: Session, workspace_id: UUID, values: dict[str, Any], *, runtime: Runtime, now: datetime
) -> Site:
    """A new site. Raises Invalid for an address that is none, Conflict for one that is known.

    ``values``: url, and optionally name and the login (username and application_password, both
    or none of them) or the shop's keys (consumer_key and consumer_secret). Nothing is asked of the
    site yet.
    """
    _require_whole_login(values)
    site = Site(
        workspace_id=workspace_id,
        url=_checked_url(runtime, values["url"]),
        name=values.get("name") or "",
        username=values.get("username", ""),
        secret=_closed(runtime, values.get("application_password", "")),
        created_at=now,
        updated_at=now,
    )
    shop_keys.take(site, runtime.vault, values)
    session.add(site)
    _flush(session, site)
    return site


def change(
    session: Session,
    workspace_id: UUID,
    site_id: UUID,
    values: dict[str, Any],
    *,
    runtime: Runtime,
    now: datetime,
) -> Site:
    """Changes what is given of url, name, username, application_password and the shop's keys.

    A mended login lets connections that stopped for it go on. Another host needs the password
    again: a stored one must not be sent somewhere else by somebody who does not know it.
    """
    site = get(session, workspace_id, site_id)
    if "url" in values:
        _move(site, _checked_url(runtime, values["url"]), values)
    shop_keys.take(site, runtime.vault, values)
    if "application_password" in values:
        site.secret = runtime.vault.close(values["application_password"])
    for name in ("name", "username"):
        if name in values:
            setattr(site, name, values[name])
    site.updated_at = now
    _flush(session, site)
    if {"url", "username", "application_password", *shop_keys.NAMES} & set(values):
        health.mend(session, site, now)
    return site


def get(session: Session, workspace_id: UUID, site_id: UUID) -> Site:
    """The site. Raises NotFound."""
    found = session.scalar(
        select(Site).where(_IS_SITE, Site.workspace_id == workspace_id, Site.id == site_id)
    )
    if found is None:
        raise NotFound("There is no such site.")
    return found


def listed(session: Session, workspace_id: UUID, *, number: int, per_page: int) -> Page[Site]:
    """The sites of a workspace, oldest first."""
    query = select(Site).where(_IS_SITE, Site.workspace_id == workspace_id).order_by(Site.id)
    return page(session, query, page=number, per_page=per_page)


def _flush(session: Session, site: Site) -> None:
    sentence = "There is a site with this address already"
    others = (Site.workspace_id == site.workspace_id, Site.url == site.url, Site.id != site.id)
    with session.no_autoflush:
        there = session.scalar(select(Site.id).where(*others))
    if there is not None:
        raise Conflict(f"{sentence}: {there}.", {"url": [f"{sentence}: {there}."]})
    try:
        session.flush()
    except IntegrityError:  # somebody was quicker
        raise Conflict(f"{sentence}.", {"url": [f"{sentence}."]}) from None


def _require_whole_login(values: dict[str, Any]) -> None:
    given = [name for name in ("username", "application_password") if name in values]
    if len(given) == 1:
        missing = "application_password" if given == ["username"] else "username"
        raise Invalid.at(
            missing, "A login is both: give it too, or neither to let the owner approve."
        )


def _closed(runtime: Runtime, password: str) -> str:
    return runtime.vault.close(password) if password else ""


def _move(site: Site, url: str, values: Mapping[str, Any]) -> None:
    if url == site.url:
        return
    if urlsplit(url).netloc != urlsplit(site.url).netloc:
        if not site.shop_keys or site.secret:
            _require_again(values, "application_password", "the application password")
        if site.shop_keys:
            _require_again(values, "consumer_secret", "the shop's keys")
    site.url, site.rest_root, site.discovered_at = url, "", None


def _require_again(values: Mapping[str, Any], name: str, what: str) -> None:
    if name not in values:
        raise Invalid.at(name, f"Another host needs {what} again: give it along.")


def _checked_url(runtime: Runtime, text: str) -> str:
    """The address in its one form. Raises Invalid when it is none, or may not be talked to.

    What a name leads to may change, so this only tells early what the connection would refuse.
    """
    try:
        url = network.site_url(text)
    except network.BadUrl as error:
        raise _invalid(error.sentence) from None
    parts = urlsplit(url)
    ips = _addresses(parts.hostname or "", is_asked=parts.scheme == "http")
    if ips and not any(network.may_connect(ip, allow_private=runtime.allow_private) for ip in ips):
        raise _invalid(
            f"leads to {ips[0]}, which is not on the public network: this server talks to private "
            "and loopback addresses only with PRESSFERRY__NETWORK__ALLOW_PRIVATE=true, to "
            "link-local ones never"
        )
    plainly = bool(ips) and all(
        network.may_speak_plainly(ip, allow_http=runtime.allow_http) for ip in ips
    )
    if parts.scheme == "http" and not (plainly or runtime.allow_http):
        raise _invalid(
            "is on plain http, where everybody on the way could read the password, and people's "
            "addresses: give the https:// address, or set PRESSFERRY__NETWORK__ALLOW_HTTP=true"
        )
    return url


def _addresses(host: str, *, is_asked: bool) -> list[str]:
    """The IP addresses of ``host``; a name is looked up only when ``is_asked``."""
    flags = 0 if is_asked else socket.AI_NUMERICHOST
    try:
        found = socket.getaddrinfo(host, 0, type=socket.SOCK_STREAM, flags=flags)
    except (OSError, UnicodeError):
        return []
    return [str(address[0]) for *_, address in found]


def _invalid(sentence: str) -> Invalid:
    return Invalid.at("url", sentence)
