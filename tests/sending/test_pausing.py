"""A relay or a stream rests, through the real engine: what is not paused goes its way."""

from collections.abc import Callable
from itertools import count
from uuid import UUID

from sqlalchemy import func, select

from app.sending.models import Attempt
from app.sending.relays import pausing
from tests.sending.servers import RelayServer
from tests.sending.world import World

Servers = Callable[..., RelayServer]


def pause_relay(world: World, relay: UUID) -> int:
    """Gives back how many attempts there are at its commit."""
    with world.database.transaction() as session:
        pausing.pause_relay(session, world.workspace_id, relay, now=world.clock())
        return session.scalar(select(func.count(Attempt.id))) or 0


def resume_relay(world: World, relay: UUID) -> None:
    with world.database.transaction() as session:
        pausing.resume_relay(session, world.workspace_id, relay)


def pause_stream(world: World, stream: str = "marketing") -> int:
    with world.database.transaction() as session:
        pausing.pause_stream(session, world.workspace_id, stream, now=world.clock())
        return session.scalar(select(func.count(Attempt.id))) or 0


def resume_stream(world: World, stream: str = "marketing") -> None:
    with world.database.transaction() as session:
        pausing.resume_stream(session, world.workspace_id, stream)


def at_rest(
    world: World, *dispatches: UUID, done: Callable[[], bool] = lambda: True
) -> Callable[[], bool]:
    """What was to come is ``done``, and nothing is on its way, seen again and again."""
    looks = count()

    def resting() -> bool:
        busy = any("sending" in world.balance(one) for one in dispatches)
        return done() and not busy and next(looks) > 5

    return resting


def test_mails_wait_for_a_paused_relay(world: World, server: Servers) -> None:
    one, two = server(), server()
    first, second = world.relay(one, "one"), world.relay(two, "two")
    world.people(5)
    waiting, going = world.dispatch(pin=first), world.dispatch(pin=second)
    pause_relay(world, first)
    world.send(until=at_rest(world, waiting, going, done=lambda: len(two.taken) == 5))
    assert world.balance(waiting) == {"queued": 5}
    assert world.balance(going) == {"sent": 5}
    assert world.row(first).enabled, "paused is not disabled: the campaign is not held"
    resume_relay(world, first)
    world.send()
    assert world.balance(waiting) == {"sent": 5}


def test_with_failover_on_another_relay_helps(world: World, server: Servers) -> None:
    one, two = server(), server()
    first, _ = world.relay(one, "one"), world.relay(two, "two")
    world.failover()
    world.people(5)
    dispatch = world.dispatch()
    pause_relay(world, first)
    world.send()
    assert (world.balance(dispatch), len(one.taken), len(two.taken)) == ({"sent": 5}, 0, 5)


def test_a_mail_deferred_by_a_relay_waits_while_it_is_paused(world: World, server: Servers) -> None:
    one = server()
    first = world.relay(one, "one")
    world.people(3)
    one.rcpt = lambda _: "451 4.2.0 later"
    dispatch = world.dispatch()
    world.send()
    one.rcpt = lambda _: None
    pause_relay(world, first)
    world.clock.turn(hours=1)
    world.send(until=at_rest(world, dispatch))
    assert one.taken == []
    resume_relay(world, first)
    world.clock.turn(seconds=5)
    world.send()
    assert world.balance(dispatch) == {"sent": 3}


def test_a_stream_leaves_the_others_alone(world: World, server: Servers) -> None:
    one = server()
    world.relay(one, "one")
    world.people(5)
    news, other = world.dispatch(), world.dispatch(stream="transactional")
    pause_stream(world)
    world.send(until=at_rest(world, news, other, done=lambda: len(one.taken) == 5))
    assert (world.balance(news), world.balance(other)) == ({"queued": 5}, {"sent": 5})
    resume_stream(world)
    world.send()
    assert world.balance(news) == {"sent": 5}


def test_nothing_begins_after_the_commit_that_pauses_a_relay(world: World, server: Servers) -> None:
    one = server()
    first = world.relay(one, "one", max_connections=1, rate_per_second=10)
    _no_begin_after(world, one, lambda: pause_relay(world, first))


def test_nothing_begins_after_the_commit_that_pauses_a_stream(
    world: World, server: Servers
) -> None:
    one = server()
    world.relay(one, "one", max_connections=1, rate_per_second=10)
    _no_begin_after(world, one, lambda: pause_stream(world))


def _no_begin_after(world: World, one: RelayServer, pause: Callable[[], int]) -> None:
    """Paused in the middle of the fifth message; the engine goes on looking for a while."""
    begun: list[int] = []

    def in_the_middle() -> None:
        world.clock.turn(seconds=1)
        if len(one.taken) == 4:
            begun.append(pause())

    one.before_dot = in_the_middle
    world.people(60)
    dispatch = world.dispatch()
    resting = at_rest(world, dispatch)
    world.send(until=lambda: bool(begun) and resting())
    assert 5 <= begun[0] < 60
    assert len(world.attempts()) == begun[0]
    balance = world.balance(dispatch)
    assert balance["queued"] == 60 - balance["sent"]


def test_a_claim_that_was_made_before_the_pause_begins_nothing(world: World) -> None:
    """The last look, under locks, is what counts."""
    from tests.sending.test_ledger import Hand

    hand = Hand(world, world.relay(1, "one"))
    world.people(3)
    dispatch = world.dispatch()
    claimed = hand.claim(dispatch)
    pause_stream(world)
    assert hand.begin(claimed) == {}
    assert world.balance(dispatch) == {"queued": 3}
    resume_stream(world)
    claimed = hand.claim(dispatch)
    pause_relay(world, hand.relay)
    assert hand.begin(claimed) == {}
    assert world.balance(dispatch) == {"queued": 3}
