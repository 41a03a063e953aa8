"""Posts something to somebody's server and says what was heard; never raises, follows nothing."""

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import requests
from requests.exceptions import RequestException, SSLError, Timeout

from wp_bridge.door import Door, Refused

CONNECT_SECONDS, READ_SECONDS, WHOLE_SECONDS = 5.0, 10.0, 20.0
#: Of an answer only its beginning is read, for whoever has to find out why it failed.
_MOST = 300


@dataclass(frozen=True, slots=True)
class Answer:
    """``status`` None: there was no answer, and ``words`` say why."""

    status: int | None
    words: str

    @property
    def ok(self) -> bool:
        """Whether it was taken: 2xx."""
        return self.status is not None and 200 <= self.status < 300


def post(
    url: str,
    body: bytes,
    headers: Mapping[str, str],
    *,
    allowed: Callable[[str], bool],
    plainly: Callable[[str], bool],
    seconds: float = WHOLE_SECONDS,
) -> Answer:
    """``allowed`` judges the IP address that is really reached, ``plainly`` whether it may be
    spoken to over plain http.
    """
    door = Door(http=lambda ip: allowed(ip) and plainly(ip), https=allowed)
    watch = threading.Timer(seconds, door.hang_up)
    watch.daemon = True
    watch.start()
    try:
        with _Session() as session:
            session.trust_env = False
            session.mount("http://", door)
            session.mount("https://", door)
            with session.post(
                url,
                data=body,
                headers=dict(headers),
                timeout=(CONNECT_SECONDS, READ_SECONDS),
                allow_redirects=False,
                stream=True,
            ) as answer:
                said: bytes = next(answer.iter_content(_MOST), b"")
                return Answer(answer.status_code, _words(answer.status_code, said))
    except Refused as refused:
        return Answer(None, _refused(refused, allowed))
    except (RequestException, OSError, ValueError) as error:
        return Answer(None, _silence(error))
    finally:
        watch.cancel()


class _Session(requests.Session):
    def get_redirect_target(self, resp: requests.Response) -> str | None:
        """None: even without following, requests would take every Location apart, and fail."""
        return None


def _words(status: int, said: bytes) -> str:
    text = " ".join(said.decode("utf-8", "replace").split())
    return f"{status} {text}".strip()


def _refused(refused: Refused, allowed: Callable[[str], bool]) -> str:
    if refused.scheme == "http" and allowed(refused.ip):
        return "the address is on plain http: give an https:// address"
    return (
        f"the name leads to {refused.ip}, which is not on the public network and which this "
        "server does not talk to (PRESSFERRY__NETWORK__ALLOW_PRIVATE)"
    )


def _silence(error: Exception) -> str:
    if isinstance(error, SSLError):
        return "its certificate cannot be trusted"
    if isinstance(error, Timeout):
        return "it did not answer in time"
    return f"it cannot be reached ({type(error).__name__})"
