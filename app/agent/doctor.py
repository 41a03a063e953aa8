"""What can be read at a site, in the terminal: for everybody with a WordPress, without a server."""

from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from textwrap import wrap
from urllib.parse import urlencode

import connectors
from app import clock
from app.agent.nearby import open_site
from config.agent import SiteAccess
from wp_bridge import discovery
from wp_bridge.discovery import Discovery, Finding
from wp_bridge.reasons import page_about

_WIDTH = 96


def look(access: SiteAccess) -> tuple[list[str], bool]:
    """The diagnosis in lines, and whether anything can be read."""
    with closing(open_site(access)) as site:
        found = discovery.discover(site, connectors.find())
    return list(_lines(access, found)), any(one.state == "ready" for one in found.findings)


def _lines(access: SiteAccess, found: Discovery) -> Iterator[str]:
    yield access.url
    if found.root is None:
        finding = found.findings[0]
        yield from _entry("REST API", replace(finding, source=""))
        return
    yield f"  REST API at {found.root.url}" + (f" ({found.root.name})" if found.root.name else "")
    if not (access.password or access.keys) and found.root.authorization:
        yield "  No login was given. Make an application password here, as an administrator:"
        # WordPress refuses a name that the account has already, as when it approves once more.
        name = urlencode({"app_name": f"pressferry {clock.now():%Y-%m-%d %H:%M:%S}"})
        yield f"  {found.root.authorization}?{name}"
    titles = connectors.find()
    for finding in sorted(found.findings, key=lambda one: one.state != "ready"):
        if finding.state != "plugin_absent":
            yield from _entry(titles[finding.source].title, finding)
    absent = [titles[one.source].title for one in found.findings if one.state == "plugin_absent"]
    if absent:
        yield ""
        yield from _wrapped(f"Not at this site: {', '.join(absent)}.", "  ")


def _entry(title: str, finding: Finding) -> Iterator[str]:
    yield ""
    yield f"  {title}: {finding.state.replace('_', ' ')}"
    yield from _wrapped(finding.detail, "    ")
    if finding.state != "ready":
        page, _, place = page_about(finding.source, finding.state).partition("#")
        yield f"    More: docs/{page}.md" + (f"#{place}" if place else "")


def _wrapped(text: str, indent: str) -> list[str]:
    return wrap(text, _WIDTH, initial_indent=indent, subsequent_indent=indent)
