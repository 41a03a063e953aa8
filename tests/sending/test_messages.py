"""Messages through the real engine: for anybody, through any relay, one by one."""

from collections.abc import Callable
from datetime import timedelta
from email import message_from_bytes
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select, update

from app.contacts.models import Contact
from app.contacts.suppression import suppress
from app.messages import accepting
from app.messages.accepting import HandedIn
from app.rules import email_address
from app.sending import ledger
from app.sending.models import Delivery, Dispatch
from tests.sending.listening import statements
from tests.sending.servers import RelayServer
from tests.sending.test_routing_rules import rule
from tests.sending.world import World

Servers = Callable[..., RelayServer]
MAIL = b"Subject: Your order\r\nContent-Type: text/plain\r\n\r\nThank you.\r\n"


def hand_in(world: World, *emails: str, mail: bytes = MAIL, **more: Any) -> list[UUID]:
    recipients = [email_address.parse(one) for one in emails]
    handed = HandedIn([one for one in recipients if one], "Your order", mail, **more)
    with world.database.transaction() as session:
        return accepting.accept(
            session, world.workspace_id, handed, user_id=world.workspace_id, now=world.clock()
        )


def state(world: World, message: UUID) -> tuple[str, str]:
    (one,) = world.deliveries(message)
    return one.state, one.reason


def test_a_stranger_gets_it_without_unsubscribe_headers(world: World, server: Servers) -> None:
    one = server()
    world.relay(one, "one")
    (message,) = hand_in(world, "Jane@example.com")
    world.send()
    assert world.balance(message) == {"sent": 1}
    mail = message_from_bytes(one.bodies[0])
    assert mail["To"] == "Jane@example.com"
    assert mail["From"] == "One <one@relays.example.com>"
    assert mail["Message-ID"].endswith(f".{message.hex}@relays.example.com>")
    assert mail["List-Unsubscribe"] is None
    assert mail.get_payload() == "Thank you.\r\n"
    with world.database.reading() as session:
        assert session.get_one(Dispatch, message).finished_at is not None


@pytest.mark.parametrize("reason", ["bounced", "invalid", "manual", "complained"])
def test_these_noes_stop_it(world: World, server: Servers, reason: str) -> None:
    one = server()
    world.relay(one, "one")
    with world.database.transaction() as session:
        suppress(session, world.workspace_id, ["jane@example.com"], reason, "", world.clock())
    (message,) = hand_in(world, "jane@example.com")
    world.send()
    assert state(world, message) == ("suppressed", reason)
    assert one.taken == []


def test_an_unsubscribe_from_campaigns_does_not(world: World, server: Servers) -> None:
    one = server()
    world.relay(one, "one")
    world.people(1)
    who = "p0@people.example.com"
    with world.database.transaction() as session:
        suppress(
            session,
            world.workspace_id,
            ["p0@people.example.com"],
            "unsubscribed",
            "",
            world.clock(),
        )
    (message,) = hand_in(world, who)
    world.send()
    assert world.balance(message) == {"sent": 1}


@pytest.mark.parametrize("reasons", [("manual", "unsubscribed"), ("unsubscribed", "manual")])
def test_a_no_to_messages_outlives_one_to_campaigns(
    world: World, server: Servers, reasons: tuple[str, ...]
) -> None:
    world.relay(server(), "one")
    with world.database.transaction() as session:
        for reason in reasons:
            suppress(session, world.workspace_id, ["jane@example.com"], reason, "", world.clock())
    (message,) = hand_in(world, "jane@example.com")
    world.send()
    assert state(world, message)[0] == "suppressed"


@pytest.mark.parametrize(
    ("status", "expected"),
    [("pending", "sent"), ("unsubscribed", "sent"), ("bounced", "suppressed")],
)
def test_what_the_contact_says(world: World, server: Servers, status: str, expected: str) -> None:
    world.relay(server(), "one")
    world.people(1)
    with world.database.transaction() as session:
        session.execute(update(Contact).values(status=status))
    (message,) = hand_in(world, "p0@people.example.com")
    world.send()
    assert state(world, message)[0] == expected


def test_a_bounce_suppresses_and_stops_the_next(world: World, server: Servers) -> None:
    one = server()
    world.relay(one, "one")
    one.rcpt = lambda _: "550 5.1.1 user unknown"
    (first,) = hand_in(world, "jane@example.com")
    world.send()
    (second,) = hand_in(world, "jane@example.com")
    world.send()
    assert state(world, first)[0] == "bounced"
    assert state(world, second) == ("suppressed", "bounced")


