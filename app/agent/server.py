"""The server as a sync agent sees it: signed questions, and what their answers mean."""

import gzip
import json
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

import requests
from requests.exceptions import RequestException, SSLError, Timeout

from app import __version__
from app.rules import network, signing
from wp_bridge.door import Door, Refused

CONNECT_SECONDS, READ_SECONDS = 10.0, 60.0
_MOST_REST = 3600.0


class Absent(Exception):
    """The server cannot be asked now: keep everything and ask again.

    ``rest``: the seconds that it asked for, None when it named none.
    """

    def __init__(self, sentence: str, rest: float | None = None) -> None:
        super().__init__(sentence)
        self.sentence = sentence
        self.rest = rest


class Rejected(Exception):
    """The server does not take this from this agent: a person must mend it; keep everything."""

    def __init__(self, sentence: str) -> None:
        super().__init__(sentence)
        self.sentence = sentence


class Over(Exception):
    """The server wants nothing more of this run: ask what to do instead."""

    def __init__(self, sentence: str) -> None:
        super().__init__(sentence)
        self.sentence = sentence


class Server:
    """Where an agent brings what it reads; ``key`` is the agent's. For one thread at a time."""

    def __init__(
        self, url: str, key: tuple[str, str], *, now: Callable[[], datetime], allow_http: bool
    ) -> None:
        self.url = url
        self._id, self._secret = key
        self._now = now
        self._session = _Session()
        # A proxy of the environment is used on https only: the door cannot look behind it.
        self._session.trust_env = urlsplit(url).scheme == "https"
        plainly = Door(http=lambda ip: allow_http or network.is_private(ip), https=lambda _: True)
        self._session.mount("http://", plainly)

    def ask(self, path: str, said: Mapping[str, Any]) -> dict[str, Any]:
        """What the server answers. Raises Absent, Rejected."""
        return self.send(path, folded(said))

    def send(self, path: str, body: bytes) -> dict[str, Any]:
        """The same with a body that is folded already. Raises Over, too."""
        try:
            answer = self._session.post(
                f"{self.url}/api/v1{path}",
                data=body,
                headers=self._headers(body),
                timeout=(CONNECT_SECONDS, READ_SECONDS),
                allow_redirects=False,
            )
        except Refused as refused:
            raise Rejected(
                f"{self.url} leads to {refused.ip}, a public address, over plain http, where "
                "everybody on the way could read along: give its https:// address (or --allow-http)"
            ) from None
        except (RequestException, OSError) as error:
            raise Absent(_silence(self.url, error)) from None
        return _understood(self.url, answer)

    def close(self) -> None:
        """Gives the connection back."""
        self._session.close()

    def _headers(self, body: bytes) -> dict[str, str]:
        moment = int(self._now().timestamp())
        return {
            "Content-Type": "application/json",
            "Content-Encoding": "gzip",
            "Pressferry-Agent": self._id,
            "Pressferry-Signature": signing.signature(self._secret, moment, body),
            "User-Agent": f"pressferry-agent/{__version__}",
        }


def folded(said: Mapping[str, Any]) -> bytes:
    """Something to say, as it is kept and sent."""
    text = json.dumps(said, ensure_ascii=False, separators=(",", ":"))
    return gzip.compress(text.encode(), compresslevel=6, mtime=0)


class _Session(requests.Session):
    def __init__(self) -> None:
        super().__init__()
        self.auth = lambda request: request  # no password out of a .netrc

    def get_redirect_target(self, resp: requests.Response) -> str | None:
        """None: what is signed for one address goes to no other."""
        return None


def _understood(url: str, answer: requests.Response) -> dict[str, Any]:
    status = answer.status_code
    if status == 200:
        data = _json(answer)
        if data is not None:
            return data
        raise Rejected(f"What answers at {url} is not pressferry: check the address.")
    if status in (408, 429) or status >= 500:
        raise Absent(f"{urlsplit(url).netloc} answered {status}.", _rest(answer))
    if answer.headers.get("Content-Type") != "application/problem+json":
        raise Rejected(f"{url} answered {status}, and not as pressferry does: check the address.")
    sentence = str((_json(answer) or {}).get("detail", f"status {status}"))
    if status in (404, 409):
        raise Over(sentence)
    raise Rejected(sentence)


def _json(answer: requests.Response) -> dict[str, Any] | None:
    try:
        data = json.loads(answer.content)
    except (ValueError, RecursionError):
        return None
    return data if isinstance(data, dict) else None


def _rest(answer: requests.Response) -> float | None:
    said = answer.headers.get("Retry-After", "")
    return min(float(said), _MOST_REST) if said.isascii() and said.isdigit() else None


def _silence(url: str, error: Exception) -> str:
    host = urlsplit(url).netloc
    if isinstance(error, SSLError):
        return f"The certificate of {host} cannot be trusted."
    if isinstance(error, Timeout):
        return f"{host} did not answer in time."
    return f"{host} cannot be reached."
