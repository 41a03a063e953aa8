"""A backup is played back over a database that was sent from since: nobody gets a second mail
before a person has looked. (The owner does get one: about the mails that the backup saw leaving.)
"""

import sqlite3
import threading
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from tests.journeys.serving import command
from tests.journeys.test_campaign_to_sent import Owner
from tests.sending.servers import RelayServer
from tests.waiting import until

PEOPLE = 150


@pytest.fixture
def owner(tmp_path: Path) -> Owner:
    return Owner(tmp_path / "data", f"sqlite:///{tmp_path / 'data' / 'pressferry.db'}")


def test_a_backup_is_played_back(
    owner: Owner, tmp_path: Path, server: Callable[..., RelayServer]
) -> None:
    relay, live = server(), tmp_path / "data" / "pressferry.db"
    with owner.serve() as served:
        owner.url = served.url
        owner.ask("PATCH", f"/relays/{owner.relay('one', relay)}", {"rate_per_second": 30})
        emails = owner.people(PEOPLE)
        campaign = owner.campaign()
        copied = threading.Event()
        relay.hold_back = lambda who: copied if who == emails[20] else None
        owner.launch(campaign)
        until(lambda: owner.balance(campaign).get("sent", 0) >= 5, "nothing was sent", pause=0.02)
        until(lambda: len(relay.taken) >= 25, "none is left in the middle", pause=0.02)
        with closing(sqlite3.connect(live)) as old, closing(sqlite3.connect(tmp_path / "b")) as new:
            old.backup(new)
        copied.set()
        assert owner.settled(campaign) == {"sent": PEOPLE}
        assert served.stop() == 0
    assert sorted(relay.recipients) == sorted(emails)
    for path in live.parent.glob("pressferry.db-*"):
        path.unlink()
    live.write_bytes((tmp_path / "b").read_bytes())

    with owner.serve() as served:
        owner.url = served.url
        until(lambda: owner.ask("GET", "/sending")["held"], "it was not noticed")
        before = owner.balance(campaign)
        assert before.get("queued")
        said = command(owner.data_dir, "status", **owner.settings).stdout
        assert "older copy" in said
        assert command(owner.data_dir, "go", **owner.settings).returncode == 1, "nobody answered"
        done = command(owner.data_dir, "go", "--pause-campaigns", **owner.settings)
        assert done.returncode == 0, done.stderr
        assert not owner.ask("GET", "/sending")["held"]
        assert owner.ask("GET", f"/campaigns/{campaign}")["status"] == "paused"
        until(lambda: bool(served.senders()), "no sender")
        owner.ask("POST", f"/campaigns/{campaign}/cancel")
        owner.settled(campaign)
        people = [who for who in relay.recipients if who in set(emails)]
        assert len(people) == PEOPLE, "somebody got a second mail"
        again = owner.campaign()
        owner.launch(again)
        assert owner.settled(again) == {"sent": PEOPLE}, "it does not send any more"
        assert served.stop() == 0