def test_failover_rewrites_from_and_keeps_the_way_back(
    world: World, server: Servers, dead_port: int
) -> None:
    two = server()
    world.relay(dead_port, "one")
    world.relay(two, "two")
    world.failover()
    (message,) = hand_in(
        world, "jane@example.com", from_email="shop@shop.example.com", from_name="Shop"
    )
    world.send()
    assert world.balance(message) == {"sent": 1}
    mail = message_from_bytes(two.bodies[0])
    assert mail["From"] == "Shop <two@relays.example.com>"
    assert mail["Reply-To"] == "Shop <shop@shop.example.com>"
    assert mail["Message-ID"].endswith(f".{message.hex}@shop.example.com>")


def test_a_mail_with_a_from_of_its_own_stays_byte_for_byte(world: World, server: Servers) -> None:
    one = server()
    world.relay(one, "one")
    whole = (
        b"Date: Sun, 22 Nov 2026 11:00:00 +0000\r\nFrom: Shop <shop@shop.example.com>\r\n"
        b"To: jane@example.com\r\nMessage-ID: <own@shop.example.com>\r\n" + MAIL
    )
    hand_in(world, "jane@example.com", mail=whole, from_email="shop@shop.example.com")
    world.send()
    assert one.bodies == [whole]


def test_the_relay_of_its_mail_type_else_the_default(world: World, server: Servers) -> None:
    one, two = server(), server()
    world.relay(one, "one")
    second = world.relay(two, "two", mail_type="transactional", stream="transactional")
    hand_in(world, "a@example.com")
    world.send()
    assert two.recipients == ["a@example.com"]
    world.change(second, mail_type="none")
    hand_in(world, "b@example.com")
    world.send()
    assert one.recipients == ["b@example.com"]


def test_a_pin_binds(world: World, server: Servers) -> None:
    one, two = server(), server()
    world.relay(one, "one")
    second = world.relay(two, "two")
    hand_in(world, "a@example.com", relay_id=second)
    world.send()
    assert (one.recipients, two.recipients) == ([], ["a@example.com"])


def test_a_scheduled_one_waits_for_its_moment(world: World, server: Servers) -> None:
    one = server()
    world.relay(one, "one")
    (message,) = hand_in(world, "a@example.com", at=world.clock() + timedelta(hours=1))
    world.send()
    assert world.balance(message) == {"queued": 1}
    world.clock.turn(hours=1)
    world.send()
    assert world.balance(message) == {"sent": 1}


def test_a_cancelled_one_never_leaves(world: World, server: Servers) -> None:
    one = server()
    world.relay(one, "one")
    (message,) = hand_in(world, "a@example.com")
    with world.database.transaction() as session:
        ledger.hold(session, message, hold="cancelled", now=world.clock())
    world.send()
    assert world.balance(message) == {"cancelled": 1}
    assert one.taken == []


def test_a_paused_campaign_does_not_hold_messages(world: World, server: Servers) -> None:
    one = server()
    world.relay(one, "one")
    world.people(3)
    campaign = world.dispatch()
    with world.database.transaction() as session:
        ledger.hold(session, campaign, hold="paused", now=world.clock())
    (message,) = hand_in(world, "a@example.com")
    world.send()
    assert world.balance(message) == {"sent": 1}
    assert world.balance(campaign) == {"queued": 3}


def test_without_any_relay_it_waits_and_says_why(world: World, server: Servers) -> None:
    one = server()
    first = world.relay(one, "one")
    (message,) = hand_in(world, "a@example.com")
    world.change(first, enabled=False)
    world.send()
    assert state(world, message)[0] == "queued"
    assert "removed or disabled" in state(world, message)[1]
    world.change(first, enabled=True)
    world.clock.turn(minutes=1)
    world.send()
    assert world.balance(message) == {"sent": 1}


def test_one_that_was_put_off_is_tried_again(world: World, server: Servers) -> None:
    one = server()
    world.relay(one, "one")
    one.rcpt = lambda _: "450 4.2.1 greylisted"
    (message,) = hand_in(world, "a@example.com")
    world.send()
    assert state(world, message)[0] == "deferred"
    one.rcpt = lambda _: None
    world.clock.turn(minutes=10)
    world.send()
    assert world.balance(message) == {"sent": 1}


