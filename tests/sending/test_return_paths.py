"""Return paths through the real engine: who is on the envelope, and what a refusal costs."""

from collections.abc import Callable

import pytest

from app.rules.mail import verp
from app.sending.letters.letter import Post
from tests.sending.servers import RelayServer
from tests.sending.world import World

Servers = Callable[..., RelayServer]
KEY = b"r" * 32
PATH = "bounces+{token}@bounces.example.com"
IN_USE = {"return_path": PATH, "return_path_learned": "in_use"}


@pytest.fixture(autouse=True)
def _signed(world: World) -> None:
    world.post = Post("http://127.0.0.1:8080", b"k" * 32, KEY)


def senders(server: RelayServer) -> list[str]:
    """Notes who is on the envelopes from now on."""
    found: list[str] = []
    answer = server.mail

    def noting(address: str) -> str | None:
        found.append(address)
        return answer(address)

    server.mail = noting
    return found


def test_each_attempt_has_its_own(world: World, server: Servers) -> None:
    one = server()
    world.relay(one, "one", **IN_USE)
    found = senders(one)
    world.people(20)
    dispatch = world.dispatch()
    world.send()
    assert world.balance(dispatch) == {"sent": 20}
    named = [number for sender in found for number in verp.attempts_in(sender, [KEY])]
    assert sorted(named) == sorted(attempt.id for attempt in world.attempts())
    assert {sender.partition("@")[2] for sender in found} == {"bounces.example.com"}
    assert "From: One <one@relays.example.com>" in one.bodies[0].decode()


@pytest.mark.parametrize(
    "settings", [{}, {"return_path": PATH}, {**IN_USE, "return_path_learned": "refused"}]
)
def test_otherwise_the_relay_s_own_address(
    world: World, server: Servers, settings: dict[str, object]
) -> None:
    one = server()
    world.relay(one, "one", **settings)
    found = senders(one)
    world.people(2)
    world.dispatch()
    world.send()
    assert set(found) == {"one@relays.example.com"}


@pytest.mark.parametrize(
    ("where", "says"),
    [
        ("mail", "553 5.7.1 Sender address rejected"),
        ("rcpt", "550 5.7.1 Sender verify failed"),
        ("dot", "550 5.7.26 unauthenticated email: SPF did not pass"),
    ],
)
@pytest.mark.parametrize("pipelining", [True, False])
def test_a_refused_path_is_given_up_and_nobody_is_blamed(
    world: World, server: Servers, where: str, says: str, pipelining: bool
) -> None:
    """Not the breaker, not the recipient; every mail goes out, and no other relay is asked."""
    one, two = server(pipelining=pipelining), server()
    relay = world.relay(one, "one", **IN_USE)
    world.relay(two, "two")
    world.failover()
    with_path: list[str] = []

    def mail(sender: str) -> str | None:
        with_path[:] = [sender] if "bounces+" in sender else []
        return says if with_path and where == "mail" else None

    one.mail = mail
    if where != "mail":
        setattr(one, where, lambda _: says if with_path else None)
        world.change(relay, max_connections=1)
    world.people(30)
    dispatch = world.dispatch()
    world.send()
    assert world.balance(dispatch) == {"sent": 30}
    assert (len(one.taken), two.connections) == (30, 0)
    row = world.row(relay)
    assert (row.fail_streak, row.open_until, row.last_fault) == (0, None, "")
    assert says[:3] in row.return_path_words
    assert row.return_path_at == world.clock()
    assert {attempt.outcome for attempt in world.attempts()} == {"accepted", "void"}


def test_what_is_not_about_the_path_is_judged_as_ever(world: World, server: Servers) -> None:
    one = server()
    relay = world.relay(one, "one", **IN_USE)
    one.rcpt = lambda to: "550 5.1.1 user unknown" if to.startswith("p0@") else None
    world.people(2)
    dispatch = world.dispatch()
    world.send()
    assert world.balance(dispatch) == {"sent": 1, "bounced": 1}
    assert world.row(relay).return_path_learned == "in_use"


def test_a_relay_that_refuses_its_own_address_too_is_broken(world: World, server: Servers) -> None:
    one = server()
    relay = world.relay(one, "one", **IN_USE)
    one.mail = lambda _: "550 5.7.1 account suspended"
    world.people(1)
    dispatch = world.dispatch()
    world.send()
    assert world.balance(dispatch) == {"deferred": 1}
    outcomes = [attempt.outcome for attempt in world.attempts()]
    assert outcomes == ["void", "refused"]
    assert world.row(relay).fail_streak == 1


def test_a_path_is_only_used_at_the_relay_that_has_it(
    world: World, server: Servers, dead_port: int
) -> None:
    two = server()
    world.relay(dead_port, "one", **IN_USE)
    world.relay(two, "two")
    found = senders(two)
    world.failover()
    world.people(3)
    world.dispatch()
    world.send()
    assert set(found) == {"two@relays.example.com"}
