"""Lists and tags that a source names, things that people did, and what they bought."""

from collections.abc import Iterator, Sequence
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select

from app.contacts import edit, groups
from app.contacts.groups import TAGS
from app.contacts.models import Contact, ContactTag, Field, Tag
from app.db import Database
from app.rules import email_address
from app.sources import connections
from app.sources.models import PurchaseRow, SyncRun
from app.sources.runs.claiming import claim
from app.sources.storing import contacts as store
from connectors import Incoming, Needs, Page, Pull, Purchase, Site, SourceField
from sync import mapping
from sync import run as pulling
from sync.guard import FLOOR, Guard
from sync.reading import Order
from sync.run import Held
from tests.app.conftest import Client
from tests.app.pulling import World, connected
from tests.conftest import TurnableClock

NO_SITE: Any = None
FIELDS = (
    SourceField("name", "Name", "first_name"),
    SourceField("order_count", "Orders", "fields.order_count"),
    SourceField("total_spent", "Total", "fields.total_spent"),
)


class Told:
    """A source that says what it is told to."""

    key, title, needs, options = "told", "Told", Needs("", "", ""), ()
    fields = FIELDS

    def __init__(self, rows: Sequence[Incoming], per_page: int, fields: tuple[SourceField, ...]):
        self._pages = [rows[at : at + per_page] for at in range(0, len(rows), per_page)]
        self._fields = fields

    def look(self, site: Site) -> int | None:
        """Nobody asks."""
        return None

    def pages(self, site: Site, pull: Pull) -> Iterator[Page]:
        """The rows, some at a time."""
        for number, rows in enumerate(self._pages):
            is_last = number == len(self._pages) - 1
            cursor = None if is_last else {"at": number}
            yield Page(tuple(rows), cursor, mark={"n": 1} if is_last else None, fields=self._fields)


@pytest.fixture(params=[1, 100], ids=["row by row", "in one page"])
def per_page(request: pytest.FixtureRequest) -> int:
    """Rows in one page or in many must come to the same."""
    found: int = request.param
    return found


@pytest.fixture
def world(owner: Client) -> Iterator[World]:
    with connected(owner.app.extensions["pressferry"], owner.workspace_id) as made:
        yield made


def tell(
    world: World,
    *rows: Incoming,
    per_page: int = 100,
    fields: tuple[SourceField, ...] = FIELDS,
    guard: Guard | None = None,
    clock: TurnableClock | None = None,
) -> SyncRun:
    """One run of a source that says ``rows``."""
    run_id, now = world.start(), world.runtime.now()
    database = world.runtime.database
    with database.transaction() as session:
        task = claim(session, run_id, UUID(int=1), now)
    assert task
    if clock:
        clock.turn(seconds=1)
    kept = store.ContactStore(
        database,
        task.workspace_id,
        task.progress,
        task.terms,
        now=world.runtime.now,
        stop=lambda: False,
    )
    kept.learn(FIELDS)
    targets = mapping.targets(FIELDS, task.mapping, {"first_name", *_custom(world)})
    order = Order(targets, task.terms, guard, email_address.normal)
    pulling.run(Told(rows, per_page, fields), NO_SITE, kept, order, task.pull)
    return world.run(run_id)


def _custom(world: World) -> set[str]:
    with world.runtime.database.reading() as session:
        return {f"fields.{key}" for key in session.scalars(select(Field.key))}


def tags(world: World, address: str) -> set[str]:
    with world.runtime.database.reading() as session:
        query = select(Tag.name).join(ContactTag, ContactTag.tag_id == Tag.id)
        query = query.join(Contact, Contact.id == ContactTag.contact_id)
        return set(session.scalars(query.where(Contact.address == address)))


def row(number: str, address: str = "a@x.com", **more: Any) -> Incoming:
    return Incoming(number, address, {"name": more.pop("name", "A")}, **more)


def deed(number: str, day: int, address: str = "a@x.com", **more: Any) -> Incoming:
    return row(number, address, said_at=f"2026-01-{day:02}T00:00:00Z", **more)


def order(number: str, day: int, amount: str, paid: bool = True, **more: Any) -> Incoming:
    bought = Purchase(f"2026-01-{day:02}T00:00:00Z", amount, "EUR", paid)
    return deed(number, day, purchase=bought, **more)


def test_tags_come_and_go_with_the_source(world: World) -> None:
    tell(world, row("1", tags=frozenset({"one", "two"})))
    assert tags(world, "a@x.com") == {"one", "two"}
    run = tell(world, row("1", tags=frozenset({"two", "three"})))
    assert tags(world, "a@x.com") == {"two", "three"}
    assert run.updated == 1
    assert tell(world, row("1", tags=frozenset({"three", "two"}))).kept == 1
    tell(world, row("1"))
    assert tags(world, "a@x.com") == set()


