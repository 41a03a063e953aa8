"""A workspace of the API, and a real sender that sends what is launched there."""

from collections.abc import Callable
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from app.runtime import Runtime
from app.sending.letters.letter import Post
from tests.app.conftest import Client, _cheap_passwords, app, owner, runtime
from tests.conftest import TurnableClock
from tests.sending.conftest import world
from tests.sending.servers import RelayServer
from tests.sending.world import World

__all__ = ["Desk", "_cheap_passwords", "app", "owner", "runtime", "world"]

Servers = Callable[..., RelayServer]


class Desk(World):
    """A world whose relays, people and campaigns are made over the API, as people do."""

    def __init__(self, owner: Client, clock: TurnableClock, folder: Path) -> None:
        running: Runtime = owner.app.extensions["pressferry"]
        self.owner = owner
        self.database = running.database
        self.clock = clock
        self.folder = folder
        self.workspace_id = owner.workspace_id
        self.post = Post(running.base_url, running.vault.key_for("unsubscribe"))

    def asked(self, method: str, path: str, body: Any = None) -> dict[str, Any]:
        """An answer that is none of a mistake."""
        answer = self.owner.ask(method, path, body)
        assert answer.status_code < 300, answer.json
        return dict(answer.json or {})

    def relay(self, server: RelayServer | int, name: str, **more: Any) -> UUID:
        port = server if isinstance(server, int) else server.port
        where = {"host": "127.0.0.1", "port": port, "encryption": "none"}
        sender = {"from_email": f"{name}@relays.example.com", "from_name": name.title()}
        made = self.asked("POST", "/relays", {"name": name, **where, **sender, **more})
        return UUID(made["id"])

    def campaign(self, *, launch: bool = True, **values: Any) -> str:
        """A campaign to everybody; launched unless said otherwise."""
        words = {"name": "News", "subject": "Hello", "html": "<p>Hello</p>"}
        body = {**words, "audience": {"all": True}, **values}
        made = str(self.asked("POST", "/campaigns", body)["id"])
        if launch:
            self.asked("POST", f"/campaigns/{made}/launch")
        return made

    def states(self, campaign: str) -> dict[str, int]:
        """The balance of a campaign: only the states that hold somebody."""
        found = self.asked("GET", f"/campaigns/{campaign}/balance")
        assert sum(found["states"].values()) == found["audience"]
        return {state: count for state, count in found["states"].items() if count}


@pytest.fixture
def desk(owner: Client, clock: TurnableClock, tmp_path: Path) -> Desk:
    """On SQLite and on PostgreSQL."""
    return Desk(owner, clock, tmp_path)
