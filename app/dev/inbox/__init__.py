"""An inbox to try things out with: takes every mail by SMTP, shows it in the browser."""

import signal
import threading
from types import FrameType, TracebackType

from app.dev.inbox.mail import Mail
from app.dev.inbox.pages import Pages
from app.dev.inbox.smtp import Desk

__all__ = ["Inbox", "Mail", "main"]


class Inbox:
    """An SMTP server on 127.0.0.1 and a page that shows what it took.

    Port 0 takes a free one. ``die_after``: after so many mails it closes its connections
    between messages and refuses new ones, until it is revived.
    """

    def __init__(
        self, smtp_port: int = 0, http_port: int = 0, *, die_after: int | None = None
    ) -> None:
        self._desk = Desk(smtp_port, die_after=die_after)
        self._pages = Pages(self._desk.mails, http_port)

    def __enter__(self) -> "Inbox":
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    @property
    def messages(self) -> list[Mail]:
        """What was taken so far, oldest first."""
        return list(self._desk.mails)

    @property
    def smtp_port(self) -> int:
        """Where mail is taken."""
        return self._desk.port

    @property
    def url(self) -> str:
        """Where mail is shown."""
        return self._pages.url

    @property
    def dead(self) -> bool:
        """Whether it refuses connections."""
        return self._desk.dead

    def start(self) -> None:
        """Begins to take and to show. Raises OSError when a port is in use."""
        self._desk.start()
        try:
            self._pages.start()
        except BaseException:
            self._desk.stop()
            raise

    def revive(self) -> None:
        """Takes mail again after it died, as much as comes."""
        self._desk.revive()

    def stop(self) -> None:
        """Ends both; the mails stay in ``messages``."""
        self._pages.stop()
        self._desk.stop()


def main(smtp_port: int, http_port: int) -> None:
    """Runs an inbox until Ctrl-C or SIGTERM."""
    over = threading.Event()

    def end(_signal: int, _frame: FrameType | None) -> None:
        over.set()

    signal.signal(signal.SIGINT, end)
    signal.signal(signal.SIGTERM, end)
    with Inbox(smtp_port, http_port) as inbox:
        print(f"Taking mail at 127.0.0.1 port {inbox.smtp_port} (no encryption, any login)")
        print(f"Showing it at {inbox.url}", flush=True)
        while not over.wait(1.0):
            pass
