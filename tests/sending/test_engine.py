"""The engine against servers that refuse, throttle, cut and disappear."""

from collections.abc import Callable

from sqlalchemy import update

from app.contacts.models import Contact
from app.sending import ledger
from app.sending.models import Content, Dispatch, Relay
from app.vault import WrongKey
from app.wire.opening import Endpoint
from tests.sending.servers import RelayServer
from tests.sending.world import World

Servers = Callable[..., RelayServer]


def number(address: str) -> int:
    return int(address.partition("@")[0].removeprefix("p"))


def test_a_server_that_ends_its_connections_early_is_no_fault(
    world: World, server: Servers
) -> None:
    one, two = server(), server()
    first = world.relay(one, "one")
    world.relay(two, "two")
    world.failover()
    asked = {"n": 0}

    def every_seventh(_: str) -> str | None:
        asked["n"] += 1
        return "drop" if asked["n"] % 7 == 0 else None

    one.mail = every_seventh
    world.people(60)
    dispatch = world.dispatch()
    world.send()
    assert world.balance(dispatch)["sent"] == 60
    assert world.row(first).open_until is None
    assert len(set(one.recipients + two.recipients)) == 60


def test_everybody_gets_one(world: World, server: Servers) -> None:
    one = server()
    world.relay(one, "one")
    world.people(30)
    dispatch = world.dispatch()
    world.send()
    assert world.balance(dispatch) == {"sent": 30}
    assert sorted(one.recipients) == sorted(f"p{n}@people.example.com" for n in range(30))
    assert len({message_id for message_id, _ in one.taken}) == 30


def test_cancelling_stops_what_has_not_begun(world: World, server: Servers) -> None:
    one = server()
    world.relay(one, "one", max_connections=1)
    world.people(300)
    dispatch = world.dispatch()

    def cancel() -> None:
        with world.database.transaction() as session:
            ledger.hold(session, dispatch, hold="cancelled", reason="enough", now=world.clock())

    one.before_dot = cancel
    world.send()
    balance = world.balance(dispatch)
    assert balance["cancelled"] + balance["sent"] == 300
    assert balance["sent"] == len(one.taken) <= 2 * 25 + 1


def test_a_pinned_relay_that_is_gone_pauses_instead_of_using_another(
    world: World, server: Servers
) -> None:
    one, two = server(), server()
    world.relay(one, "one")
    pinned = world.relay(two, "two", enabled=False)
    world.people(3)
    dispatch = world.dispatch(pin=pinned)
    world.send(until=lambda: hold_of(world, dispatch) == "paused")
    assert (one.taken, two.taken) == ([], [])
    assert world.balance(dispatch) == {"queued": 3}


def hold_of(world: World, dispatch: object) -> str:
    with world.database.reading() as session:
        return session.get_one(Dispatch, dispatch).hold


def test_refused_credentials_are_the_relays_fault(world: World, server: Servers) -> None:
    one = server(password="right")
    world.relay(one, "one", username="u", secret="wrong")
    world.people(2)
    dispatch = world.dispatch()
    world.send()
    assert world.balance(dispatch) == {"deferred": 2}
    assert {(one.phase, one.code) for one in world.attempts()} == {("auth", 535)}


def test_a_sender_without_its_lease_says_nothing_more_and_blames_nobody(
    world: World, server: Servers
) -> None:
    one = server()
    relay = world.relay(one, "one", max_connections=1)
    world.people(60)
    dispatch = world.dispatch()
    world.send(alive=lambda: len(one.taken) < 5)
    assert {one.outcome for one in world.attempts()} == {"accepted", "void"}
    assert world.row(relay).fail_streak == 0
    balance = world.balance(dispatch)
    assert balance["sent"] == len(one.taken)
    world.send()
    assert world.balance(dispatch) == {"sent": 60}
    assert len(set(one.recipients)) == len(one.taken) == 60


def test_a_password_that_another_master_key_closed_says_so(world: World, server: Servers) -> None:
    world.relay(server(), "one", username="u", secret="not ours")
    world.people(1)
    dispatch = world.dispatch()
    world.send(endpoint=_locked)
    assert world.balance(dispatch) == {"deferred": 1}
    assert "master key" in world.attempts()[0].text


def _locked(relay: Relay) -> Endpoint:
    raise WrongKey("a stored secret does not open with this master key")


def test_right_credentials_are_used(world: World, server: Servers) -> None:
    one = server(password="right")
    world.relay(one, "one", username="u", secret="right")
    world.people(2)
    dispatch = world.dispatch()
    world.send()
    assert world.balance(dispatch) == {"sent": 2}


