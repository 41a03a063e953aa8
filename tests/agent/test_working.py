"""An agent between a site and a server, each of which may be away: nothing lost, nothing twice."""

import threading
from collections.abc import Callable

import pytest

from app.agent import record
from app.agent.server import Absent, Rejected
from app.agent.working import Agent
from app.dev.people import distinct_addresses
from tests.agent.conftest import Stage
from tests.waiting import PATIENCE, until


def everybody(stage: Stage) -> bool:
    """Everybody of the site is here, once."""
    contacts = stage.desk.contacts()
    assert len(contacts) == len(set(contacts))
    return set(contacts) == distinct_addresses(stage.site.people)


def run(stage: Stage) -> dict[str, object]:
    """The site's newest run."""
    path = f"/connections/{stage.desk.connection()['id']}/runs"
    newest: dict[str, object] = (stage.desk.owner.get(path).json or {})["items"][0]
    return newest


def in_a_thread(stage: Stage, do: Callable[[Agent], object], most: int = 10**8) -> threading.Thread:
    thread = threading.Thread(target=stage.work, args=(do, most))
    thread.start()
    return thread


def test_once_reads_everything_brings_it_and_ends(stage: Stage) -> None:
    stage.work(Agent.once)
    assert everybody(stage)
    assert (run(stage)["state"], run(stage)["seen"], run(stage)["pages"]) == ("succeeded", 450, 5)
    assert stage.site.pages == [1, 2, 3, 4, 5]
    assert stage.spool().waiting() == []
    first = run(stage)["id"]
    stage.work(Agent.once)
    assert run(stage)["id"] != first
    assert (run(stage)["created"], run(stage)["kept"]) == (0, 446)
    kept = record.load(stage.folder)
    assert kept.sent["wordpress_users"]["seen"] == 900
    assert kept.error == ""


def test_a_server_that_goes_away_is_waited_for_while_the_site_is_read_on(stage: Stage) -> None:
    stage.site.close_at(3)
    thread = in_a_thread(stage, Agent.forever)
    until(lambda: len(stage.desk.contacts()) > 150, "two pages did not arrive")
    stage.server.off()
    stage.site.gate.set()
    until(lambda: len(stage.spool().waiting()) == 3, "the site was not read to its end")
    assert not everybody(stage)
    stage.server.on()
    until(lambda: everybody(stage), "what was kept was not brought")
    until(lambda: not stage.spool().waiting(), "the spool is not empty")
    stage.stop.set()
    thread.join(PATIENCE)
    assert (run(stage)["state"], run(stage)["seen"], run(stage)["pages"]) == ("succeeded", 450, 5)
    assert stage.site.pages == [1, 2, 3, 4, 5], "something was read twice"


def test_when_the_spool_is_full_nothing_more_is_read(stage: Stage) -> None:
    stage.site.close_at(2)
    thread = in_a_thread(stage, Agent.forever, most=1)
    until(lambda: len(stage.desk.contacts()) > 50, "the first page did not arrive")
    stage.server.off()
    stage.site.gate.set()
    until(lambda: "cannot be reached" in record.load(stage.folder).error, "it was not tried")
    until(lambda: stage.spool(1).waiting(), "nothing is kept")
    until(lambda: 3 in stage.site.pages, "the next page was not read ahead")
    assert stage.site.pages == [1, 2, 3], "it read on although the spool was full"
    assert "FULL" in "\n".join(record.described(record.load(stage.folder), stage.spool(1)))
    stage.server.on()
    until(lambda: everybody(stage), "it did not go on")
    stage.stop.set()
    thread.join(PATIENCE)
    assert run(stage)["seen"] == 450


def test_a_disk_without_room_is_waited_for(stage: Stage) -> None:
    stage.site.close_at(3)
    thread = in_a_thread(stage, Agent.forever)
    until(lambda: len(stage.desk.contacts()) > 150, "two pages did not arrive")
    away = stage.folder.with_name("away")
    stage.folder.rename(away)
    stage.site.gate.set()
    until(lambda: 4 in stage.site.pages, "the next page was not read, and one ahead")
    assert not thread.join(0.3)
    assert thread.is_alive()
    assert stage.site.pages == [1, 2, 3, 4], "it read on although nothing could be kept"
    away.rename(stage.folder)
    until(lambda: everybody(stage), "it did not go on")
    stage.stop.set()
    thread.join(PATIENCE)
    assert (run(stage)["seen"], run(stage)["pages"]) == (450, 5)


