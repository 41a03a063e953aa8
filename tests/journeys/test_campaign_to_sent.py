"""A campaign from the API to the inbox, through the real processes, on both databases."""

import json
import os
import re
import signal
import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import pytest

from app.db import Database
from tests.journeys.serving import Served, command, serving
from tests.sending.servers import RelayServer
from tests.waiting import PATIENCE, until

OPEN = ("queued", "sending")
OWNER = "owner@example.org"


class Owner:
    """An owner with her API key; ``serve`` starts (again) what she uses."""

    def __init__(self, data_dir: Path, database_url: str) -> None:
        self.data_dir = data_dir
        self.settings = {"DATABASE__URL": database_url, "LOG__LEVEL": "warning"}
        done = command(data_dir, "init", "--email", OWNER, **self.settings)
        assert done.returncode == 0, done.stderr
        self.key = json.loads(done.stdout)["api_key"]
        self.url = ""

    def serve(self) -> AbstractContextManager[Served]:
        return serving(self.data_dir, **self.settings)

    def ask(self, method: str, path: str, body: Any = None) -> Any:
        request = Request(
            f"{self.url}/api/v1{path}",
            method=method,
            data=None if body is None else json.dumps(body).encode(),
            headers={"X-API-Key": self.key, "Content-Type": "application/json"},
        )
        try:
            with urlopen(request, timeout=PATIENCE) as answer:
                text = answer.read()
        except HTTPError as error:
            raise AssertionError(f"{method} {path}: {error.code} {error.read()!r}") from None
        return json.loads(text) if text else None

    def relay(self, name: str, server: RelayServer) -> str:
        relay = self.ask(
            "POST",
            "/relays",
            {
                "name": name,
                "provider": "smtp",
                "host": "127.0.0.1",
                "port": server.port,
                "encryption": "none",
                "from_email": f"{name}@shop.example.com",
                "from_name": "The Shop",
            },
        )
        return str(relay["id"])

    def people(self, count: int) -> list[str]:
        emails = [f"p{n}@people.example.com" for n in range(count)]
        for email in emails:
            self.ask("POST", "/contacts/upsert", {"email": email, "first_name": "Anna"})
        return emails

    def campaign(self, **more: Any) -> str:
        values = {
            "name": "Sale",
            "subject": "Hello {{ contact.first_name }}",
            "html": "<p>Hello {{ contact.first_name }}</p>",
            "audience": {"all": True},
        }
        return str(self.ask("POST", "/campaigns", values | more)["id"])

    def launch(self, campaign: str) -> None:
        self.ask("POST", f"/campaigns/{campaign}/launch", {})

    def balance(self, campaign: str) -> dict[str, int]:
        answer = self.ask("GET", f"/campaigns/{campaign}/balance")
        states: dict[str, int] = answer["states"]
        assert sum(states.values()) == answer["audience"]
        return {state: count for state, count in states.items() if count}

    def settled(self, campaign: str) -> dict[str, int]:
        until(lambda: not set(self.balance(campaign)) & set(OPEN), "it never ends")
        return self.balance(campaign)


@pytest.fixture
def owner(database: Database, tmp_path: Path) -> Owner:
    return Owner(tmp_path / "data", database.engine.url.render_as_string(hide_password=False))


def test_a_relay_dies_on_the_way_and_nobody_is_missed(
    owner: Owner, server: Callable[..., RelayServer]
) -> None:
    one, two = server(), server()

    def die_after_ten() -> None:
        if len(one.taken) >= 10:
            one.mail = lambda _: "421 4.3.2 shutting down"

    one.before_dot = die_after_ten
    with owner.serve() as served:
        owner.url = served.url
        pin = owner.relay("one", one)
        owner.relay("two", two)
        owner.ask("PATCH", "/workspace", {"failover_enabled": True})
        emails = owner.people(40)
        campaign = owner.campaign(relay_id=pin)
        owner.launch(campaign)
        assert owner.settled(campaign) == {"sent": 40}
        # The owner is told that a relay died; on a slow machine that mail is there already.
        people = [who for who in one.recipients + two.recipients if who != OWNER]
        assert sorted(people) == sorted(emails)
        assert two.taken
        found = owner.ask("GET", f"/campaigns/{campaign}/deliveries?state=sent&per_page=100")
        assert found["total"] == 40
        last = [item["attempts"][-1] for item in found["items"]]
        assert {attempt["code"] for attempt in last} == {250}
        assert any(len(item["attempts"]) == 2 for item in found["items"])
        assert served.stop() == 0


