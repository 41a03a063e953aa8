"""What one source of a site learns about the login, all that are read with it know at once."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from sqlalchemy import select

from app.alerts.models import Alert
from app.dev.replay import RecordedSite, load
from app.dev.wordpress_front import Asked, Reply
from app.dev.wordpress_login import PASSWORD, Login, error
from app.runtime import Runtime
from app.sources.models import Connection
from app.sources.runs import running
from tests.app.conftest import Client
from tests.connectors.site import RECORDED_SITE

#: All that the site has.
SOURCES = (
    "contact_form_7",
    "fluent_forms",
    "fluentcrm",
    "sureforms",
    "woocommerce",
    "wordpress_users",
)
NEW = "zyxw vuts rqpo nmlk jihg fedc"


class CountingSite(RecordedSite):
    """Knows how often it had to refuse a login. ``is_deaf``: it takes everybody for a stranger."""

    refused = 0
    is_deaf = False

    def answer(self, asked: Asked) -> Reply:
        if self.is_deaf and asked.authorization:
            self.refused += 1
            return error(401, "rest_not_logged_in", "You are not currently logged in.")
        reply = super().answer(asked)
        is_fault = isinstance(reply.data, str) and "<int>403</int>" in reply.data
        self.refused += bool(asked.authorization and reply.status == 401) or is_fault
        return reply

    def take(self, password: str) -> None:
        """From now on this is the only password."""
        self._login = Login(self.username, password)


@dataclass
class World:
    """A site with six sources, all of them connected."""

    site: CountingSite
    owner: Client
    site_id: str

    def connections(self) -> dict[str, dict[str, Any]]:
        path = f"/sites/{self.site_id}/connections"
        return {one["source"]: one for one in (self.owner.get(path).json or {})["items"]}

    def states(self) -> set[str]:
        return {one["state"] for one in self.connections().values()}

    def start(self, source: str, **more: Any) -> str:
        which = self.connections()[source]["id"]
        return str((self.owner.post(f"/connections/{which}/runs", more).json or {})["id"])

    def run(self, run_id: str) -> tuple[str, str]:
        found = self.owner.get(f"/runs/{run_id}").json or {}
        return found["state"], found["detail"]


@pytest.fixture
def world(owner: Client) -> Iterator[World]:
    site = CountingSite(load(RECORDED_SITE))
    site.start()
    login = {"username": site.username, "application_password": PASSWORD}
    site_id = (owner.post("/sites", {"url": site.url, **login}).json or {})["id"]
    owner.post(f"/sites/{site_id}/discover")
    made = World(site, owner, site_id)
    assert set(made.connections()) == set(SOURCES)
    site.refused = 0
    yield made
    site.stop()


def alerts(runtime: Runtime) -> list[bool]:
    """Whether it is still open, for each alert about a dead login."""
    with runtime.database.reading() as session:
        mine = select(Alert).where(Alert.kind == "site_needs_reauth")
        return [one.closed_at is None for one in session.scalars(mine)]


def test_one_refused_login_is_enough(runtime: Runtime, world: World) -> None:
    world.site.take(NEW)
    runs = [world.start(source) for source in world.connections()]
    running.run_due(runtime)
    assert world.site.refused == 1
    assert world.states() == {"needs_reauth"}
    assert {one["trouble"] for one in world.connections().values()} == {
        world.connections()["wordpress_users"]["trouble"]
    }
    ended = [world.run(run_id) for run_id in runs]
    assert {state for state, _ in ended} == {"failed"}
    assert sum("this one did not ask" in detail for _, detail in ended) == 5
    assert alerts(runtime) == [True]
    running.run_due(runtime)
    assert world.site.refused == 1


@pytest.mark.parametrize("source", SOURCES)
def test_whichever_source_comes_first_tries_once(
    runtime: Runtime, world: World, source: str
) -> None:
    """Also what it would only like to know is not asked for again."""
    assert source in world.connections()
    world.site.take(NEW)
    world.start(source)
    running.run_due(runtime)
    assert world.site.refused == 1
    assert world.states() == {"needs_reauth"}


def test_a_new_login_brings_all_back(runtime: Runtime, world: World) -> None:
    world.site.take(NEW)
    world.start("wordpress_users")
    running.run_due(runtime)
    world.owner.patch(f"/sites/{world.site_id}", {"application_password": NEW})
    assert (world.states(), alerts(runtime)) == ({"ready"}, [False])
    runs = [world.start(source) for source in world.connections()]
    running.run_due(runtime)
    assert {world.run(run_id)[0] for run_id in runs} == {"succeeded"}
    assert world.site.refused == 1


def test_the_old_login_that_works_again_does_so_too(runtime: Runtime, world: World) -> None:
    world.site.take(NEW)
    world.start("fluentcrm")
    running.run_due(runtime)
    world.site.take(PASSWORD)
    run_id = world.start("wordpress_users")
    running.run_due(runtime)
    assert world.run(run_id)[0] == "succeeded"
    assert world.states() == {"ready"}
    assert not any(one["trouble"] for one in world.connections().values())


def test_who_may_not_read_one_source_reads_the_others(runtime: Runtime, world: World) -> None:
    """A permission that is missing is no login that died."""
    answer = world.site.answer

    def forbidding(asked: Asked) -> Reply:
        if asked.route == "/fluent-crm/v2/subscribers":
            return error(403, "rest_forbidden", "Sorry, you are not allowed to do that.")
        return answer(asked)

    world.site._front.answer = forbidding
    world.start("fluentcrm")
    running.run_due(runtime)
    states = {source: one["state"] for source, one in world.connections().items()}
    assert states.pop("fluentcrm") == "needs_reauth"
    assert set(states.values()) == {"ready"}


def test_a_login_that_gets_lost_is_not_lost_over_xml_rpc(runtime: Runtime, world: World) -> None:
    world.site.is_deaf = True
    world.start("wordpress_users")
    running.run_due(runtime)
    states = {source: one["state"] for source, one in world.connections().items()}
    assert states.pop("contact_form_7") == "ready"
    assert set(states.values()) == {"needs_reauth"}
    assert world.site.refused == 1


def test_keys_of_the_shop_are_another_login(runtime: Runtime, world: World) -> None:
    keys = {"consumer_key": world.site.keys.key, "consumer_secret": world.site.keys.secret}
    assert world.owner.patch(f"/sites/{world.site_id}", keys).status_code == 200
    world.site.take(NEW)
    world.start("wordpress_users")
    running.run_due(runtime)
    states = {source: one["state"] for source, one in world.connections().items()}
    assert states.pop("woocommerce") == "ready"
    assert set(states.values()) == {"needs_reauth"}


def test_a_mailbox_has_a_login_of_its_own(runtime: Runtime, world: World) -> None:
    with runtime.database.transaction() as session:
        one = session.scalars(select(Connection)).first()
        assert one
        columns = ("workspace_id", "site_id", "created_at", "updated_at")
        values = {name: getattr(one, name) for name in columns}
        mailbox = Connection(source="notification_mails:forms", **values)
        session.add(mailbox)
        session.flush()
        which = mailbox.id
    world.site.take(NEW)
    world.start("wordpress_users")
    running.run_due(runtime)
    with runtime.database.transaction() as session:
        mailbox = session.get_one(Connection, which)
        assert mailbox.state == "ready"
        mailbox.state, mailbox.trouble = "needs_reauth", "Its password died."
    world.owner.patch(f"/sites/{world.site_id}", {"application_password": NEW})
    states = {source: one["state"] for source, one in world.connections().items()}
    assert states.pop("notification_mails:forms") == "needs_reauth"
    assert set(states.values()) == {"ready"}
    assert alerts(runtime) == [True]