def test_what_a_person_attached_stays(world: World) -> None:
    tell(world, row("1"))
    database, now = world.runtime.database, world.runtime.now()
    with database.transaction() as session:
        contact = session.scalars(select(Contact)).one()
        (tag,) = groups.resolve(session, world.workspace_id, TAGS, ["vip"], place="tags", now=now)
        session.add(ContactTag(contact_id=contact.id, tag_id=tag, created_at=now))
    tell(world, row("1", tags=frozenset({"vip", "new"})))
    tell(world, row("1", tags=frozenset()))
    assert tags(world, "a@x.com") == {"vip"}


def test_what_the_connection_gives_everybody_stays(world: World) -> None:
    database, now = world.runtime.database, world.runtime.now()
    with database.transaction() as session:
        values = {"add_tags": ["everybody"]}
        connections.change(session, world.workspace_id, world.connection_id, values, now=now)
    tell(world, row("1", tags=frozenset({"everybody", "x"})))
    tell(world, row("1", tags=frozenset()))
    assert tags(world, "a@x.com") == {"everybody"}


def test_a_tag_that_reads_like_an_id_is_left_out(world: World) -> None:
    odd = "12345678-1234-1234-1234-123456789012"
    tell(world, row("1", tags=frozenset({odd, "x"})))
    assert tags(world, "a@x.com") == {"x"}


def test_the_newest_deed_counts(world: World, per_page: int) -> None:
    run = tell(
        world,
        deed("1", 5, name="Middle"),
        deed("2", 9, name="New"),
        deed("3", 1, name="Old"),
        per_page=per_page,
    )
    assert world.contacts()["a@x.com"].first_name == "New"
    assert (run.created, run.updated, run.kept, run.skipped) == (1, 1, 1, {})
    again = tell(
        world, deed("1", 5, name="Middle"), deed("2", 9, name="New"), deed("3", 1, name="Old")
    )
    assert (again.kept, again.updated) == (3, 0)


def test_an_older_deed_that_changes_later_does_not_count_either(world: World) -> None:
    tell(world, deed("1", 5, name="Old"), deed("2", 9, name="New"))
    tell(world, deed("1", 5, name="Changed"))
    assert world.contacts()["a@x.com"].first_name == "New"


def test_orders_are_added_up(world: World, per_page: int) -> None:
    rows = [order("1", 1, "10.00"), order("2", 2, "5.50"), order("3", 3, "99", paid=False)]
    tell(world, *rows, per_page=per_page)
    fields = world.contacts()["a@x.com"].fields
    assert (fields["order_count"], fields["total_spent"]) == ("2", "15.50")
    before = world.contacts()["a@x.com"].updated_at
    assert tell(world, *rows).kept == 3
    assert world.contacts()["a@x.com"].updated_at == before


def test_a_refund_is_taken_off_once(world: World) -> None:
    tell(world, order("1", 1, "10.00"), order("2", 2, "5.50"))
    for _ in range(2):
        tell(world, order("1", 1, "4.00"))
    assert world.contacts()["a@x.com"].fields["total_spent"] == "9.50"
    tell(world, order("1", 1, "0"), order("2", 2, "5.50", paid=False))
    fields = world.contacts()["a@x.com"].fields
    assert (fields["order_count"], fields["total_spent"]) == ("1", "0.00")


def test_an_order_belongs_to_the_account_it_was_made_with(world: World, per_page: int) -> None:
    account = row("customer:1", "account@x.com", name="Anna")
    theirs = order("order:1", 1, "10", about="customer:1", address="bill@x.com", name="Bill")
    other = order("order:2", 1, "7", about="customer:9", address="bill@x.com", name="Bill")
    tell(world, account, theirs, other, per_page=per_page)
    contacts = world.contacts()
    assert set(contacts) == {"account@x.com", "bill@x.com"}
    assert contacts["account@x.com"].first_name == "Anna"
    assert contacts["account@x.com"].fields["total_spent"] == "10.00"
    assert contacts["bill@x.com"].fields["total_spent"] == "7.00"


def test_a_person_s_own_number_stays(world: World) -> None:
    tell(world, order("1", 1, "10"))
    database, now = world.runtime.database, world.runtime.now()
    contact = world.contacts()["a@x.com"]
    with database.transaction() as session:
        values = {"fields": {"total_spent": "mine"}}
        edit.change(session, world.workspace_id, contact.id, values, now=now)
    tell(world, order("2", 2, "5"))
    fields = world.contacts()["a@x.com"].fields
    assert (fields["total_spent"], fields["order_count"]) == ("mine", "2")


