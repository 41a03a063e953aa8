"""A site, a server that can be switched off, and agents between them; HTTP is real."""

import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from werkzeug.serving import BaseWSGIServer, make_server

from app import clock
from app.agent.server import Server
from app.agent.spool import Spool
from app.agent.working import Agent
from app.db import Database
from app.dev import ports
from app.dev.people import make_people
from app.dev.wordpress import WordPressStandIn
from app.dev.wordpress_front import Asked, Reply
from app.rules import signing
from app.runtime import Runtime
from app.vault import Vault
from config.agent import AgentSettings, SiteAccess
from tests.app.agent_desk import Desk, opened
from tests.app.conftest import _cheap_passwords, _settle
from tests.waiting import PATIENCE

__all__ = ["_cheap_passwords"]


class GatedSite(WordPressStandIn):
    """A site that stops in front of a page; ``pages``: the pages of users it was asked for.

    ``asked``: how often its REST API was asked for anything. ``hidden``: users whom it
    counts, and does not show.
    """

    def __init__(self, people: int, port: int = 0) -> None:
        super().__init__(make_people(people), port=port)
        self.pages: list[int] = []
        self.asked = 0
        self.hidden: set[int] = set()
        self.gate = threading.Event()
        self.closed_at = 10**9

    def close_at(self, page: int) -> None:
        """Answers no page from this one on, until the gate is opened."""
        self.gate.clear()
        self.closed_at = page

    def answer(self, asked: Asked) -> Reply:
        self.asked += 1
        return super().answer(asked)

    def _users(self, query: Mapping[str, str]) -> Reply:
        if query.get("per_page") == "100" and query.get("_fields") != "id":  # that is a look
            page = int(query["page"])
            if page >= self.closed_at:
                self.gate.wait(PATIENCE)
            self.pages.append(page)
        reply = super()._users(query)
        if isinstance(reply.data, list):
            reply.data[:] = [one for one in reply.data if one.get("id") not in self.hidden]
        return reply


@dataclass
class Switched:
    """A web server on one port that can be switched off and on again."""

    app: Flask
    port: int
    _server: BaseWSGIServer | None = None
    _thread: threading.Thread | None = None

    def on(self) -> None:
        self._server = make_server("127.0.0.1", self.port, self.app, threaded=True)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,))
        self._thread.start()

    def off(self) -> None:
        if self._server and self._thread:
            self._server.shutdown()
            self._thread.join()
            self._server.server_close()
            self._server = None


@contextmanager
def switched_on(app: Flask) -> Iterator[Switched]:
    """A server whose port stays its own, also while it is off."""
    with ports.kept() as port:
        server = Switched(app, ports.number(port))
        server.on()
        try:
            yield server
        finally:
            server.off()


@dataclass
class Stage:
    """A site, a server, and where agents keep what they read."""

    site: GatedSite
    server: Switched
    desk: Desk
    folder: Path
    stop: threading.Event = field(default_factory=threading.Event)
    access: SiteAccess | None = None

    @property
    def url(self) -> str:
        """Where the server is."""
        return f"http://127.0.0.1:{self.server.port}"

    def settings(self, most: int = 10**8, password: str = "") -> AgentSettings:
        """What an agent works with."""
        access = self.access or SiteAccess(
            self.site.url, "admin", password or self.site.password, False
        )
        parts = signing.agent_key_parts(self.desk.key)
        assert parts
        key = (parts[0].hex, parts[1])
        return AgentSettings(access, self.url, key, self.folder, most)

    def spool(self, most: int = 10**8) -> Spool:
        """What waits."""
        return Spool(self.folder, most)

    def work(self, do: Callable[[Agent], Any], most: int = 10**8, password: str = "") -> None:
        """Lets an agent work in this thread."""
        settings, spool = self.settings(most, password), self.spool(most)
        with (
            spool.alone(),
            closing(Server(self.url, settings.key, now=clock.now, allow_http=False)) as server,
        ):
            do(Agent(settings, spool, server, self.stop))


@pytest.fixture
def stage(web: Flask, database: Database, tmp_path: Path) -> Iterator[Stage]:
    """A site of 450 people, and an agent's key for it; on SQLite and on PostgreSQL."""
    vault = Vault(["a master key for tests"])
    runtime = Runtime(database, vault, clock.now, "http://127.0.0.1:8080", allow_private=True)
    web.extensions["pressferry"] = runtime
    with switched_on(web) as server, ports.kept() as port:
        site = GatedSite(450, ports.number(port))
        site.start()
        desk = opened(web, runtime, _settle(web, "owner"), site.url)
        made = Stage(site, server, desk, tmp_path / "agent")
        yield made
        made.stop.set()
        site.gate.set()
        site.stop()
