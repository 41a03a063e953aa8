"""One destination complains, through the real engine: it is spared, the others go on."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from sqlalchemy import func, select

from app.sending.destinations import views
from app.sending.models import Delivery, Destination
from tests.sending.listening import statements
from tests.sending.servers import RelayServer
from tests.sending.world import World

Servers = Callable[..., RelayServer]
SLOW = "451 4.7.650 The mail server has been temporarily rate limited due to IP reputation"
TSS = "421 4.7.0 [TSS04] Messages temporarily deferred due to unexpected volume"


def at(domain: str) -> Callable[[str], bool]:
    return lambda address: address.endswith(f"@{domain}")


def complaining(server: RelayServer, domain: str, says: str = SLOW) -> dict[str, bool]:
    """It complains about that domain until ``content`` is set."""
    mood = {"content": False}
    server.rcpt = lambda to: says if at(domain)(to) and not mood["content"] else None
    return mood


def destination(world: World, relay: Any) -> Destination | None:
    with world.database.reading() as session:
        return session.scalars(select(Destination).where(Destination.relay_id == relay)).first()


def waiting(world: World, name: str) -> int:
    with world.database.reading() as session:
        which = select(func.count()).select_from(Delivery)
        return (
            session.scalar(
                which.where(Delivery.address.like(f"%@{name}"), Delivery.state == "queued")
            )
            or 0
        )


def with_time(world: World, until: Callable[[], bool], seconds: float) -> Callable[[], bool]:
    def look() -> bool:
        world.clock.turn(seconds=seconds)
        return until()

    return look


def test_the_others_go_on_at_full_speed(world: World, server: Servers) -> None:
    one = server()
    relay = world.relay(one, "one")
    mood = complaining(one, "hotmail.com")
    world.people(60, "hotmail.com")
    world.people(40, "outlook.com")
    world.people(120, "example.com")
    dispatch = world.dispatch()
    world.send()
    assert len([to for to in one.recipients if at("example.com")(to)]) == 120
    assert waiting(world, "hotmail.com") + len(one.taken) == 220 - waiting(world, "outlook.com")
    row, health = destination(world, relay), world.row(relay)
    assert row is not None
    assert row.name == "outlook.com"
    assert row.complaints >= 1
    assert row.pause_until == world.clock() + timedelta(minutes=1)
    assert (health.fail_streak, health.pause_until, health.pace) == (0, None, None)
    mood["content"] = True
    world.send(until=with_time(world, lambda: world.balance(dispatch) == {"sent": 220}, 10))
    assert len(set(one.recipients)) == len(one.taken) == 220
    assert (row := destination(world, relay)) is not None
    assert row.streak == 0


def test_who_has_to_wait_is_not_looked_at_again_and_again(world: World, server: Servers) -> None:
    one = server()
    world.relay(one, "one")
    complaining(one, "outlook.com")
    world.people(700, "outlook.com")
    world.people(20, "example.com")
    dispatch = world.dispatch()
    world.send()
    assert world.balance(dispatch)["sent"] == 20
    looks = iter(range(20))
    with statements(world.database) as told:
        world.send(until=lambda: next(looks, None) is None)
    assert told
    assert [one for one in told if one.startswith("UPDATE delivery")] == []


def test_another_sender_and_another_campaign_know_it(world: World, server: Servers) -> None:
    one = server()
    world.relay(one, "one", max_connections=1)
    asked: list[str] = []

    def complain(to: str) -> str:
        asked.append(to)
        return TSS

    one.rcpt = complain
    world.people(2, "yahoo.com")
    world.dispatch()
    world.send()
    before = len(asked)
    world.people(30, "yahoo.de")
    second = world.dispatch()
    world.send()
    assert len(asked) == before
    assert world.balance(second) == {"queued": 32}


def test_another_relay_is_asked_as_ever(world: World, server: Servers) -> None:
    one, two = server(), server()
    first, second = world.relay(one, "one"), world.relay(two, "two")
    complaining(one, "outlook.com")
    world.people(5, "outlook.com")
    world.dispatch(pin=first)
    world.send()
    other = world.dispatch(pin=second)
    world.send()
    assert world.balance(other) == {"sent": 5}
    assert destination(world, second) is None


def test_complaints_that_go_on_make_longer_pauses_and_never_fail_the_relay(
    world: World, server: Servers
) -> None:
    one = server()
    relay = world.relay(one, "one")
    complaining(one, "yahoo.com", TSS)
    world.people(3, "yahoo.com")
    dispatch = world.dispatch()
    pauses = []
    for _ in range(4):
        world.send()
        row = destination(world, relay)
        assert row is not None
        pauses.append((row.pause_until - row.last_at) / timedelta(minutes=1))
        world.clock.turn(minutes=90)
    assert pauses == sorted(pauses)
    assert pauses[0] == 1
    assert pauses[-1] > 2
    assert world.row(relay).fail_streak == 0
    assert sum(world.balance(dispatch).values()) == 3


def test_a_blocked_destination_rests_for_an_hour(world: World, server: Servers) -> None:
    one = server()
    relay = world.relay(one, "one")
    said = "421 4.7.28 Our system has detected an unusual rate of unsolicited mail"
    mood = {"blocked": True}
    one.dot = lambda to: said if mood["blocked"] and at("gmail.com")(to) else None
    world.people(3, "gmail.com")
    world.people(3, "googlemail.com")
    world.people(3, "example.com")
    dispatch = world.dispatch()
    world.send()
    assert world.balance(dispatch)["sent"] >= 3
    assert at("example.com")(one.recipients[-1]) or len(one.taken) > 3
    row = destination(world, relay)
    assert row is not None
    assert row.name == "gmail.com"
    assert row.pause_until == world.clock() + timedelta(hours=1)
    mood["blocked"] = False
    world.clock.turn(hours=3)
    world.send(until=with_time(world, lambda: world.balance(dispatch) == {"sent": 9}, 10))
    assert len(set(one.recipients)) == len(one.taken) == 9


def test_transactional_mail_does_not_wait_for_what_others_wrote(
    world: World, server: Servers
) -> None:
    one = server()
    world.relay(one, "one")
    mood = complaining(one, "outlook.com")
    world.people(3, "outlook.com")
    campaign = world.dispatch()
    world.send()
    mood["content"] = True
    urgent = world.dispatch(stream="transactional")
    world.send()
    assert world.balance(urgent) == {"sent": 3}
    assert "sent" not in world.balance(campaign)


def test_who_waits_for_a_destination_that_is_lifted_goes_at_once(
    world: World, server: Servers
) -> None:
    one = server()
    relay = world.relay(one, "one")
    mood = {"content": False}
    slow = ("@yahoo.de", "@hotmail.com")
    one.rcpt = lambda to: TSS if to.endswith(slow) and not mood["content"] else None
    for domain in ("yahoo.de", "hotmail.com"):
        world.people(1, domain)
    world.dispatch()
    world.send()
    mood["content"] = True
    for domain in ("yahoo.com", "yahoo.co.uk", "outlook.com"):
        world.people(20, domain)
    second = world.dispatch()
    world.send()
    assert world.balance(second) == {"queued": 62}, "they did not get turns"
    with world.database.transaction() as session:
        views.lift(session, world.workspace_id, relay, "yahoo.com", now=world.clock())
    world.send()
    assert world.balance(second) == {"sent": 41, "queued": 21}
    assert not [to for to in one.recipients if to.endswith(("@outlook.com", "@hotmail.com"))], (
        "nobody lifted that one"
    )
    assert waiting(world, "yahoo.de") == 1, "the mail about which it complained"