def test_tls_that_is_required_and_not_offered_is_refused(world: World, server: Servers) -> None:
    one = server()
    world.relay(one, "one", encryption="tls")
    world.people(1)
    dispatch = world.dispatch()
    world.send()
    assert world.balance(dispatch) == {"deferred": 1}
    assert world.attempts()[0].phase == "starttls"
    assert one.taken == []


def test_a_server_without_pipelining_gets_one_sentence_at_a_time(
    world: World, server: Servers
) -> None:
    one = server(pipelining=False)
    world.relay(one, "one")
    one.rcpt = lambda to: "550 5.1.1 user unknown" if number(to) == 4 else None
    world.people(20)
    dispatch = world.dispatch()
    world.send()
    assert world.balance(dispatch) == {"sent": 19, "bounced": 1}


def test_a_sender_that_a_relay_refuses_goes_where_it_is_allowed(
    world: World, server: Servers
) -> None:
    one, two = server(), server()
    first = world.relay(one, "one")
    world.relay(two, "two")
    world.failover()
    one.dot = lambda _: "554 Message rejected: Email address is not verified."
    world.people(3)
    dispatch = world.dispatch(pin=first, from_email="other@shop.example.com")
    world.send()
    assert world.balance(dispatch) == {"sent": 3}
    assert len(two.taken) == 3
    assert world.row(first).fail_streak == 0


def test_a_sender_that_nobody_allows_fails(world: World, server: Servers) -> None:
    one = server()
    first = world.relay(one, "one")
    one.dot = lambda _: "554 Message rejected: Email address is not verified."
    world.people(1)  # of two the second would be paused
    dispatch = world.dispatch(pin=first, from_email="other@shop.example.com")
    world.send()
    assert world.balance(dispatch) == {"failed": 1}


def test_rounds_go_through_the_chain_and_end_after_a_day(world: World, server: Servers) -> None:
    one, two = server(), server()
    for which in (one, two):
        which.dot = lambda _: "451 4.3.0 local error"
    world.relay(one, "one")
    world.relay(two, "two")
    world.failover()
    world.people(1)
    dispatch = world.dispatch()
    for hours in (1, 1, 1, 20, 1):
        world.send()
        assert world.balance(dispatch) == {"deferred": 1}
        world.clock.turn(hours=hours)
    world.send()
    assert world.balance(dispatch) == {"failed": 1}
    rounds = [one.round for one in world.attempts() if one.outcome == "refused"]
    assert rounds[:6] == [0, 0, 1, 1, 2, 2]


def test_a_letter_that_cannot_be_composed_is_rejected_alone(world: World, server: Servers) -> None:
    one = server()
    world.relay(one, "one")
    world.people(5)
    with world.database.transaction() as session:
        session.execute(
            update(Contact).where(Contact.address.like("p3@%")).values(first_name="loop")
        )
    dispatch = world.dispatch()
    endless = (
        "{% if contact.first_name == 'loop' %}{% for a in (1..99999) %}{% for b in (1..99999) %}x"
        "{% endfor %}{% endfor %}{% endif %}hello"
    )
    with world.database.transaction() as session:
        session.execute(update(Content).values(html=endless))
    world.send()
    assert world.balance(dispatch) == {"sent": 4, "rejected": 1}
    rejected = next(one for one in world.deliveries(dispatch) if one.state == "rejected")
    assert rejected.reason.startswith("cannot be composed")


def test_the_dispatch_is_finished_when_nobody_is_open(world: World, server: Servers) -> None:
    world.relay(server(), "one")
    world.people(2)
    dispatch = world.dispatch()
    world.send()
    with world.database.reading() as session:
        assert session.get_one(Dispatch, dispatch).finished_at is not None


def test_switched_off_nobody_stays_with_a_fallback(world: World, server: Servers) -> None:
    """A delivery deferred at the fallback goes back to its primary: only that one is asked."""
    one, two = server(), server()
    pinned = world.relay(one, "one")
    world.relay(two, "two")
    world.failover()
    one.mail = lambda _: "451 4.3.0 local error"
    two.rcpt = lambda _: "451 4.7.1 greylisted"
    world.people(2)
    dispatch = world.dispatch(pin=pinned)
    world.send()
    assert world.balance(dispatch) == {"deferred": 2}
    world.failover(on=False)
    one.mail = lambda _: None
    for _ in range(2):  # the primary refused in this round: it is asked again in the next one
        world.clock.turn(minutes=15)
        world.send()
    assert world.balance(dispatch) == {"sent": 2}
    assert (len(one.taken), len(two.taken)) == (2, 0)
