"""Rules that people write, through the real engine: they hold from the next answer on."""

from collections.abc import Callable
from typing import Any

from sqlalchemy import select

from app.contacts.models import Suppression
from app.sending.models import UnknownReply
from app.sending.replies import rules
from tests.sending.servers import RelayServer
from tests.sending.world import World

Servers = Callable[..., RelayServer]


def rule(world: World, **values: Any) -> None:
    with world.database.transaction() as session:
        rules.create(session, world.workspace_id, {"name": "mine", **values}, now=world.clock())


def unknown(world: World) -> list[UnknownReply]:
    with world.database.reading() as session:
        return list(session.scalars(select(UnknownReply)))


def test_words_that_nobody_knows_are_kept_without_the_address(
    world: World, server: Servers
) -> None:
    one = server()
    relay = world.relay(one, "one")
    one.rcpt = lambda to: f"550 <{to}> is not for us, ticket 1234567{to[1]}"
    world.people(5)
    dispatch = world.dispatch()
    world.send()
    assert world.balance(dispatch) == {"bounced": 5}
    (found,) = unknown(world)
    assert (found.relay_id, found.phase, found.code, found.count) == (relay, "rcpt_to", 550, 5)
    assert found.kind == "<<address>> is not for us, ticket #"
    assert "@" not in found.example


def test_a_new_rule_holds_from_the_next_answer_on(world: World, server: Servers) -> None:
    one, two = server(), server()
    world.relay(one, "one", max_connections=1)
    world.relay(two, "two")
    world.failover()
    world.people(8)
    dispatch = world.dispatch()
    seen: list[str] = []

    def strange(to: str) -> str | None:
        seen.append(to)
        if len(seen) == 1:
            rule(world, text="closed * stocktaking", outcome="refused")
        return "550 closed for stocktaking"

    one.rcpt = strange
    world.send()
    assert world.balance(dispatch) == {"sent": 8}
    assert len(two.taken) == 8
    assert unknown(world) == []


def test_a_rule_can_suppress_and_another_can_spare(world: World, server: Servers) -> None:
    one = server()
    world.relay(one, "one")
    rule(world, text="gone fishing", outcome="bounced", suppress=True)
    rule(world, enhanced="5.1.*", outcome="deferred")
    one.rcpt = lambda to: "550 gone fishing" if to.startswith("p0") else "550 5.1.1 user unknown"
    world.people(3)
    dispatch = world.dispatch()
    world.send()
    assert world.balance(dispatch) == {"bounced": 1, "deferred": 2}
    with world.database.reading() as session:
        assert session.scalars(select(Suppression.address)).all() == ["p0@people.example.com"]


def test_the_rule_of_one_relay_leaves_the_other_alone(world: World, server: Servers) -> None:
    one, two = server(), server()
    first = world.relay(one, "one")
    second = world.relay(two, "two")
    rule(world, code="550", relay_id=first, outcome="deferred")
    for which in (one, two):
        which.rcpt = lambda _: "550 no"
    world.people(2)
    dispatches = [world.dispatch(pin=pin) for pin in (first, second)]
    world.send()
    assert [world.balance(one) for one in dispatches] == [{"deferred": 2}, {"bounced": 2}]
