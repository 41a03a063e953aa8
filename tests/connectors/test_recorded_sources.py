"""Every source as a real site answered it: everybody in, who is left out named, nothing twice."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from app.db import Database
from app.dev.replay import RecordedSite, load
from app.rules import email_address
from connectors import Incoming, Pull, find
from tests.conftest import TurnableClock
from tests.connectors.conformance.world import World, check, settled
from tests.connectors.site import RECORDED_SITE
from wp_bridge import discovery
from wp_bridge.client import Client


@pytest.fixture(scope="module")
def site() -> Iterator[RecordedSite]:
    made = RecordedSite(load(RECORDED_SITE)).start()
    yield made
    made.stop()


@contextmanager
def client(site: RecordedSite) -> Iterator[Client]:
    anything = {"allowed": lambda ip: True, "plainly": lambda ip: True}
    made = Client(site.url, site.username, site.password, **anything)
    yield made
    made.close()


def pulled(site: RecordedSite, source: str, **options: Any) -> dict[str, Incoming]:
    connector = find()[source]
    chosen = {option.key: option.default for option in connector.options} | options
    with client(site) as way:
        pages = list(connector.pages(way, Pull(options=chosen)))
    return {row.source_id: row for page in pages for row in page.rows}


def test_what_the_site_offers(site: RecordedSite) -> None:
    with client(site) as way:
        found = discovery.discover(way, find())
    states = {finding.source: finding.state for finding in found.findings}
    assert states.pop("wpforms") == "stores_no_entries"
    assert states == dict.fromkeys(states, "ready")
    details = {finding.source: finding.detail for finding in found.findings}
    assert "Lite keeps no entries" in details["wpforms"]


@pytest.mark.parametrize(
    ("source", "skipped"),
    [
        ("wordpress_users", {"no_email": 1, "invalid_email": 1}),
        ("woocommerce", {"no_email": 1}),
        ("fluent_forms", {}),
        ("fluentcrm", {"not_subscribed": 12, "invalid_email": 1}),
        ("sureforms", {"invalid_email": 1, "no_consent": 2}),
        ("contact_form_7", {"invalid_email": 1}),
    ],
)
def test_all_rows_in_and_a_second_run_changes_nothing(
    site: RecordedSite,
    source: str,
    skipped: dict[str, int],
    sqlite_database: Database,
    clock: TurnableClock,
) -> None:
    world = settled(sqlite_database, clock, source, site.url)
    first = world.pull()
    check(first)
    rows = pulled(site, source)
    assert first.seen == len(rows)
    assert first.skipped == skipped
    addresses = {
        found.address
        for row in rows.values()
        if not row.skip and row.about not in rows and (found := email_address.parse(row.email))
    }
    before = world.contacts()
    assert {address for address, _ in before} == addresses
    for more in ({}, {"full": True}):
        clock.turn(seconds=60)
        again = world.pull(**more)
        check(again)
        assert (again.created, again.updated) == (0, 0)
        assert world.contacts() == before


def _world(site: RecordedSite, source: str, database: Database, clock: TurnableClock) -> World:
    world = settled(database, clock, source, site.url)
    check(world.pull())
    return world


def test_awkward_users(site: RecordedSite) -> None:
    rows = pulled(site, "wordpress_users")
    assert rows["2"].email == ""
    assert rows["8"].fields["first_name"] == "Tom & Jerry"
    assert rows["9"].fields["last_name"] == "Bold"
    assert rows["6"].fields["registered_at"] == ""  # a zero date
    assert rows["98"].email == "Jörg97@bücher.example"
    assert rows["14"].email == "PERSON13@XN--MLLER-KVA.EXAMPLE"


def test_roles_become_lists_and_tags(site: RecordedSite) -> None:
    rows = pulled(site, "wordpress_users", roles_as_lists=True)
    assert rows["1"].lists == {"administrator"}
    assert rows["1"].tags == set()
    assert pulled(site, "wordpress_users", roles_as_tags=True)["1"].tags == {"administrator"}


def test_customers_and_orders(site: RecordedSite) -> None:
    rows = pulled(site, "woocommerce", tag_products=True, tag_prefix="bought: ")
    nobody = rows["customer:2"]
    assert nobody.email == "person1@example.org"  # the account has none, the bill does
    assert nobody.fields["meta.newsletter_optin"] == "yes"
    refunded = next(row for row in rows.values() if row.fields.get("order_status") == "refunded")
    assert refunded.purchase
    assert (float(refunded.purchase.amount), refunded.purchase.is_paid) == (0.0, True)
    order = rows["order:17"]
    assert (order.about, order.email) == ("", "person6000@example.com")
    assert order.fields["order_note"] == "Bitte klingeln & laut 🙂"
    assert order.tags == {"bought: T-Shirt & Cap"}
    assert order.said_at == "2026-09-15T01:43:29Z"


def test_what_somebody_bought_in_all(
    site: RecordedSite, sqlite_database: Database, clock: TurnableClock
) -> None:
    world = _world(site, "woocommerce", sqlite_database, clock)
    theirs = [
        order
        for order in site.rows["/wc/v3/orders"]
        if order["billing"]["email"] == "person6000@example.com"
    ]
    paid = [one for one in theirs if one["status"] in ("processing", "completed", "refunded")]
    total = sum(
        float(one["total"]) + sum(float(refund["total"]) for refund in one["refunds"])
        for one in paid
    )
    fields = world.contact("person6000@example.com").fields
    assert len(theirs) == 2
    assert fields["order_count"] == str(len(paid))
    assert fields["total_spent"] == f"{total:.2f}"


def test_submissions(site: RecordedSite) -> None:
    rows = pulled(site, "fluent_forms")
    assert rows["1"].email == "person1500@example.com"
    assert (rows["1"].fields["first_name"], rows["1"].fields["last_name"]) == ("Anna", "O'Brien")
    second = rows["2"]
    assert second.fields["consent"] == "DSGVO"
    assert (second.fields["first_name"], second.fields["last_name"]) == ("Björn", "O'Brien")
    assert second.fields["phone"] == "030001501"
    assert rows["1"].said_at == "2026-06-08T12:32:36Z"  # Berlin, in summer
    assert not any(
        key.partition(".")[2].startswith("_") for row in rows.values() for key in row.fields
    )


def test_contacts_of_fluentcrm(site: RecordedSite) -> None:
    rows = pulled(site, "fluentcrm")
    first = rows["1"]
    assert first.fields["custom.interests"] == "A, C & D"
    assert (first.lists, first.tags) == ({"Newsletter"}, {"überfällig"})
    statuses = {row.status for row in rows.values() if not row.skip}
    assert statuses == {""}
    closed = [
        row for row in rows.values() if row.status in ("unsubscribed", "bounced", "complained")
    ]
    assert closed
    assert {row.skip for row in closed} == {"not_subscribed"}
    everybody = pulled(site, "fluentcrm", only_subscribed=False)
    assert {row.status for row in everybody.values() if not row.skip} >= {"", "pending", "bounced"}


def test_a_no_at_fluentcrm_is_a_no_here(
    site: RecordedSite, sqlite_database: Database, clock: TurnableClock
) -> None:
    world = _world(site, "fluentcrm", sqlite_database, clock)
    rows = pulled(site, "fluentcrm").values()
    said_no = {
        found.address: row.status
        for row in rows
        if row.status in ("unsubscribed", "bounced", "complained")
        and (found := email_address.parse(row.email))
    }
    assert world.suppressed() == said_no


def test_entries_of_sureforms(site: RecordedSite) -> None:
    rows = pulled(site, "sureforms")
    assert rows["1"].email == "person4200@example.com"
    assert rows["1"].fields["phone"] == "+49 30 1029400"
    assert rows["2"].fields["form"] == "Événement & Rückruf"
    assert rows["2"].fields["first_name"] == "Björn"
    assert rows["1"].said_at == "2026-10-01T00:35:06Z"


def test_messages_of_contact_form_7(site: RecordedSite) -> None:
    rows = pulled(site, "contact_form_7")
    assert rows["636"].email == "person3001@example.org"
    assert (rows["636"].fields["first_name"], rows["636"].fields["last_name"]) == (
        "Björn",
        "O'Brien",
    )
    assert rows["645"].email == "double@@example.com"
    assert rows["646"].email == "Jörg3007@bücher.example"
    assert "first_name" not in rows["646"].fields  # its form is not known: nothing is guessed
    assert rows["636"].said_at == "2026-09-20T04:08:30Z"
