"""A sync agent as the API meets it: signs what it says, and brings what a test hands it."""

import gzip
import json
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

from flask import Flask
from sqlalchemy import select
from werkzeug.test import TestResponse

from app.contacts.models import Contact
from app.rules import signing
from app.runtime import Runtime
from app.sources.models import SyncRun
from connectors import Incoming, Page, SourceField
from sync.remote import FORMAT, Batch, encoded
from tests.app.conftest import Client
from wp_bridge.errors import AskTheOwner, NotUnderstood, TryLater

READY = {"source": "wordpress_users", "state": "ready", "detail": "3 rows can be read."}


@dataclass
class Desk:
    """One agent, and the workspace that it belongs to."""

    app: Flask
    runtime: Runtime
    owner: Client
    id: str
    site_id: str
    key: str
    level: int = 9

    def say(self, path: str, said: Any, **headers: str) -> TestResponse:
        """Something signed and gzipped; ``headers`` replace what would be there."""
        text = said if isinstance(said, bytes) else json.dumps(said).encode()
        body = (
            gzip.compress(text, self.level)
            if headers.get("Content-Encoding", "gzip") == "gzip"
            else text
        )
        parts = signing.agent_key_parts(self.key)
        assert parts
        moment = int(self.runtime.now().timestamp())
        usual = {
            "Pressferry-Agent": parts[0].hex,
            "Pressferry-Signature": signing.signature(parts[1], moment, body),
            "Content-Encoding": "gzip",
            "Content-Type": "application/json",
        }
        return self.app.test_client().post(
            f"/api/v1{path}", data=body, headers={**usual, **headers}, buffered=True
        )

    def visit(self, **said: Any) -> dict[str, Any]:
        """Asks what to do."""
        answer = self.say("/ingest/visit", {"format": FORMAT, "version": "test", **said})
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.json or {}
        return found

    def task(self, **said: Any) -> dict[str, Any]:
        """The run that is to be gone on with; made, when there is none."""
        found: dict[str, Any] = self.visit(findings=[READY], begin=True, **said)["task"]
        assert found
        return found

    def bring(
        self, task: dict[str, Any], number: int, *people: tuple[int, str], **more: Any
    ) -> TestResponse:
        """A batch of a run."""
        return self.say("/ingest", self.batch(task, number, *people, **more))

    def batch(
        self,
        task: dict[str, Any],
        number: int,
        *people: tuple[int, str],
        last: bool = False,
        trouble: TryLater | AskTheOwner | NotUnderstood | None = None,
        fields: tuple[SourceField, ...] = (),
        mark: dict[str, Any] | None = None,
    ) -> dict[str, Any]:
        """A page of people, by their number and address; or a trouble."""
        rows = tuple(
            Incoming(str(one), email, {"first_name": f"First{one}"}) for one, email in people
        )
        cursor = None if last else {"page": number + 2}
        page = None if trouble else Page(rows, cursor, 1000, mark, fields)
        batch = Batch(task["run_id"], number, page, trouble)
        return {"format": FORMAT, "batch_id": str(uuid4()), **encoded(batch)}

    def run(self, task: dict[str, Any]) -> dict[str, Any]:
        """The run as the API shows it."""
        found: dict[str, Any] = self.owner.get(f"/runs/{task['run_id']}").json or {}
        return found

    def connection(self) -> dict[str, Any]:
        """The site's only connection, as the API shows it."""
        (found,) = (self.owner.get(f"/sites/{self.site_id}/connections").json or {})["items"]
        return dict(found)

    def contacts(self) -> list[str]:
        """The addresses of the workspace, each as often as it is there."""
        with self.runtime.database.reading() as session:
            mine = Contact.workspace_id == self.owner.workspace_id
            return sorted(session.scalars(select(Contact.address).where(mine)))

    def runs(self) -> int:
        """How many runs there are."""
        with self.runtime.database.reading() as session:
            return len(session.scalars(select(SyncRun)).all())


def opened(
    app: Flask, runtime: Runtime, owner: Client, url: str = "http://wp.intranet.example"
) -> Desk:
    """A new agent."""
    answer = owner.post("/agents", {"url": url})
    assert answer.status_code == 201, answer.text
    made = answer.json or {}
    return Desk(app, runtime, owner, made["id"], made["site_id"], made["key"])


def people(*numbers: int) -> list[tuple[int, str]]:
    """So many, with addresses of their own."""
    return [(number, f"p{number}@example.com") for number in numbers]
