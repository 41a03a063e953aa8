"""Says which sources of a site can be read, and for the others why not and what to do."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Protocol

from wp_bridge import root as roots
from wp_bridge.client import Client
from wp_bridge.errors import AskTheOwner, NotUnderstood, TryLater
from wp_bridge.logins import Login
from wp_bridge.root import Root


class Needs(Protocol):
    """What must be at a site for a source to be readable."""

    @property
    def namespace(self) -> str:
        """The namespace that its plugin registers, such as ``wc/v3``."""
        ...

    @property
    def plugin(self) -> str:
        """Who brings it, as its owner calls it."""
        ...

    @property
    def permission(self) -> str:
        """Which role or setting an account needs to read it: a sentence."""
        ...


class Probe(Protocol):
    """A source that can be tried."""

    @property
    def needs(self) -> Needs:
        """What it needs."""
        ...

    def look(self, site: Client) -> int | None:
        """Asks for a little of it; gives how many rows it has. Raises what the client raises."""
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
        state, detail = named(trouble)
        return Discovery(None, _everywhere(probes, state, detail))
    login = Login(client)
    return Discovery(root, tuple(_look(client, root, login, key, probes[key]) for key in probes))


def _everywhere(probes: Iterable[str], state: str, detail: str) -> tuple[Finding, ...]:
    return tuple(Finding(source, state, detail) for source in probes)


def _look(client: Client, root: Root, login: Login, source: str, probe: Probe) -> Finding:
    if root.is_whole and probe.needs.namespace not in root.namespaces:
        detail = f"{probe.needs.plugin} is not active at the site, or too old to answer over REST."
        return Finding(source, "plugin_absent", detail)
    if not client.opens(probe.needs.namespace):
        why = "The shop's keys open nothing but the shop. " if client.keys else ""
        detail = f"{why}Give a user name and an application password. {probe.needs.permission}"
        return Finding(source, "needs_permission", detail)
    try:
        count = probe.look(client)
    except (TryLater, AskTheOwner, NotUnderstood) as trouble:
        return Finding(source, *_why(trouble, client, root, login, probe))
    rows = "Its rows" if count is None else f"{count} rows"
    return Finding(source, "ready", f"{rows} can be read.")


def _why(
    trouble: TryLater | AskTheOwner | NotUnderstood,
    client: Client,
    root: Root,
    login: Login,
    probe: Probe,
) -> tuple[str, str]:
    if isinstance(trouble, AskTheOwner):
        if trouble.anonymous:
            return _why_a_stranger(client, root, login, trouble)
        refused = trouble.code.startswith(("rest_", "woocommerce_rest_", "xmlrpc_40"))
        if trouble.state == "needs_permission" and refused:
            return "needs_permission", f"This account may not read it. {probe.needs.permission}"
    if isinstance(trouble, NotUnderstood) and not trouble.code:
        return "blocked", f"The route answers, but not as its plugin does. {trouble.sentence}"
    return named(trouble)


def no_app_passwords(url: str, root: Root) -> tuple[str, str]:
    """Why the site at ``url`` says that it takes no application passwords: state and what to do."""
    if root.runs("wordfence"):
        return "app_passwords_unavailable", (
            "Wordfence has switched application passwords off: untick Wordfence > All Options > "
            "Brute Force Protection > Disable WordPress application passwords."
        )
    if "wp-site-health/v1" not in root.namespaces:  # both came with WordPress 5.6
        return "version_too_old", (
            "This WordPress has no application passwords, which came with version 5.6: update it."
        )
    if url.startswith("http://"):
        return "insecure_http", (
            "WordPress takes application passwords only over https: give the site a certificate "
            "and add it with its https:// address. (A test site may set "
            "WP_ENVIRONMENT_TYPE=local instead.)"
        )
    return "app_passwords_unavailable", (
        "Application passwords are switched off at the site: a security plugin (such as "
        "All-In-One Security) does that, or WordPress does not know that it is reached over "
        "https because a proxy in front does not tell it (X-Forwarded-Proto)."
    )


def named(trouble: TryLater | AskTheOwner | NotUnderstood) -> tuple[str, str]:
    """A trouble as a state and what to do."""
    state = trouble.state if isinstance(trouble, AskTheOwner) else "unreachable"
    return state, trouble.sentence


def _why_a_stranger(
    client: Client, root: Root, login: Login, trouble: AskTheOwner
) -> tuple[str, str]:
    """Why a site treats us as a stranger although we gave a password."""
    if trouble.state == "blocked":
        return named(trouble)
    return login.why_a_stranger() if root.app_passwords else no_app_passwords(client.url, root)
