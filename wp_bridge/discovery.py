"""Says which sources of a site can be read, and for the others why not and what to do."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Protocol

from wp_bridge import root as roots
from wp_bridge.client import Client
from wp_bridge.errors import AskTheOwner, NotUnderstood, TryLater
from wp_bridge.reasons import Needs, Reasons, Trouble, named, or_keys
from wp_bridge.root import Root


class Probe(Protocol):
    """A source that can be tried."""

    @property
    def needs(self) -> Needs:
        """What it needs."""
        ...

    def look(self, site: Client) -> int | str | None:
        """Asks for a little of it; gives how many rows it has, or a sentence where that is not
        all. Raises what the client raises.
        """
        ...


@dataclass(frozen=True, slots=True)
class Finding:
    """One source: ``ready``, or one of the states of AskTheOwner; ``detail`` says what to do."""

    source: str
    state: str
    detail: str


@dataclass(frozen=True, slots=True)
class Discovery:
    """What was found at a site; ``root`` is None when its REST API could not be found."""

    root: Root | None
    findings: tuple[Finding, ...]


def discover(client: Client, probes: Mapping[str, Probe]) -> Discovery:
    """Looks at a site for every source in ``probes``; never raises for what a site does."""
    try:
        root = roots.find(client)
    except (TryLater, AskTheOwner, NotUnderstood) as trouble:
        return Discovery(None, tuple(_everywhere(client, probes, trouble)))
    reasons = Reasons(client, root)
    return Discovery(root, tuple(_look(client, root, reasons, key, probes[key]) for key in probes))


def _everywhere(client: Client, probes: Mapping[str, Probe], trouble: Trouble) -> Iterator[Finding]:
    for source, probe in probes.items():
        state, detail = named(trouble)
        yield Finding(
            source, state, detail + or_keys(client, trouble, state, probe.needs.namespace)
        )


def _look(client: Client, root: Root, reasons: Reasons, source: str, probe: Probe) -> Finding:
    needs = probe.needs
    if root.is_whole and needs.namespace not in root.namespaces:
        detail = f"{needs.plugin} is not active at the site, or too old to answer over REST."
        return Finding(source, "plugin_absent", detail)
    if reason := reasons.beforehand(needs):
        return Finding(source, *reason)
    try:
        count = probe.look(client)
    except (TryLater, AskTheOwner, NotUnderstood) as trouble:
        return Finding(source, *reasons.why(trouble, needs))
    return Finding(source, "ready", _counted(count))


def _counted(count: int | str | None) -> str:
    match count:
        case str():
            return count
        case None:
            return "Its rows can be read."
        case 0:
            return "It can be read, and there is nothing in it yet."
        case 1:
            return "1 row can be read."
    return f"{count} rows can be read."
