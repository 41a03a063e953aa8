"""Which relay a mail takes when none is pinned, through the real engine (T8), and who helps."""

from collections.abc import Callable
from uuid import UUID

import pytest
from sqlalchemy import update

from app import ids
from app.sending.models import UserRelay
from app.workspaces.models import Member, User, Workspace
from tests.sending.servers import RelayServer
from tests.sending.world import World

Servers = Callable[..., RelayServer]


def user(world: World, relay_id: UUID | None = None) -> UUID:
    """A member of the workspace; her default when one is given."""
    now = world.clock()
    with world.database.transaction() as session:
        made = User(email=f"{ids.new_id()}@example.com", password_hash="", created_at=now)
        session.add(made)
        session.flush()
        mine = {"workspace_id": world.workspace_id, "user_id": made.id}
        session.add(Member(**mine, role="member", created_at=now))
        if relay_id is not None:
            session.add(UserRelay(**mine, relay_id=relay_id))
        return made.id


def settings(world: World, **values: object) -> None:
    with world.database.transaction() as session:
        session.execute(update(Workspace).values(**values))


@pytest.mark.parametrize(
    ("mail_type", "expected"),
    [("segment_triggered", 0), ("event_triggered", 1), ("newsletter", 2), ("transactional", 0)],
)
def test_t8_all_event_and_newsletter(
    world: World, server: Servers, mail_type: str, expected: int
) -> None:
    """Three servers: All Emails, Event Triggered, Newsletters; what has none takes the first."""
    servers = [server() for _ in range(3)]
    for one, serves in zip(servers, ("all", "event_triggered", "newsletter"), strict=True):
        world.relay(one, serves, mail_type=serves)
    world.people(4)
    dispatch = world.dispatch(mail_type=mail_type)
    world.send()
    assert world.balance(dispatch) == {"sent": 4}
    assert [len(one.taken) for one in servers] == [4 if n == expected else 0 for n in range(3)]


def test_t8_five_servers_leave_nothing_to_the_first(world: World, server: Servers) -> None:
    types = ("newsletter", "segment_triggered", "event_triggered", "api_triggered")
    servers = [server() for _ in range(5)]
    for one, serves in zip(servers, ("all", *types), strict=True):
        world.relay(one, serves, mail_type=serves)
    world.people(2)
    for mail_type in types:
        world.dispatch(mail_type=mail_type)
    world.send()
    assert [len(one.taken) for one in servers] == [0, 2, 2, 2, 2]


def test_t8_none_is_never_chosen_but_pinned_and_in_the_chain(
    world: World, server: Servers, dead_port: int
) -> None:
    spare = server()
    world.relay(dead_port, "main")
    none = world.relay(spare, "spare")
    world.people(2)
    waiting = world.dispatch()
    world.send()
    assert spare.taken == []
    pinned = world.dispatch(pin=none)
    world.send()
    assert world.balance(pinned) == {"sent": 2}
    world.failover()
    world.clock.turn(minutes=10)
    world.send()
    assert world.balance(waiting) == {"sent": 2}


def test_another_assignment_acts_on_the_next_message(world: World, server: Servers) -> None:
    one, two = server(), server()
    world.relay(one, "one", max_connections=1, rate_per_second=5)
    second = world.relay(two, "two")
    world.people(20)
    dispatch = world.dispatch()
    world.send(until=lambda: len(one.taken) >= 1)
    world.change(second, mail_type="newsletter")
    world.clock.turn(seconds=1)
    world.send()
    assert world.balance(dispatch) == {"sent": 20}
    assert len(one.taken) < 20
    assert len(one.taken) + len(two.taken) == 20


def test_the_user_s_default_comes_after_the_type(world: World, server: Servers) -> None:
    servers = [server() for _ in range(3)]
    world.relay(servers[0], "all")
    world.relay(servers[1], "events", mail_type="event_triggered")
    hers = world.relay(servers[2], "hers")
    anna, berta = user(world, hers), user(world)
    world.people(1)
    for who, mail_type in ((anna, "newsletter"), (anna, "event_triggered"), (berta, "newsletter")):
        world.dispatch(user_id=who, mail_type=mail_type)
        world.send()
    assert [len(one.taken) for one in servers] == [1, 1, 1]
    assert world.dispatch(user_id=anna)
    world.send()
    assert [len(one.taken) for one in servers] == [1, 1, 2]


def test_a_disabled_relay_leaves_its_type_to_the_default(world: World, server: Servers) -> None:
    one, two = server(), server()
    world.relay(one, "one")
    world.relay(two, "two", mail_type="newsletter", enabled=False)
    world.people(2)
    dispatch = world.dispatch()
    world.send()
    assert world.balance(dispatch) == {"sent": 2}
    assert len(one.taken) == 2


def test_the_backup_is_the_whole_chain(world: World, server: Servers, dead_port: int) -> None:
    near, backup = server(), server()
    world.relay(dead_port, "main")
    world.relay(near, "near")
    far = world.relay(backup, "backup")
    world.failover()
    settings(world, backup_relay_id=far)
    world.people(3)
    dispatch = world.dispatch()
    world.send()
    assert world.balance(dispatch) == {"sent": 3}
    assert (len(near.taken), len(backup.taken)) == (0, 3)


def test_a_dead_backup_is_nobody(world: World, server: Servers, dead_port: int) -> None:
    near = server()
    world.relay(dead_port, "main")
    world.relay(near, "near")
    far = world.relay(dead_port, "backup")
    world.failover()
    settings(world, backup_relay_id=far)
    world.people(3)
    dispatch = world.dispatch()
    world.send()
    assert "sent" not in world.balance(dispatch)
    settings(world, backup_relay_id=None)
    world.clock.turn(minutes=2)
    world.send()
    assert world.balance(dispatch) == {"sent": 3}
    assert len(near.taken) == 3


def test_t15_rewrite_sends_as_the_relay_that_helps(
    world: World, server: Servers, dead_port: int
) -> None:
    spare = server()
    world.relay(dead_port, "main")
    world.relay(spare, "spare")
    world.failover()
    world.people(1)
    world.dispatch(from_email="news@shop.example.com", from_name="Shop")
    world.send()
    body = spare.bodies[0].decode()
    assert "From: Shop <spare@relays.example.com>" in body
    assert "Reply-To: Shop <news@shop.example.com>" in body


@pytest.mark.parametrize("by_hand", ["", "Same@Relays.Example.com"])
def test_t15_same_from_only_skips_who_sends_as_another(
    world: World, server: Servers, dead_port: int, by_hand: str
) -> None:
    other, same = server(), server()
    world.relay(dead_port, "main", from_email="Same@relays.example.com")
    world.relay(other, "other")
    world.relay(same, "same", from_email="Same@RELAYS.example.com")
    world.failover()
    settings(world, failover_from_policy="same_from_only")
    world.people(3)
    dispatch = world.dispatch(from_email=by_hand)
    world.send()
    assert world.balance(dispatch) == {"sent": 3}
    assert (len(other.taken), len(same.taken)) == (0, 3)


def test_t15_same_from_only_waits_where_nobody_has_the_same(
    world: World, server: Servers, dead_port: int
) -> None:
    other = server()
    world.relay(dead_port, "main")
    world.relay(other, "other")
    world.failover()
    settings(world, failover_from_policy="same_from_only")
    world.people(3)
    dispatch = world.dispatch()
    world.send()
    assert other.taken == []
    assert "sent" not in world.balance(dispatch)