def test_once_without_a_server_keeps_what_it_read_for_the_next_time(stage: Stage) -> None:
    stage.site.close_at(3)

    def once(agent: Agent) -> None:
        with pytest.raises(Absent):
            agent.once()

    thread = in_a_thread(stage, once)
    until(lambda: len(stage.desk.contacts()) > 150, "two pages did not arrive")
    stage.server.off()
    stage.site.gate.set()
    thread.join(PATIENCE)
    assert not thread.is_alive()
    assert len(stage.spool().waiting()) == 3
    stage.work(once)
    assert len(stage.spool().waiting()) == 3, "something was dropped"
    stage.server.on()
    stage.site.pages.clear()
    stage.work(Agent.once)
    assert everybody(stage)
    path = f"/connections/{stage.desk.connection()['id']}/runs"
    runs = (stage.desk.owner.get(path).json or {})["items"]
    assert [(one["state"], one["seen"]) for one in runs] == [("succeeded", 450)] * 2


def test_an_agent_that_stops_goes_on_where_it_was(stage: Stage) -> None:
    stage.site.close_at(3)
    thread = in_a_thread(stage, Agent.forever)
    until(lambda: len(stage.desk.contacts()) > 150, "two pages did not arrive")
    stage.stop.set()
    stage.site.gate.set()
    thread.join(PATIENCE)
    stage.stop.clear()
    stage.site.pages.clear()
    stage.work(Agent.once)
    assert everybody(stage)
    assert stage.site.pages[0] == 3
    assert run(stage)["seen"] == 450


def test_a_run_that_is_called_off_leaves_nothing_waiting(stage: Stage) -> None:
    stage.site.close_at(3)
    thread = in_a_thread(stage, Agent.once)
    until(lambda: len(stage.desk.contacts()) > 150, "two pages did not arrive")
    stage.desk.owner.post(f"/runs/{run(stage)['id']}/cancel")
    stage.site.gate.set()
    thread.join(PATIENCE)
    assert (run(stage)["state"], run(stage)["pages"]) == ("cancelled", 2)
    assert stage.spool().waiting() == []
    assert record.load(stage.folder).dropped == 1


def test_a_site_that_is_away_is_told_to_the_server_and_left_in_peace(stage: Stage) -> None:
    stage.work(Agent.once)
    stage.site.stop()
    stage.work(_ill)
    assert (run(stage)["state"], "cannot be reached" in str(run(stage)["detail"])) == (
        "failed",
        True,
    )
    assert stage.desk.connection()["failures"] == 1
    before = run(stage)["id"]
    stage.work(Agent.once)
    assert run(stage)["id"] == before, "it was not left in peace"
    assert "cannot be reached" in record.load(stage.folder).error


def _ill(agent: Agent) -> None:
    assert agent.once() != ""


def test_a_password_that_is_wrong_is_named_and_never_passed_over(stage: Stage) -> None:
    for _ in range(2):
        stage.work(_ill, password="wrong")
    found = stage.desk.owner.get(f"/agents/{stage.desk.id}").json or {}
    (users,) = [one for one in found["findings"] if one["source"] == "wordpress_users"]
    assert users["state"] == "needs_permission"
    assert "application password is wrong" in users["detail"]


def test_a_password_that_is_revoked_is_not_tried_again_and_again(stage: Stage) -> None:
    stage.work(Agent.once)
    stage.work(_ill, password="revoked")
    assert stage.desk.connection()["state"] == "needs_reauth"
    asked = stage.site.asked
    stage.work(_ill, password="revoked")
    assert stage.site.asked == asked, "the site was asked with a password that is dead"


def test_a_key_that_was_revoked_keeps_what_waits(stage: Stage) -> None:
    stage.site.close_at(3)

    def rejected(agent: Agent) -> None:
        with pytest.raises(Rejected, match="revoked"):
            agent.once()

    thread = in_a_thread(stage, rejected)
    until(lambda: len(stage.desk.contacts()) > 150, "two pages did not arrive")
    stage.desk.owner.post(f"/agents/{stage.desk.id}/revoke")
    stage.site.gate.set()
    thread.join(PATIENCE)
    assert len(stage.spool().waiting()) == 1
    answer = stage.desk.owner.post(f"/agents/{stage.desk.id}/key").json or {}
    stage.desk.key = answer["key"]
    stage.work(Agent.once)
    assert everybody(stage)
