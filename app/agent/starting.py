"""Puts an agent together, and lets it work until it is done or told to stop."""

import signal
import threading
from contextlib import closing

from app import clock, logs
from app.agent.server import Server
from app.agent.spool import Spool
from app.agent.working import Agent
from app.garbage import spare_what_is_loaded
from config.agent import AgentSettings


def start(settings: AgentSettings, *, once: bool) -> str:
    """Works; gives "" or what a person should mend. Raises Busy; with ``once`` Absent, Rejected.

    Without ``once`` it goes on until SIGTERM or Ctrl-C.
    """
    logs.configure("info", "text")
    spool = Spool(settings.state_dir, settings.spool_bytes)
    plainly = settings.site.allow_http
    with (
        spool.alone(),
        closing(Server(settings.server, settings.key, now=clock.now, allow_http=plainly)) as server,
    ):
        agent = Agent(settings, spool, server, _until_told_to_stop())
        spare_what_is_loaded()
        if once:
            return agent.once()
        agent.forever()
        return ""


def _until_told_to_stop() -> threading.Event:
    """Set by the first SIGTERM or Ctrl-C; a second one does not wait."""
    stop = threading.Event()

    def heard(number: int, _frame: object) -> None:
        signal.signal(number, signal.SIG_DFL)
        stop.set()

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, heard)
    return stop