def test_orders_leave_with_the_contact(world: World) -> None:
    tell(world, order("1", 1, "10"))
    with world.runtime.database.transaction() as session:
        edit.remove(session, world.workspace_id, world.contacts()["a@x.com"].id)
    with world.runtime.database.reading() as session:
        assert session.scalars(select(PurchaseRow)).all() == []


def test_a_no_of_a_stranger_is_remembered(world: World) -> None:
    run = tell(world, row("1", status="unsubscribed", skip="not_subscribed"))
    assert (run.created, run.skipped) == (0, {"not_subscribed": 1})
    assert world.contacts() == {}
    tell(world, row("2"))
    assert world.contacts()["a@x.com"].status == "unsubscribed"


def test_a_no_of_somebody_known_closes_the_contact(world: World) -> None:
    tell(world, row("1"))
    run = tell(world, row("1", status="complained", skip="not_subscribed"))
    assert run.updated == 1
    assert world.contacts()["a@x.com"].status == "complained"
    tell(world, row("1"))
    assert world.contacts()["a@x.com"].status == "complained"


def test_fields_that_turn_up_are_learned(world: World) -> None:
    fresh = (SourceField("custom.size", "Shoe size", "fields.shoe_size"),)
    tell(world, Incoming("1", "a@x.com", {"custom.size": "40"}), fields=fresh)
    with world.runtime.database.reading() as session:
        field = session.scalars(select(Field).where(Field.key == "shoe_size")).one()
        shown = connections.portraits(session, world.workspace_id, [world.connection()])[0]
    assert field.label == "Shoe size"
    assert {"key": "custom.size", "label": "Shoe size", "target": "fields.shoe_size"} in shown[
        "fields"
    ]
    with world.runtime.database.transaction() as session:
        session.delete(session.get_one(Field, field.id))
    tell(world, Incoming("1", "a@x.com", {"custom.size": "41"}), fields=fresh)
    assert "fields.shoe_size" not in _custom(world)


def test_a_mark_is_kept_and_a_full_pass_can_be_asked_for(world: World, database: Database) -> None:
    tell(world, row("1"))
    now = world.runtime.now()
    assert world.connection().mark == {"n": 1}
    assert world.connection().swept_at == now
    run_id = world.start()
    with database.transaction() as session:
        task = claim(session, run_id, UUID(int=1), now)
        assert task
        assert task.pull.since == {"n": 1}
    with database.transaction() as session:
        session.get_one(SyncRun, task.progress.run_id).state = "cancelled"
    run_id = world.start(full=True)
    with database.transaction() as session:
        task = claim(session, run_id, UUID(int=1), now)
        assert task
        assert task.pull.since is None


def test_options_through_the_api(owner: Client, world: World) -> None:
    path = f"/connections/{world.connection_id}"
    assert owner.get(path).json["options"] == {
        "roles_as_lists": False,
        "roles_as_tags": False,
        "only_roles": "",
    }
    done = owner.patch(path, {"options": {"roles_as_tags": True}})
    assert done.json["options"] == {
        "roles_as_lists": False,
        "roles_as_tags": True,
        "only_roles": "",
    }
    for wrong, place in (
        ({"nope": True}, "options.nope"),
        ({"roles_as_tags": "yes"}, "options.roles_as_tags"),
    ):
        refused = owner.patch(path, {"options": wrong})
        assert refused.status_code == 422
        assert [one["where"] for one in refused.json["errors"]] == [place]


def test_roles_arrive_as_tags(owner: Client, world: World) -> None:
    world.people[0]["roles"] = ["editor", "shop_manager"]
    owner.patch(f"/connections/{world.connection_id}", {"options": {"roles_as_tags": True}})
    world.pull()
    address = world.people[0]["email"]
    assert tags(world, address) == {"editor", "shop_manager"}
    world.people[0]["roles"] = ["editor"]
    world.pull()
    assert tags(world, address) == {"editor"}


def often(name: str, times: int) -> list[Incoming]:
    """More people than the guard lets change, each of whom does several things."""
    people = range(FLOOR + 10)
    return [
        deed(f"{time}-{who}", time + 1, f"p{who}@x.com", name=f"{name}{time}")
        for time in range(times)
        for who in people
    ]


def test_a_first_pull_is_not_held_by_people_who_did_several_things(
    world: World, per_page: int, clock: TurnableClock
) -> None:
    """What this very sweep brought is no loss when it says better: only what was here before is."""
    guard = Guard(0.5, 0)
    run = tell(world, *often("A", 3), per_page=per_page, guard=guard, clock=clock)
    assert (run.state, run.created, run.updated) == ("succeeded", FLOOR + 10, 2 * (FLOOR + 10))
    guard = Guard(0.5, FLOOR + 10)
    with pytest.raises(Held, match="more than 20 of the 30"):
        tell(world, *often("B", 4), per_page=per_page, guard=guard, clock=clock)
