"""Asks one route of a site for one page; the only file that speaks HTTP to sites.

The password goes to the site's own scheme, host and port and nowhere else: redirects are
followed by hand, and only a move of the same site (to https, to or from www.) takes it along.
"""

import json
import re
import secrets
from collections.abc import Mapping
from datetime import tzinfo
from types import MappingProxyType
from typing import Any

import requests

from wp_bridge import xmlrpc
from wp_bridge.addresses import moved_away, next_hop, rest_url, same_host, same_site
from wp_bridge.answers import Answer, Raw, understand
from wp_bridge.door import Allowed, Door, Refused
from wp_bridge.errors import AskTheOwner, NotUnderstood
from wp_bridge.patience import hung_up_after
from wp_bridge.ways import Account, Keys, Method, Stranger, Way, opens_shop, without_permalinks
from wp_bridge.zones import ZONE_FIELDS, zone_of

CONNECT_SECONDS = 10.0
READ_SECONDS = 45.0
WHOLE_SECONDS = 75.0
MOST_BYTES = 16 * 2**20
MOST_HOPS = 5
_MOVES = (301, 302, 303, 307, 308)
_STRANGER = Stranger()
_APPLICATION_PASSWORD = re.compile(r"(?:[A-Za-z0-9]{4} ?){6}")


