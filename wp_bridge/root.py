"""Where a site's REST API is, and what its index says about the site."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit, urlunsplit

from requests.utils import parse_header_links

from wp_bridge.client import Client
from wp_bridge.errors import AskTheOwner, NotUnderstood, TryLater

#: Without this the index of a big site is over a megabyte.
_FIELDS = "name,url,home,gmt_offset,timezone_string,namespaces,authentication"
Trouble = TryLater | AskTheOwner | NotUnderstood


@dataclass(frozen=True, slots=True)
class Root:
    """A REST root: ``url`` is what routes are appended to.

    ``app_passwords``: whether the site says that it takes application passwords;
    ``authorization``: its page on which one is approved, "" when it names none. ``is_whole``:
    False when its index is closed to us, and only a shop's keys found a way in.
    """

    url: str
    name: str
    namespaces: frozenset[str]
    app_passwords: bool
    authorization: str = ""
    is_whole: bool = True

    def runs(self, plugin: str) -> bool:
        """Whether a namespace of ``plugin`` is there."""
        return any(name.partition("/")[0] == plugin for name in self.namespaces)


def find(client: Client) -> Root:
    """The REST root of a site; the client uses it from then on.

    Asked for as a stranger first, then with the login, because plugins close the index to
    strangers. Raises TryLater, AskTheOwner or NotUnderstood: the trouble that says most.
    """
    url, front = client.visit()
    client.adopt(_base(client.url, url))
    troubles: list[Trouble] = []
    for candidate in _candidates(client.url, front.headers.get("link", "")):
        for anonymous in (True, False):
            try:
                root = _read(candidate, client.get_from(candidate, "", _PARAMS, anonymous).data)
            except (TryLater, AskTheOwner, NotUnderstood) as trouble:
                troubles.append(trouble)
                if _is_final(trouble):
                    raise
            else:
                client.rest_root = root.url
                return root
    if by_keys := _by_keys(client):
        client.rest_root = by_keys.url
        return by_keys
    raise max(troubles, key=_telling)


def _by_keys(client: Client) -> Root | None:
    """The root of a site that closes its index, but not its shop to the shop's keys."""
    url = f"{client.url}/wp-json/"
    if client.keys is None:
        return None
    try:
        client.get_from(url, "wc/v3/customers", {"per_page": "1", "_fields": "id"})
    except (TryLater, AskTheOwner, NotUnderstood):
        return None
    return Root(url, "", frozenset({"wc/v3"}), False, is_whole=False)


_PARAMS = {"_fields": _FIELDS}


def _base(asked: str, found: str) -> str:
    """Where the site moved to, keeping its path: the front page may redirect to a language."""
    moved, wanted = urlsplit(found), urlsplit(asked)
    return urlunsplit((moved.scheme, moved.netloc, wanted.path, "", ""))


def _candidates(base: str, link: str) -> Iterator[str]:
    """Roots to try: what the site announces, then the two usual places."""
    seen = set()
    for root in (_announced(base, link), f"{base}/wp-json/", f"{base}/?rest_route=/"):
        if root and root not in seen:
            seen.add(root)
            yield root


def _announced(base: str, link: str) -> str:
    """The root in a Link header, put on the site's own host: behind a proxy it may name another."""
    for entry in parse_header_links(link) if link else []:
        if entry.get("rel") == "https://api.w.org/":
            there, here = urlsplit(entry["url"]), urlsplit(base)
            query = there.query if there.query.startswith("rest_route=") else ""
            return urlunsplit((here.scheme, here.netloc, there.path, query, ""))
    return ""


def _read(url: str, data: Any) -> Root:
    namespaces = data.get("namespaces") if isinstance(data, dict) else None
    if not isinstance(namespaces, list):
        raise NotUnderstood("What answers there is not the REST API of a WordPress site.")
    name, authentication = data.get("name"), data.get("authentication")
    # PHP writes an empty map as an empty list.
    ways = authentication if isinstance(authentication, dict) else {}
    return Root(
        url=url,
        name=name[:200] if isinstance(name, str) else "",
        namespaces=frozenset(str(entry) for entry in namespaces),
        app_passwords="application-passwords" in ways,
        authorization=_on_site(url, ways.get("application-passwords")),
    )


def _on_site(root: str, way: Any) -> str:
    """The approval page, on the site's own host: who follows the link shall land nowhere else."""
    ends = way.get("endpoints") if isinstance(way, dict) else None
    page = ends.get("authorization") if isinstance(ends, dict) else None
    if not isinstance(page, str) or not page.startswith(("https://", "http://")):
        return ""
    here, there = urlsplit(root), urlsplit(page)
    return urlunsplit((here.scheme, here.netloc, there.path, there.query, ""))


def _is_final(trouble: Trouble) -> bool:
    """Whether asking elsewhere at the same site would only repeat it."""
    if isinstance(trouble, AskTheOwner):
        return trouble.state in ("unreachable", "insecure_http") or trouble.is_wrong_login
    return isinstance(trouble, TryLater)


def _telling(trouble: Trouble) -> int:
    if isinstance(trouble, AskTheOwner):
        return 1 if trouble.state == "plugin_absent" else 3
    return 2 if isinstance(trouble, TryLater) else 0
