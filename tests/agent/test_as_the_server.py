"""What comes over by an agent is what comes over when the server reads the site itself."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from app import clock
from app.agent.working import Agent
from app.db import Database
from app.dev.replay import RecordedSite, load
from app.runtime import Runtime
from app.sources.runs import running
from app.vault import Vault
from app.wsgi import create_app
from tests.agent.conftest import Stage, switched_on
from tests.app.agent_desk import opened
from tests.app.conftest import Client, _settle
from tests.connectors.site import RECORDED_SITE

#: What differs for everybody, whoever read her.
_OWN = {"id", "created_at", "updated_at", "workspace_id", "connection_id"}


@pytest.fixture(scope="module")
def site() -> Iterator[RecordedSite]:
    made = RecordedSite(load(RECORDED_SITE)).start()
    yield made
    made.stop()


def without_ids(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: without_ids(one) for name, one in value.items() if name not in _OWN}
    return [without_ids(one) for one in value] if isinstance(value, list) else value


def contacts(owner: Client) -> dict[str, Any]:
    found = owner.get("/contacts?per_page=500").json or {}
    assert found["total"] < 500
    return {one["email"]: without_ids(one) for one in found["items"]}


def counts(owner: Client, site_id: str) -> dict[str, Any]:
    """The newest run of each source: how it ended, and its numbers."""
    named = ("state", "seen", "created", "updated", "kept", "skipped", "pages", "detail")
    found = {}
    for one in (owner.get(f"/sites/{site_id}/connections").json or {})["items"]:
        run = (owner.get(f"/connections/{one['id']}/runs").json or {})["items"][0]
        learned = [field["key"] for field in one["fields"]]
        found[one["source"]] = {name: run[name] for name in named} | {"fields": learned}
    return found


def read_here(owner: Client, runtime: Runtime, site: RecordedSite) -> str:
    """The server reads everything itself; gives the site's id."""
    login = {"username": site.username, "application_password": site.password}
    site_id: str = (owner.post("/sites", {"url": site.url, **login}).json or {})["id"]
    for one in (owner.post(f"/sites/{site_id}/discover").json or {})["sources"]:
        if one["state"] == "ready":
            owner.post(f"/connections/{one['connection_id']}/runs")
    running.run_due(runtime)
    return site_id


def test_every_source_of_a_recorded_site(
    database: Database, site: RecordedSite, tmp_path: Path
) -> None:
    vault = Vault(["a master key for tests"])
    runtime = Runtime(database, vault, clock.now, "http://127.0.0.1:8080", allow_private=True)
    app = create_app(runtime)
    here, there = _settle(app, "owner"), _settle(app, "outsider")
    here_id = read_here(here, runtime, site)
    with switched_on(app) as server:
        desk = opened(app, runtime, there, site.url)
        Stage(site, server, desk, tmp_path / "agent").work(_reads_well)  # type: ignore[arg-type]
    assert counts(there, desk.site_id) == counts(here, here_id)
    assert len(counts(there, desk.site_id)) == 6
    assert contacts(there) == contacts(here)
    assert len(contacts(there)) > 20


def _reads_well(agent: Agent) -> None:
    assert agent.once() == ""
