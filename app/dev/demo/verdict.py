"""Whether the demo kept the promise: the balance, and every mail in the inboxes against it."""

from collections import Counter
from collections.abc import Iterator
from typing import Any

from rich.table import Table

from app.dev.demo.curl import Curl
from app.dev.demo.stage import DIES_AFTER, Stage
from app.dev.demo.story import NAMES, Story
from app.dev.demo.view import View
from app.dev.people import distinct_addresses
from app.rules import email_address
from app.sending.ledger.balance import STATES


def judge(stage: Stage, story: Story, view: View) -> bool:
    """Shows the balance and what was checked; gives back whether all of it is true."""
    balance = stage.api.get(f"/campaigns/{story.campaign_id}/balance")
    view.table(_balance_table(balance))
    deliveries = list(_all(stage.api, f"/campaigns/{story.campaign_id}/deliveries"))
    view.table(_failover_table(stage, story, deliveries))
    checks = _checks(stage, balance, deliveries)
    view.chapter("Checked against the inboxes")
    for sentence, true in checks.items():
        view.note(f"{'yes' if true else 'NO '}  {sentence}", "green" if true else "bold red")
    return all(checks.values())


def _checks(
    stage: Stage, balance: dict[str, Any], deliveries: list[dict[str, Any]]
) -> dict[str, bool]:
    first, second = stage.mails()
    mails = [*first, *second]
    received = Counter(_address(to) for mail in mails for to in mail.to)
    active = {_address(one["email"]) for one in _all(stage.api, "/contacts?status=active")}
    return {
        f"the balance closes: {balance['audience']} people, each in exactly one state": (
            sum(balance["states"].values()) == balance["audience"] == len(deliveries)
        ),
        f"every valid address of the site came in: {len(active)}": (
            active == distinct_addresses(stage.site.people)
        ),
        "every active contact has exactly one mail in exactly one inbox": (
            received == Counter(active)
        ),
        f"every one of the {len(mails)} mails has a Message-ID of its own": (
            len({mail.message_id for mail in mails}) == len(mails) == balance["states"]["sent"]
        ),
        f"the first relay died after {DIES_AFTER} mails, the second carried the rest": (
            (len(first), len(second)) == (DIES_AFTER, balance["audience"] - DIES_AFTER)
        ),
    }


def _balance_table(balance: dict[str, Any]) -> Table:
    table = Table(title="Balance", title_justify="left", show_footer=True)
    table.add_column("state", footer="audience")
    table.add_column("deliveries", footer=str(balance["audience"]), justify="right")
    for state in STATES:
        count = balance["states"][state]
        table.add_row(state, str(count), style="" if count else "dim")
    return table


def _failover_table(stage: Stage, story: Story, deliveries: list[dict[str, Any]]) -> Table:
    table = Table(title="Relays", title_justify="left")
    for title in ("relay", "attempts", "sent", "taken over", "in the inbox"):
        table.add_column(title, justify="left" if title == "relay" else "right")
    for name, relay_id, mails in zip(NAMES, story.relay_ids, stage.mails(), strict=True):
        tries = [one["attempts"] for one in deliveries]
        attempts = sum(a["relay_id"] == relay_id for each in tries for a in each)
        last = [each for each in tries if each and each[-1]["relay_id"] == relay_id]
        over = sum(any(a["relay_id"] != relay_id for a in each) for each in last)
        table.add_row(name, *map(str, (attempts, len(last), over, len(mails))))
    return table


def _all(api: Curl, path: str) -> Iterator[dict[str, Any]]:
    """Every item of a paged list."""
    page, separator = 1, "&" if "?" in path else "?"
    while items := api.get(f"{path}{separator}page={page}&per_page=500")["items"]:
        yield from items
        page += 1


def _address(email: str) -> str:
    """The form in which two addresses of one person are equal."""
    parsed = email_address.parse(email)
    return parsed.address if parsed else email
