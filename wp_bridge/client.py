"""Asks one route of a site for one page; the only file that speaks HTTP to sites.

The password goes to the site's own scheme, host and port and nowhere else: redirects are
followed by hand, and only a move of the same site (to https, to or from www.) takes it along.
"""

import secrets
import threading
from base64 import b64encode
from collections.abc import Mapping
from datetime import tzinfo
from typing import Any
from urllib.parse import SplitResult, urlencode, urljoin, urlsplit

import requests
from requests.exceptions import ConnectionError as NoConnection
from requests.exceptions import RequestException, SSLError, Timeout

from wp_bridge import xmlrpc
from wp_bridge.answers import Answer, Raw, understand
from wp_bridge.door import Allowed, Door, Refused
from wp_bridge.errors import AskTheOwner, NotUnderstood, TryLater
from wp_bridge.zones import ZONE_FIELDS, zone_of

CONNECT_SECONDS = 10.0
READ_SECONDS = 45.0
WHOLE_SECONDS = 75.0
MOST_BYTES = 16 * 2**20
MOST_HOPS = 5
_MOVES = (301, 302, 303, 307, 308)


class Client:
    """One site, as one account of it sees it.

    ``url``: the site's address. ``rest_root``: its REST root when that is known already.
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
        rest_root: str = "",
        seconds: float = WHOLE_SECONDS,
        user_agent: str = "pressferry",
    ) -> None:
        self.url = url.rstrip("/")
        self.rest_root = rest_root
        self.has_login = bool(username and password)
        self._account = (username, password)
        self._zone: tzinfo | None = None
        self._login = "Basic " + b64encode(f"{username}:{password}".encode()).decode()
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
        return understand(self._ask("GET", rest_url(root, route, query), anonymous)[1])

    def call(self, method: str, *values: Any) -> Any:
        """What an XML-RPC method answers to blog, user name, password and ``values``."""
        body = xmlrpc.question(method, (1, *self._account, *values))
        return xmlrpc.understand(self._ask("POST", self.url + xmlrpc.PATH, False, body)[1])

    def zone(self) -> tzinfo:
        """The time zone of the site; asked for once."""
        if self._zone is None:
            self._zone = zone_of(self.get("", {"_fields": ZONE_FIELDS}).data)
        return self._zone

    def visit(self) -> tuple[str, Raw]:
        """The site's front page as a stranger sees it: where it really is, and its headers."""
        url, raw = self._ask("HEAD", self.url + "/", anonymous=True)
        if raw.status in (405, 501):
            url, raw = self._ask("GET", self.url + "/", anonymous=True)
        return url, raw

    def adopt(self, url: str) -> None:
        """From now on the site is at ``url``, when that is the same site; else AskTheOwner."""
        if not _same_site(self.url, url):
            raise _moved_away(self.url, url)
        self.url = url.rstrip("/")

    def close(self) -> None:
        """Gives the connections back."""
        self._stranger.close()
        self._known.close()

    def _ask(
        self, method: str, url: str, anonymous: bool, body: bytes | None = None
    ) -> tuple[str, Raw]:
        home = self.rest_root or self.url
        anonymous = anonymous or not self.has_login
        for _ in range(MOST_HOPS):
            raw = self._send(method, url, anonymous, body)
            target = raw.headers.get("location")
            if raw.status not in _MOVES or not target:
                return url, raw
            url = _next(url, target)
            if not _same_site(home, url) or not (anonymous or _same_host(home, url)):
                raise _moved_away(home, url)
        raise NotUnderstood("The site redirects in a circle: open it in a browser and mend that.")

    def _send(self, method: str, url: str, anonymous: bool, body: bytes | None) -> Raw:
        session, door = (
            (self._stranger, self._open_door) if anonymous else (self._known, self._login_door)
        )
        watch = threading.Timer(self._seconds, door.hang_up)
        watch.daemon = True
        watch.start()
        try:
            with session.request(
                method,
                url,
                data=body,
                headers=self._headers(anonymous, body),
                timeout=(CONNECT_SECONDS, READ_SECONDS),
                allow_redirects=False,
                stream=True,
            ) as answer:
                names = {name.lower(): value for name, value in answer.headers.items()}
                return Raw(answer.status_code, names, _read(answer))
        except Refused as refused:
            raise self._refused(refused) from None
        except RequestException as error:
            raise _unreachable(url, error) from None
        finally:
            watch.cancel()

    def _headers(self, anonymous: bool, body: bytes | None) -> dict[str, str]:
        if body is not None:
            return {"Content-Type": "text/xml"}  # the login is in it
        return {} if anonymous else {"Authorization": self._login}

    def _refused(self, refused: Refused) -> AskTheOwner:
        if refused.scheme == "http" and self._allowed(refused.ip):
            return AskTheOwner(
                "insecure_http",
                "The site is on plain http, where everybody on the way could read the password: "
                "give its https:// address, or set PRESSFERRY__NETWORK__ALLOW_HTTP=true.",
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


def _next(url: str, target: str) -> str:
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


def _same_site(here: str, there: str) -> bool:
    """Whether ``there`` is still the site ``here``: same origin, a step to https, www or not."""
    a, b = urlsplit(here), urlsplit(there)
    if (a.hostname or "").removeprefix("www.") != (b.hostname or "").removeprefix("www."):
        return False
    if a.scheme == "http" and b.scheme == "https":
        return True
    return a.scheme == b.scheme and _port(a) == _port(b)


def _same_host(here: str, there: str) -> bool:
    return urlsplit(here).hostname == urlsplit(there).hostname


def _port(parts: SplitResult) -> int:
    return parts.port or (443 if parts.scheme == "https" else 80)


def _moved_away(here: str, there: str) -> AskTheOwner:
    parts = urlsplit(there)
    return AskTheOwner(
        "unreachable",
        f"{here} sends visitors on to {parts.scheme}://{parts.netloc}, which is another site, so "
        "the password was not sent there: add the site under that address.",
    )


def _unreachable(url: str, error: RequestException) -> Exception:
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