def test_killed_in_the_middle_and_started_again(
    owner: Owner, server: Callable[..., RelayServer]
) -> None:
    one = server()
    with owner.serve() as served:
        owner.url = served.url
        owner.relay("one", one)
        emails = owner.people(60)
        campaign = owner.campaign()
        one.before_dot = lambda: time.sleep(0.02)
        owner.launch(campaign)
        until(lambda: len(one.taken) >= 20, "nothing is sent", pause=0.02)
        os.killpg(served.process.pid, signal.SIGKILL)
        served.process.wait()
    with owner.serve() as served:
        owner.url = served.url
        balance = owner.settled(campaign)
        assert served.stop() == 0
    assert sum(balance.values()) == 60
    assert set(balance) <= {"sent", "unknown"}
    assert balance.get("unknown", 0) <= 8, "two per line at most"
    assert len(one.recipients) == len(set(one.recipients)), "somebody was written to twice"
    assert len(set(emails) - set(one.recipients)) <= balance.get("unknown", 0)


def test_unsubscribing_by_the_link_in_the_mail(
    owner: Owner, server: Callable[..., RelayServer]
) -> None:
    one = server()
    with owner.serve() as served:
        owner.url = served.url
        owner.relay("one", one)
        owner.people(2)
        first = owner.campaign()
        owner.launch(first)
        assert owner.settled(first) == {"sent": 2}
        header = re.search(rb"^List-Unsubscribe: <(\S+)>", one.bodies[0], re.MULTILINE)
        assert header is not None
        link = header[1].decode()
        with urlopen(link, timeout=PATIENCE) as page:
            assert page.status == 200
        statuses = "/contacts?status=unsubscribed"
        assert owner.ask("GET", statuses)["total"] == 0, "looking at the page changed something"
        with urlopen(link, data=b"List-Unsubscribe=One-Click", timeout=PATIENCE) as page:
            assert page.status == 200
        assert owner.ask("GET", statuses)["items"][0]["email"] == one.recipients[0]
        second = owner.campaign()
        owner.launch(second)
        assert owner.settled(second) == {"sent": 1}
        assert one.recipients.count(one.recipients[0]) == 1


def test_pause_resume_cancel(owner: Owner, server: Callable[..., RelayServer]) -> None:
    one = server()
    one.before_dot = lambda: time.sleep(0.02)
    with owner.serve() as served:
        owner.url = served.url
        owner.ask("PATCH", f"/relays/{owner.relay('one', one)}", {"rate_per_second": 5})
        owner.people(80)
        campaign = owner.campaign()
        owner.launch(campaign)
        until(lambda: len(one.taken) >= 3, "nothing is sent")
        owner.ask("POST", f"/campaigns/{campaign}/pause")
        until(lambda: not owner.balance(campaign).get("sending"), "what was begun never ends")
        held = len(one.taken)
        assert held < 80
        time.sleep(1)
        assert len(one.taken) == held, "something was sent while it was paused"
        owner.ask("POST", f"/campaigns/{campaign}/resume")
        until(lambda: len(one.taken) > held, "it does not go on")
        owner.ask("POST", f"/campaigns/{campaign}/cancel")
        balance = owner.settled(campaign)
        assert balance["sent"] == len(one.taken)
        assert balance["sent"] + balance["cancelled"] == 80
