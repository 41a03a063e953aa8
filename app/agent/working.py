"""An agent at work: asks what to do, reads it from the site, and brings it to the server."""

import hmac
import threading
from collections.abc import Callable, Generator
from contextlib import closing
from hashlib import sha256
from typing import Any
from uuid import UUID

import structlog

import connectors
from app import __version__, clock, ids
from app.agent.courier import Courier
from app.agent.nearby import open_site
from app.agent.server import Absent, Rejected, Server, folded
from app.agent.spool import Spool
from config.agent import AgentSettings
from connectors import Pull
from sync import remote
from sync.remote import FORMAT, Batch, Task
from wp_bridge import discovery
from wp_bridge import root as roots
from wp_bridge.client import Client
from wp_bridge.errors import NotUnderstood

log = structlog.get_logger(__name__)

#: Seconds between two looks whether there is room again on a full disk or in a full spool.
_LOOK = 1.0


class Agent:
    """One site, one server. ``stop`` ends it after the page that is under way."""

    def __init__(
        self,
        settings: AgentSettings,
        spool: Spool,
        server: Server,
        stop: threading.Event,
        *,
        monotonic: Callable[[], float] = clock.monotonic,
    ) -> None:
        self._settings = settings
        self._spool = spool
        self._stop = stop
        self._courier = Courier(spool, server, now=clock.now, monotonic=monotonic)
        self._courier.record.server, self._courier.record.site = server.url, settings.site.url
        self._is_patient = True

    def forever(self) -> None:
        """Works until it is told to stop; whatever goes wrong is tried again."""
        is_new = True
        while not self._stop.is_set():
            try:
                wait = self._turn(begin=False, look=is_new)
                is_new = False
            except (Absent, Rejected):
                wait = self._courier.rest
            self._stop.wait(wait)

    def once(self) -> str:
        """Brings what waits, reads every source once and brings it; "" or what went wrong.

        Raises Absent, Rejected.
        """
        self._is_patient = False
        before = self._courier.record
        # A login that was mended opens what was shut: that must not wait for the next look.
        is_another = bool(before.visited_at) and before.login != self._login()
        wait = self._turn(begin=True, look=is_another)
        while wait == 0 and not self._stop.is_set():
            wait = self._turn(begin=False, look=False)
        if not self._courier.record.readable:
            self._courier.stuck("site", "Nothing can be read there: `pressferry agent doctor`.")
        return self._courier.record.error if self._courier.troubles else ""

    def _turn(self, *, begin: bool, look: bool) -> float:
        """One thing to do; gives the seconds to rest afterwards. Raises Absent, Rejected."""
        self._courier.deliver()
        orders = self._courier.visit(self._said(begin=begin, look=look))
        if orders.get("look"):
            orders = self._courier.visit(self._said(begin=begin, look=True))
        if (task := _task(orders)) is None:
            for one in orders.get("stuck", []):
                self._courier.stuck(str(one["source"]), str(one["why"]))
            wait = orders.get("wait")
            return float(wait) if isinstance(wait, int | float) else 60.0
        self._run(task)
        return 0.0

    def _said(self, *, begin: bool, look: bool) -> dict[str, Any]:
        said: dict[str, Any] = {"format": FORMAT, "version": __version__, "begin": begin}
        said["once"] = not self._is_patient
        return {**said, **self._found()} if look else said

    def _found(self) -> dict[str, Any]:
        """What can be read at the site."""
        with closing(open_site(self._settings.site)) as site:
            found = discovery.discover(site, connectors.find())
        findings = [
            {"source": one.source, "state": one.state, "detail": one.detail[:2000]}
            for one in found.findings
        ]
        self._courier.record.readable = sum(one["state"] == "ready" for one in findings)
        self._courier.record.login = self._login()
        return {"findings": findings, "name": found.root.name if found.root else ""}

    def _login(self) -> str:
        """By what a login is known again; nobody guesses at it without the agent's own secret."""
        site = self._settings.site
        said = "\0".join((site.username, site.password, *(site.keys or ())))
        return hmac.new(self._settings.key[1].encode(), said.encode(), sha256).hexdigest()[:32]

    def _run(self, task: Task) -> None:
        """Reads one source to its end, or until the server wants no more of it."""
        log.info("reading", source=task.source, batch=task.number)
        record = self._courier.record
        record.readable = (
            record.readable or 1
        )  # a fresh state folder knows nothing of the last look
        with (
            closing(open_site(self._settings.site)) as site,
            closing(self._batches(site, task)) as batches,
        ):
            for batch in batches:
                if self._stop.is_set():
                    return
                if batch.trouble is not None:
                    self._courier.fail(f"{task.source}: {batch.trouble.sentence}")
                self._keep(task, batch)
                if self._is_over(task):
                    return
        self._bring_the_rest()

    def _batches(self, site: Client, task: Task) -> Generator[Batch]:
        connector = connectors.find().get(task.source)
        if connector is None:
            trouble = NotUnderstood(f"The agent has no connector '{task.source}': update it.")
            yield Batch(task.run_id, task.number, trouble=trouble)
            return

        def reach() -> Client:
            if not site.rest_root:
                roots.find(site)
            return site

        yield from remote.run(connector, reach, task, lambda: not self._stop.is_set())

    def _keep(self, task: Task, batch: Batch) -> None:
        """Puts a batch into the spool; a disk without room is waited for."""
        said = {"format": FORMAT, "batch_id": str(ids.new_id()), **remote.encoded(batch)}
        body = folded(said)
        while not self._stop.is_set():
            try:
                self._spool.add(UUID(task.run_id).hex, task.source, body)
                return
            except OSError as error:
                log.error("the spool cannot be written", why=error.strerror)
                if not self._is_patient:
                    raise
                self._is_over(task)
                self._stop.wait(_LOOK)

    def _is_over(self, task: Task) -> bool:
        """Brings what can be brought; whether the run goes no further. Raises Rejected.

        While the server is absent and the spool is full, nothing more is read.
        """
        while not self._stop.is_set():
            if self._courier.rest == 0:
                try:
                    return UUID(task.run_id).hex in self._courier.deliver()
                except Absent:
                    if self._spool.is_full and not self._is_patient:
                        raise
            if not self._spool.is_full:
                return False
            self._stop.wait(min(_LOOK, self._courier.rest))
        return True

    def _bring_the_rest(self) -> None:
        """The run is read: what still waits is brought before anything else. Raises Absent."""
        if self._spool.waiting():
            self._courier.deliver()


def _task(orders: dict[str, Any]) -> Task | None:
    """The run in a server's answer. Raises Rejected for one that is none."""
    said = orders.get("task")
    if said is None:
        return None
    try:
        pull = Pull(said["cursor"], said["since"], said["options"])
        return Task(str(UUID(said["run_id"])), str(said["source"]), int(said["number"]), pull)
    except (KeyError, TypeError, ValueError):
        raise Rejected("The server's orders are not understood: update this agent.") from None