def test_rules_read_what_differs_from_message_to_message(world: World, server: Servers) -> None:
    one, two = server(), server()
    world.relay(one, "one")
    second = world.relay(two, "two")
    rule(world, second, ("recipient_domain", "is", "gmail.com"))
    rule(world, second, ("from_name", "is", "Billing"), position=2, name="billing")
    hand_in(world, "a@gmail.com", "b@example.com")
    hand_in(world, "c@example.com", from_name="Billing")
    world.send()
    assert one.recipients == ["b@example.com"]
    assert sorted(two.recipients) == ["a@gmail.com", "c@example.com"]


def test_a_thousand_are_claimed_in_a_few_statements(world: World, server: Servers) -> None:
    one = server()
    world.relay(one, "one", max_connections=4)
    with world.database.transaction() as session:
        people = [email_address.parse(f"p{n}@example.com") for n in range(1000)]
        handed = HandedIn([one for one in people if one], "x", MAIL)
        accepting.accept(
            session, world.workspace_id, handed, user_id=world.workspace_id, now=world.clock()
        )
    with statements(world.database) as told, world.database.transaction() as session:
        groups = ledger.open_messages(session, world.clock())
        assert len(groups) == 1
        found = ledger.claim_messages(
            session, world.workspace_id, groups[0], fresh=1000, tried=50, now=world.clock()
        )
        assert len(found) == 1000
        assert len({one.dispatch.id for one in found}) == 1000
    assert 3 < len(told) < 10


def test_a_turn_takes_no_more_than_fits_into_memory(
    world: World, server: Servers, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.sending.ledger.messages._MOST_BYTES", 3 * len(MAIL))
    one = server()
    world.relay(one, "one")
    for number in range(5):
        hand_in(world, f"p{number}@example.com")
    with world.database.transaction() as session:
        (group,) = ledger.open_messages(session, world.clock())
        found = ledger.claim_messages(
            session, world.workspace_id, group, fresh=50, tried=0, now=world.clock()
        )
        assert len(found) == 3
        ledger.release(
            session,
            world.workspace_id,
            [one.claimed.id for one in found],
            due_at=world.clock(),
        )
    world.send()
    assert len(one.taken) == 5


def test_workspaces_and_streams_are_different_groups(world: World, server: Servers) -> None:
    world.relay(server(), "one")
    hand_in(world, "a@example.com", "b@example.com")
    hand_in(world, "c@example.com", stream="outreach")
    with world.database.reading() as session:
        groups = ledger.open_messages(session, world.clock())
    assert sorted(one.stream for one in groups) == ["outreach", "transactional"]
    world.send()
    with world.database.reading() as session:
        assert set(session.scalars(select(Delivery.state))) == {"sent"}


def test_what_is_said_while_it_waits_counts(world: World, server: Servers) -> None:
    world.relay(server(), "one")
    later = world.clock() + timedelta(minutes=1)
    (first,) = hand_in(world, "a@example.com", at=later)
    (second,) = hand_in(world, "b@example.com", at=later)
    with world.database.transaction() as session:
        suppress(session, world.workspace_id, ["a@example.com"], "unsubscribed", "", world.clock())
        suppress(session, world.workspace_id, ["b@example.com"], "bounced", "", world.clock())
    world.clock.turn(minutes=2)
    world.send()
    assert world.balance(first) == {"sent": 1}
    assert world.balance(second) == {"suppressed": 1}


@pytest.mark.parametrize(
    ("condition", "led"),
    [
        (("header", "contains", "x-kind: invoice"), True),
        (("header", "contains", "x-kind: order"), False),
        (("message", "starts_with", "thank you"), True),
        (("cc", "is", "boss@example.com"), True),
        (("bcc", "is", "jane@example.com"), True),
        (("bcc", "is", "boss@example.com"), False),
    ],
)
def test_rules_read_headers_text_and_copies(
    world: World, server: Servers, condition: tuple[str, str, str], led: bool
) -> None:
    one, two = server(), server()
    world.relay(one, "one")
    rule(world, world.relay(two, "two"), condition)
    mail = b"To: ann@example.com\r\nCc: Boss@example.com\r\nX-Kind: Invoice 7\r\n\r\nThank you.\r\n"
    hand_in(world, "jane@example.com", mail=mail)
    world.send()
    assert (len(one.taken), len(two.taken)) == (not led, led)
