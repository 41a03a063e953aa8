"""Which relay a mail takes when none is pinned, through the real engine, and who helps."""

from collections.abc import Callable
from uuid import UUID

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
