"""Where a site is: what counts as the same one, and what it means when nobody answers there."""

from collections.abc import Mapping
from urllib.parse import SplitResult, urlencode, urljoin, urlsplit

import requests
from requests.exceptions import ConnectionError as NoConnection
from requests.exceptions import RequestException, SSLError, Timeout

from wp_bridge.errors import AskTheOwner, NotUnderstood, TryLater


def next_hop(url: str, target: str) -> str:
    """Where a redirect at ``url`` leads. Raises NotUnderstood."""
    try:
        found = urljoin(url, target).partition("#")[0]
        urlsplit(found).port  # noqa: B018 - raises when it is none
    except ValueError:
        raise NotUnderstood("The site redirects to an address that is none.") from None
    return found


def rest_url(root: str, route: str, params: Mapping[str, str]) -> str:
    """The address of a route under a root of either form, ``/wp-json/`` or ``/?rest_route=/``."""
    query = urlencode(params)
    if "rest_route=" in root:
        return f"{root.rstrip('/')}/{route}" + (f"&{query}" if query else "")
    return f"{root.rstrip('/')}/{route}" + (f"?{query}" if query else "")


def same_site(here: str, there: str) -> bool:
    """Whether ``there`` is still the site ``here``: same origin, a step to https, www or not."""
    a, b = urlsplit(here), urlsplit(there)
    if (a.hostname or "").removeprefix("www.") != (b.hostname or "").removeprefix("www."):
        return False
    if a.scheme == "http" and b.scheme == "https":
        return True
    return a.scheme == b.scheme and _port(a) == _port(b)


def same_host(here: str, there: str) -> bool:
    """Whether both are at one host."""
    return urlsplit(here).hostname == urlsplit(there).hostname


def _port(parts: SplitResult) -> int:
    return parts.port or (443 if parts.scheme == "https" else 80)


def moved_away(here: str, there: str) -> AskTheOwner:
    """A site that sends visitors on to another one."""
    parts = urlsplit(there)
    return AskTheOwner(
        "unreachable",
        f"{here} sends visitors on to {parts.scheme}://{parts.netloc}, which is another site, so "
        "the password was not sent there: add the site under that address.",
    )


def unreachable(url: str, error: RequestException) -> Exception:
    """What a failed request means."""
    host = urlsplit(url).netloc
    if isinstance(error, SSLError):
        return AskTheOwner(
            "unreachable", f"The certificate of {host} cannot be trusted: mend it at the site."
        )
    if isinstance(error, Timeout):
        return TryLater(f"{host} did not answer in time.")
    if isinstance(error, NoConnection):
        return TryLater(f"{host} cannot be reached: check its address and that it is up.")
    if isinstance(error, requests.exceptions.ChunkedEncodingError):
        return TryLater(f"The answer of {host} was cut off.")
    return NotUnderstood(f"{host} does not speak HTTP as it should ({type(error).__name__}).")