class Client:
    """One site, as one account of it sees it.

    ``url``: the site's address. ``rest_root``: its REST root when that is known already.
    ``keys``: a shop's own, which are used wherever they open.
    ``allowed`` and ``plainly`` judge IP addresses: may we connect, and may a password travel
    there over plain http. ``seconds`` is what one answer may take in all. For one thread at a
    time.
    """

    def __init__(
        self,
        url: str,
        username: str,
        password: str,
        *,
        allowed: Allowed,
        plainly: Allowed,
        keys: Keys | None = None,
        rest_root: str = "",
        seconds: float = WHOLE_SECONDS,
        user_agent: str = "pressferry",
    ) -> None:
        self.url = url.rstrip("/")
        self.rest_root = rest_root
        self.has_login = bool(username and password)
        self.keys = keys
        self._account = (username, password)
        self._login: Way = Account(username, password) if self.has_login else _STRANGER
        self._zone: tzinfo | None = None
        self._seconds = seconds
        self._allowed = allowed
        self._open_door = Door(http=allowed, https=allowed)
        self._login_door = Door(http=lambda ip: allowed(ip) and plainly(ip), https=allowed)
        self._stranger = _session(self._open_door, user_agent)
        self._known = _session(self._login_door, user_agent)

    def get(self, route: str, params: Mapping[str, str], *, anonymous: bool = False) -> Answer:
        """What ``route`` ("wp/v2/users") answers. Raises TryLater, AskTheOwner, NotUnderstood."""
        return self.get_from(self.rest_root or self.url + "/wp-json/", route, params, anonymous)

    def get_from(
        self, root: str, route: str, params: Mapping[str, str], anonymous: bool = False
    ) -> Answer:
        """The same at another REST root of this site."""
        query = {**params, "_": secrets.token_hex(6)}  # page caches may ignore who is asking
        way = _STRANGER if anonymous else self._way_to(route, root)
        return self._routed("GET", rest_url(root, route, query), way)

    def change(self, method: Method, route: str, data: Mapping[str, Any] | None = None) -> Answer:
        """Changes something at the site; only what its owner has switched on may ask for this.

        ``method``: POST, PUT or DELETE. Raises as ``get``.
        """
        root = self.rest_root or self.url + "/wp-json/"
        body = None if data is None else json.dumps(data).encode()
        force = {"force": "true"} if method == "DELETE" else {}
        url = rest_url(root, route, force)
        return self._routed(method, url, self._way_to(route, root), body)

    def opens(self, namespace: str) -> bool:
        """Whether what we have could open the routes of a namespace."""
        return self.has_login or (self.keys is not None and opens_shop(namespace))

    def _way_to(self, route: str, root: str) -> Way:
        if self.keys is None or not opens_shop(route):
            return self._login
        if "rest_route=" not in root:
            return self.keys
        if not self.has_login:
            raise without_permalinks()
        return self._login

    def _routed(self, method: Method, url: str, way: Way, body: bytes | None = None) -> Answer:
        kind = {"Content-Type": "application/json"} if body is not None else {}
        try:
            return understand(self._ask(method, url, way, body, kind)[1])
        except AskTheOwner as trouble:
            if isinstance(way, Keys):
                raise way.explained(trouble, url) from None
            raise

    @property
    def has_application_password(self) -> bool:
        """Whether the password looks like one that WordPress makes: 24 letters and digits, shown
        in groups of four.
        """
        return bool(_APPLICATION_PASSWORD.fullmatch(self._account[1]))

    def call(self, method: str, *values: Any) -> Any:
        """What an XML-RPC method answers to blog, user name, password and ``values``."""
        body = xmlrpc.question(method, (1, *self._account, *values))
        # The login is in the body, so no other comes along.
        way = Stranger(is_known=self.has_login)
        kind = {"Content-Type": "text/xml"}
        return xmlrpc.understand(self._ask("POST", self.url + xmlrpc.PATH, way, body, kind)[1])

    def zone(self) -> tzinfo:
        """The time zone of the site; asked for once."""
        if self._zone is None:
            self._zone = zone_of(self.get("", {"_fields": ZONE_FIELDS}).data)
        return self._zone

    def visit(self) -> tuple[str, Raw]:
        """The site's front page as a stranger sees it: where it really is, and its headers."""
        url, raw = self._ask("HEAD", self.url + "/", _STRANGER)
        if raw.status in (405, 501):
            url, raw = self._ask("GET", self.url + "/", _STRANGER)
        return url, raw

    def adopt(self, url: str) -> None:
        """From now on the site is at ``url``, when that is the same site; else AskTheOwner."""
        if not same_site(self.url, url):
            raise moved_away(self.url, url)
        self.url = url.rstrip("/")

    def close(self) -> None:
        """Gives the connections back."""
        self._stranger.close()
        self._known.close()

    def _ask(
        self,
        method: Method,
        url: str,
        way: Way,
        body: bytes | None = None,
        headers: Mapping[str, str] = MappingProxyType({}),
    ) -> tuple[str, Raw]:
        home = self.rest_root or self.url
        for _ in range(MOST_HOPS):
            raw = self._send(method, url, way, body, headers)
            target = raw.headers.get("location")
            if raw.status not in _MOVES or not target:
                return url, raw
            url = next_hop(url, target)
            if not same_site(home, url) or (way.is_known and not same_host(home, url)):
                raise moved_away(home, url)
        raise NotUnderstood("The site redirects in a circle: open it in a browser and mend that.")

    def _send(
        self, method: Method, url: str, way: Way, body: bytes | None, headers: Mapping[str, str]
    ) -> Raw:
        session, door = (
            (self._known, self._login_door) if way.is_known else (self._stranger, self._open_door)
        )
        address, login = way.dress(method, url)
        try:
            with (
                hung_up_after(self._seconds, door, url),
                session.request(
                    method,
                    address,
                    data=body,
                    headers={**headers, **login},
                    timeout=(CONNECT_SECONDS, READ_SECONDS),
                    allow_redirects=False,
                    stream=True,
                ) as answer,
            ):
                names = {name.lower(): value for name, value in answer.headers.items()}
                return Raw(answer.status_code, names, _read(answer))
        except Refused as refused:
            raise self._refused(refused) from None

    def _refused(self, refused: Refused) -> AskTheOwner:
        if refused.scheme == "http" and self._allowed(refused.ip):
            return AskTheOwner(
                "insecure_http",
                "The site is on plain http, where everybody on the way could read the password, "
                "and people's addresses: give its https:// address, or set "
                "PRESSFERRY__NETWORK__ALLOW_HTTP=true.",
            )
        return AskTheOwner(
            "unreachable",
            f"The site's name leads to {refused.ip}, which is not on the public network and which "
            "this server therefore does not talk to. Private and loopback addresses are allowed "
            "with PRESSFERRY__NETWORK__ALLOW_PRIVATE=true, link-local ones never.",
        )


def _read(answer: requests.Response) -> bytes:
    body = bytearray()
    for piece in answer.iter_content(65536):
        body += piece
        if len(body) > MOST_BYTES:
            raise NotUnderstood(f"The site's answer is longer than {MOST_BYTES >> 20} MB.")
    return bytes(body)


class _Session(requests.Session):
    def get_redirect_target(self, resp: requests.Response) -> str | None:
        """None: even without following, requests would take every Location apart, and fail."""
        return None


def _session(door: Door, user_agent: str) -> requests.Session:
    session = _Session()
    session.trust_env = False  # no .netrc, and no proxy: behind one the peer would be the proxy
    session.headers.update({"User-Agent": user_agent, "Accept": "application/json"})
    session.mount("http://", door)
    session.mount("https://", door)
    return session
