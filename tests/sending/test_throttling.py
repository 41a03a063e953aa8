"""A relay that asks to slow down, through the real engine (T4 and what belongs to it)."""

from collections.abc import Callable
from datetime import timedelta
from uuid import UUID

from app.rules.health.breaker import BreakerSettings
from app.rules.pace import pacing
from app.sending.relays import throttling
from app.sending.relays.health import set_breaker
from app.sending.routing import failover
from tests.sending.servers import RelayServer
from tests.sending.world import World

Servers = Callable[..., RelayServer]
TOO_FAST = "454 Throttling failure: Maximum sending rate exceeded"


def throttle(server: RelayServer, times: int, says: str = TOO_FAST) -> list[str]:
    """It says so that many times, then takes everything."""
    said: list[str] = []

    def answer(to: str) -> str | None:
        if len(said) >= times:
            return None
        said.append(to)
        return says

    server.dot = answer
    return said


def with_time(world: World, until: Callable[[], bool], seconds: float) -> Callable[[], bool]:
    """The clock goes on by so much at every look."""

    def look() -> bool:
        world.clock.turn(seconds=seconds)
        return until()

    return look


def outcomes(world: World) -> list[str | None]:
    return [one.outcome for one in world.attempts()]


def test_t4_twenty_throttlings_slow_down_and_lose_nothing(world: World, server: Servers) -> None:
    one, two = server(), server()
    first = world.relay(one, "one", rate_per_second=100.0)
    world.relay(two, "two")
    world.failover()
    said = throttle(one, 20)
    world.people(30)
    dispatch = world.dispatch()
    world.send(until=lambda: "throttled" in outcomes(world) and None not in outcomes(world))
    held = throttling.view(world.row(first), world.clock())
    assert held is not None
    assert held.rate == 50
    assert held.ceiling == 100
    assert held.paused_until == world.clock() + timedelta(seconds=1)
    all_sent = with_time(world, lambda: world.balance(dispatch) == {"sent": 30}, 120)
    world.send(until=all_sent)
    assert len(said) == 20
    assert two.taken == []
    assert len(set(one.recipients)) == len(one.taken) == 30
    assert world.row(first).fail_streak == 0
    assert world.row(first).open_until is None
    assert set(outcomes(world)) == {"accepted", "throttled"}


def test_a_rate_is_halved_once_for_what_was_on_its_way(world: World, server: Servers) -> None:
    one = server()
    relay = world.relay(one, "one", rate_per_second=200.0, max_connections=4)
    throttle(one, 100)
    world.people(15)
    world.dispatch()
    world.send()
    assert outcomes(world).count("throttled") > 1
    held = throttling.view(world.row(relay), world.clock())
    assert held is not None
    assert held.rate == 100
    world.clock.turn(seconds=2)
    world.send()
    held = throttling.view(world.row(relay), world.clock())
    assert held is not None
    assert held.rate == 50
    assert held.since == world.clock() - timedelta(seconds=2)


def test_a_relay_without_a_limit_is_measured_and_recovers(world: World, server: Servers) -> None:
    one = server()
    relay = world.relay(one, "one")
    throttle(one, 20)
    world.people(20)
    dispatch = world.dispatch()
    world.send()
    held = throttling.view(world.row(relay), world.clock())
    assert held is not None
    assert (held.ceiling, held.rate) == (20, 10)
    world.clock.turn(seconds=2)
    world.send()
    assert world.balance(dispatch) == {"sent": 1, "deferred": 19}
    world.clock.turn(seconds=1)
    world.send()
    assert world.balance(dispatch) == {"sent": 2, "deferred": 18}
    world.clock.turn(seconds=(pacing.STEPS * pacing.STEP).total_seconds())
    assert throttling.view(world.row(relay), world.clock()) is None
    world.send()
    assert world.balance(dispatch) == {"sent": 20}
    assert world.row(relay).pace is None


def test_a_named_time_is_honoured(world: World, server: Servers) -> None:
    one = server()
    relay = world.relay(one, "one")
    throttle(one, 1, "421 4.7.0 rate limit exceeded, try again in 300 seconds")
    world.people(1)
    dispatch = world.dispatch()
    world.send()
    assert world.row(relay).pause_until == world.clock() + timedelta(seconds=300)
    world.clock.turn(seconds=299)
    world.send()
    assert world.balance(dispatch) == {"deferred": 1}
    world.clock.turn(seconds=2)
    world.send()
    assert world.balance(dispatch) == {"sent": 1}


def test_a_first_later_waits_five_minutes_also_after_a_failover(
    world: World, server: Servers
) -> None:
    one, two = server(), server()
    world.relay(one, "one")
    world.relay(two, "two")
    world.failover()
    one.rcpt = lambda _: "554 5.7.1 relay access denied"
    two.rcpt = lambda _: "451 4.7.1 greylisted"
    world.people(1)
    dispatch = world.dispatch()
    waits = []
    for _ in range(3):
        world.send()
        (delivery,) = world.deliveries(dispatch)
        waits.append((delivery.due_at - world.clock()).total_seconds() / 60)
        world.clock.time = delivery.due_at
    assert waits == [5, 15, 30]


def quota_used_up(world: World, one: RelayServer) -> UUID:
    """Five mails, of which those that were refused wait for an hour."""
    one.rcpt = lambda _: "550 5.4.5 Daily user sending limit exceeded"
    world.people(5)
    dispatch = world.dispatch()
    world.send()
    assert world.balance(dispatch).get("deferred"), "those that it refused wait for it"
    one.rcpt = lambda _: None
    world.send()
    assert one.taken == [], "for an hour it is not asked"
    return dispatch


def test_what_waits_for_a_quota_goes_when_a_person_says_so(world: World, server: Servers) -> None:
    one = server()
    relay = world.relay(one, "one")
    dispatch = quota_used_up(world, one)
    settings = BreakerSettings()
    with world.database.transaction() as session:
        set_breaker(
            session, world.workspace_id, relay, "closed", now=world.clock(), settings=settings
        )
    world.send()
    assert world.balance(dispatch) == {"sent": 5}


def test_what_waits_for_a_quota_goes_elsewhere_once_that_is_allowed(
    world: World, server: Servers
) -> None:
    one, two = server(), server()
    world.relay(one, "one")
    world.relay(two, "two")
    dispatch = quota_used_up(world, one)
    on = {"failover_enabled": True}
    with world.database.transaction() as session:
        failover.change_workspace(session, world.workspace_id, on, now=world.clock())
    world.send()
    assert world.balance(dispatch) == {"sent": 5}
    assert (len(one.taken), len(two.taken)) == (0, 5)
