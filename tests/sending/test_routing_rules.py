"""Routing rules through the real engine."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from sqlalchemy import select

from app.contacts.models import Contact, ContactTag, Tag
from app.sending.models import Dispatch, RoutingRule
from tests.sending.servers import RelayServer
from tests.sending.world import World

Servers = Callable[..., RelayServer]


def rule(world: World, relay_id: UUID, *conditions: tuple[str, str, str], **more: Any) -> None:
    """Mails for which all conditions hold go to the relay."""
    group = [{"field": f, "operator": o, "value": v} for f, o, v in conditions]
    values: dict[str, Any] = {"position": 1, "name": "rule", "groups": [group]}
    with world.database.transaction() as session:
        session.add(
            RoutingRule(
                workspace_id=world.workspace_id,
                relay_id=relay_id,
                created_at=world.clock(),
                updated_at=world.clock(),
                **(values | more),
            )
        )


def test_recipients_of_one_domain_take_another_relay(world: World, server: Servers) -> None:
    one, two = server(), server()
    world.relay(one, "one")
    rule(world, world.relay(two, "two"), ("recipient_domain", "is", "GMAIL.example"))
    world.people(20)
    world.people(15, domain="gmail.example")
    dispatch = world.dispatch()
    world.send()
    assert world.balance(dispatch) == {"sent": 35}
    assert (len(one.taken), len(two.taken)) == (20, 15)
    assert all(who.endswith("@gmail.example") for who in two.recipients)


def test_subject_and_tag_are_those_of_the_person(world: World, server: Servers) -> None:
    servers = [server() for _ in range(3)]
    world.relay(servers[0], "default")
    rule(world, world.relay(servers[1], "tagged"), ("tag", "is", "vip"))
    second = world.relay(servers[2], "named")
    rule(world, second, ("subject", "ends_with", "person 3"), position=2)
    world.people(6)
    with world.database.transaction() as session:
        tag = Tag(workspace_id=world.workspace_id, name="VIP", created_at=world.clock())
        session.add(tag)
        session.flush()
        vips = select(Contact.id).where(Contact.email.startswith("p1@"))
        for contact_id in session.scalars(vips).all():
            mark = ContactTag(contact_id=contact_id, tag_id=tag.id, created_at=world.clock())
            session.add(mark)
    dispatch = world.dispatch()
    world.send()
    assert world.balance(dispatch) == {"sent": 6}
    assert [one.recipients for one in servers[1:]] == [
        ["p1@people.example.com"],
        ["p3@people.example.com"],
    ]


def test_a_pin_outranks_rules_and_rules_outrank_types(world: World, server: Servers) -> None:
    servers = [server() for _ in range(3)]
    pinned = world.relay(servers[0], "default")
    rule(world, world.relay(servers[1], "ruled"), ("campaign", "contains", "spring"))
    world.relay(servers[2], "typed", mail_type="newsletter")
    world.people(1)
    for values in ({"label": "Spring"}, {"label": "Spring", "pin": pinned}, {"label": "Autumn"}):
        world.dispatch(**values)  # type: ignore[arg-type]
        world.send()
    assert [len(one.taken) for one in servers] == [1, 1, 1]


def test_a_ruled_mail_fails_over_and_comes_back(
    world: World, server: Servers, dead_port: int
) -> None:
    one = server()
    world.relay(one, "one")
    rule(world, world.relay(dead_port, "dead"), ("to", "starts_with", "p1@"))
    world.people(3)
    dispatch = world.dispatch()
    world.send()
    assert world.balance(dispatch)["sent"] == 2
    world.failover()
    world.clock.turn(minutes=1)
    world.send()
    assert world.balance(dispatch) == {"sent": 3}


def test_nobody_left_to_send_pauses_with_the_reason(world: World, server: Servers) -> None:
    one = server()
    world.relay(9, "default", enabled=False)
    rule(world, world.relay(one, "one"), ("to", "starts_with", "p1@"))
    world.people(2)
    dispatch = world.dispatch()
    world.send()
    with world.database.reading() as session:
        found = session.get_one(Dispatch, dispatch)
        assert (found.hold, "removed or disabled" in found.hold_reason) == ("paused", True)
    assert set(one.recipients) <= {"p1@people.example.com"}
    assert world.balance(dispatch).get("sent", 0) == len(one.taken)


def test_the_text_is_that_of_the_person(world: World, server: Servers) -> None:
    one, two = server(), server()
    world.relay(one, "one")
    rule(world, world.relay(two, "two"), ("message", "contains", "hello PERSON 2"))
    world.people(4)
    dispatch = world.dispatch()
    world.send()
    assert world.balance(dispatch) == {"sent": 4}
    assert two.recipients == ["p2@people.example.com"]


def test_a_campaign_has_no_copies_and_no_headers_of_its_own(world: World, server: Servers) -> None:
    one, two, three = server(), server(), server()
    world.relay(one, "one")
    second, third = world.relay(two, "two"), world.relay(three, "three")
    rule(world, second, ("header", "contains", "x"))
    rule(world, second, ("cc", "contains", "@"), position=2)
    rule(world, second, ("bcc", "contains", "@"), position=3)
    rule(world, third, ("header", "not_contains", "X-Kind"), position=4)
    world.people(2)
    world.dispatch()
    world.send()
    assert [len(which.taken) for which in (one, two, three)] == [0, 0, 2]
