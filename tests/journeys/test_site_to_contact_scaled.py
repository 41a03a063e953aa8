"""The scaled size: a site is pulled by real workers over one PostgreSQL, page by page."""

import signal
import threading
from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import select

from app.contacts.models import Contact
from app.db import Database
from app.dev.wordpress import WordPressStandIn, distinct_addresses, make_people
from app.dev.wordpress_front import Asked, Reply
from tests.journeys.serving import lives
from tests.journeys.test_scaled import Machines, machines
from tests.waiting import PATIENCE, until

__all__ = ["machines"]
PEOPLE = 250
USERS = "/wp/v2/users"


class SlowSite(WordPressStandIn):
    """A site that answers the second page of users when it is told to."""

    def __init__(self, people: list[dict[str, Any]]) -> None:
        self.pages: list[int] = []
        self.asked_for_second, self.go_on = threading.Event(), threading.Event()
        super().__init__(people)

    def answer(self, asked: Asked) -> Reply:
        page = int(asked.query.get("page", "1"))
        # A look at the site asks for ids only; a run wants the addresses.
        if asked.route == USERS and "email" in asked.query.get("_fields", ""):
            self.pages.append(page)
            if page == 2:
                self.asked_for_second.set()
                self.go_on.wait(PATIENCE)
        return super().answer(asked)


@pytest.fixture
def site() -> Iterator[SlowSite]:
    one = SlowSite(make_people(PEOPLE))
    one.start()
    yield one
    one.go_on.set()
    one.stop()


def connection(machines: Machines, site: SlowSite) -> str:
    """The site is added over the API, and what it offers is asked."""
    ask = machines.owner.ask
    given = {"username": site.username, "application_password": site.password}
    made = ask("POST", "/sites", {"url": site.url, **given})
    ask("POST", f"/sites/{made['id']}/discover")
    (found,) = ask("GET", f"/sites/{made['id']}/connections")["items"]
    assert found["source"] == "wordpress_users"
    return str(found["id"])


def people(database: Database) -> Counter[str]:
    with database.reading() as session:
        return Counter(session.scalars(select(Contact.address)))


def test_one_worker_stops_in_the_middle_and_the_other_goes_on(
    machines: Machines, site: SlowSite, postgres_database: Database
) -> None:
    ask = machines.owner.ask
    machines.web()
    first = machines.worker("one", "--no-sender", "--queues", "syncs")
    pulled = connection(machines, site)
    run = ask("POST", f"/connections/{pulled}/runs")["id"]
    assert site.asked_for_second.wait(PATIENCE), "nobody pulls"
    until(lambda: len(people(postgres_database)) > 50, "the first page is not stored")
    first.send_signal(signal.SIGTERM)
    second = machines.worker("two")
    site.go_on.set()
    assert first.wait(PATIENCE) == 0
    until(lambda: ask("GET", f"/runs/{run}")["state"] not in ("queued", "running"), "never done")
    done = ask("GET", f"/runs/{run}")
    assert (done["state"], done["seen"], done["pages"]) == ("succeeded", PEOPLE, 3)
    assert set(people(postgres_database)) == distinct_addresses(site.people)
    assert site.pages.count(1) == 1, "what was stored is not asked for again"

    site.pages.clear()
    again = ask("POST", f"/connections/{pulled}/runs", {"full": True})["id"]
    until(lambda: ask("GET", f"/runs/{again}")["state"] == "succeeded", "the second run hangs")
    done = ask("GET", f"/runs/{again}")
    assert (done["created"], done["updated"]) == (0, 0)
    assert done["kept"] == len(people(postgres_database))
    assert max(people(postgres_database).values()) == 1
    assert lives(second.pid)
