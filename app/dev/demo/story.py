"""What the demo does, by pressferry's own API, as a user would."""

import threading
from collections.abc import Callable
from typing import Any

from app import clock
from app.dev.demo.curl import Failed
from app.dev.demo.stage import Stage
from app.dev.demo.view import RelayLine, Scene, View

PATIENCE_SECONDS = 120.0
LOOK_SECONDS = 0.1
NAMES = ("First relay", "Second relay")
HTML = """<html><body>
<h1>Hello {{ contact.first_name | default: "there" }}!</h1>
<p>This mail found its way although a relay died under it.</p>
<p><a href="{{ unsubscribe_url }}">No more of this</a></p>
</body></html>"""


class Story:
    """One run of the demo; afterwards it knows the campaign and the relays it made."""

    def __init__(self, stage: Stage, view: View) -> None:
        self._stage = stage
        self._view = view
        self._api = stage.api
        self._api.show = view.call
        self._scene = Scene()
        self.relay_ids: list[str] = []
        self.campaign_id = ""

    def play(self) -> None:
        """From an empty workspace to a campaign in which nothing is open any more."""
        with self._view.live():
            self._contacts_come_in()
            self._relays_are_set_up()
            self._campaign_goes_out()

    def _contacts_come_in(self) -> None:
        wordpress = self._stage.site
        self._view.chapter(f"Contacts come in from WordPress ({wordpress.url})")
        login = {"username": wordpress.username, "application_password": wordpress.password}
        site = self._api.do("POST", "/sites", {"url": wordpress.url, **login})
        found = self._api.do("POST", f"/sites/{site['id']}/discover")
        for state, sources in _by_state(found["sources"]).items():
            self._view.note(f"{state}: {', '.join(sources)}")
        (connection,) = self._api.get(f"/sites/{site['id']}/connections")["items"]
        run = self._api.do("POST", f"/connections/{connection['id']}/runs")
        self._until(lambda: self._synced(run["id"]))
        skipped = ", ".join(f"{count} {why}" for why, count in self._scene.skipped.items())
        self._view.note(f"{self._scene.contacts} contacts; skipped: {skipped or 'nobody'}")

    def _synced(self, run_id: str) -> bool:
        run = self._api.get(f"/runs/{run_id}")
        self._scene.seen, self._scene.contacts = run["seen"], run["created"]
        self._scene.skipped = run["skipped"]
        if run["state"] in ("failed", "cancelled", "held"):
            raise Failed(f"the sync run {run['state']}: {run}")
        return bool(run["state"] == "succeeded")

    def _relays_are_set_up(self) -> None:
        self._view.chapter("Two relays, and failover between them")
        for number, (name, inbox) in enumerate(zip(NAMES, self._stage.inboxes, strict=True), 1):
            relay = {
                "name": name,
                "provider": "smtp",
                "host": "127.0.0.1",
                "port": inbox.smtp_port,
                "encryption": "none",
                "from_email": f"news@relay{number}.example",
                "from_name": "Pressferry Demo",
            }
            self.relay_ids.append(self._api.do("POST", "/relays", relay)["id"])
            self._scene.relays.append(RelayLine(name))
        self._api.do("PATCH", "/workspace", {"failover_enabled": True})

    def _campaign_goes_out(self) -> None:
        self._view.chapter(f"A campaign, pinned to the {NAMES[0].lower()}, which will soon die")
        campaign = {
            "name": "Demo",
            "subject": "Ahoy {{ contact.first_name }}",
            "html": HTML,
            "relay_id": self.relay_ids[0],
            "audience": {"all": True},
        }
        self.campaign_id = self._api.do("POST", "/campaigns", campaign)["id"]
        self._api.do("POST", f"/campaigns/{self.campaign_id}/launch")
        self._until(self._sent)

    def _sent(self) -> bool:
        balance = self._api.get(f"/campaigns/{self.campaign_id}/balance")
        self._scene.audience, self._scene.states = balance["audience"], balance["states"]
        for relay_id, mails, line in zip(
            self.relay_ids, self._stage.mails(), self._scene.relays, strict=True
        ):
            taken = len(mails)
            if taken and not line.taken and relay_id != self.relay_ids[0]:
                self._view.note(f"failover: {line.name.lower()} carries on", "yellow")
            line.taken = taken
            self._breaker(line, self._api.get(f"/relays/{relay_id}"))
        open_ones = sum(self._scene.states[name] for name in ("queued", "sending", "deferred"))
        return self._scene.audience > 0 and open_ones == 0

    def _breaker(self, line: RelayLine, relay: dict[str, Any]) -> None:
        state = relay["breaker"]["state"]
        if state != line.breaker:
            why = relay["last_fault"]
            self._view.note(f"{line.name.lower()}: the breaker is {state} ({why})", "bold red")
            line.breaker = state

    def _until(self, done: Callable[[], bool]) -> None:
        seen, end = "", 0.0
        while not done():
            self._view.show(self._scene)
            if seen != repr(self._scene):
                seen, end = repr(self._scene), clock.monotonic() + PATIENCE_SECONDS
            if clock.monotonic() > end:
                log = self._stage.log.read_text()[-2000:]
                raise Failed(f"nothing more happened for {PATIENCE_SECONDS:.0f} s.\n{log}")
            threading.Event().wait(LOOK_SECONDS)
        self._view.show(self._scene)


def _by_state(sources: list[dict[str, Any]]) -> dict[str, list[str]]:
    """What can be read first."""
    found: dict[str, list[str]] = {"ready": []}
    for one in sorted(sources, key=lambda one: str(one["source"])):
        found.setdefault(one["state"], []).append(one["source"])
    return found
