"""T8: which relay a mail takes when none is pinned."""

import pytest

from tests.acceptance.conftest import Desk, Servers
from tests.sending.world import World

TYPES = ("newsletter", "segment_triggered", "event_triggered", "api_triggered")


@pytest.mark.parametrize(
    ("mail_type", "expected"),
    [("segment_triggered", 0), ("event_triggered", 1), ("newsletter", 2), ("transactional", 0)],
)
def test_t08_all_event_and_newsletter(
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


def test_t08_five_servers_leave_nothing_to_the_first(world: World, server: Servers) -> None:
    servers = [server() for _ in range(5)]
    for one, serves in zip(servers, ("all", *TYPES), strict=True):
        world.relay(one, serves, mail_type=serves)
    world.people(2)
    for mail_type in TYPES:
        world.dispatch(mail_type=mail_type)
    world.send()
    assert [len(one.taken) for one in servers] == [0, 2, 2, 2, 2]


def test_t08_none_is_never_chosen_but_pinned_and_in_the_chain(
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


def test_t08_the_last_all_cannot_become_anything_else(desk: Desk, server: Servers) -> None:
    """Though it sends nothing: four types have a relay of their own."""
    servers = [server() for _ in range(5)]
    first = desk.relay(servers[0], "all")
    for one, serves in zip(servers[1:], TYPES, strict=True):
        desk.relay(one, serves, mail_type=serves)
    desk.people(1)
    for serves in TYPES:
        desk.campaign(mail_type=serves)
    desk.send()
    assert [len(one.taken) for one in servers] == [0, 1, 1, 1, 1]
    for wanted in ("none", "transactional"):
        refused = desk.owner.patch(f"/relays/{first}", {"mail_type": wanted})
        assert refused.status_code == 422
    assert desk.asked("GET", f"/relays/{first}")["mail_type"] == "all"
