"""How long a site may take for a whole answer: each byte in time is not enough."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from requests.exceptions import RequestException, Timeout

from wp_bridge.addresses import unreachable
from wp_bridge.door import Door


@contextmanager
def hung_up_after(seconds: float, door: Door, url: str) -> Iterator[None]:
    """Ends what is under way at ``door`` when it takes longer; says in our words what went wrong.

    Our own hanging up looks like a line that broke, or like the end of an answer.
    """
    late = threading.Event()

    def hang_up() -> None:
        late.set()
        door.hang_up()

    watch = threading.Timer(seconds, hang_up)
    watch.daemon = True
    watch.start()
    try:
        yield
    except RequestException as error:
        raise unreachable(url, Timeout() if late.is_set() else error) from None
    finally:
        watch.cancel()
    if late.is_set():
        raise unreachable(url, Timeout())
