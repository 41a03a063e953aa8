"""T7: the order in which relays help."""

from typing import Any

from tests.acceptance.conftest import Desk, Servers


def order(desk: Desk) -> list[tuple[str, int]]:
    found: list[dict[str, Any]] = desk.asked("GET", "/relays")["items"]
    return [(one["name"], one["failover_priority"]) for one in found]


def test_t07_a_blank_priority_comes_last(desk: Desk, dead_port: int) -> None:
    desk.relay(dead_port, "first")
    desk.relay(dead_port, "seven", failover_priority=7)
    desk.relay(dead_port, "blank")
    desk.relay(dead_port, "null", failover_priority=None)
    assert order(desk) == [("first", 1), ("seven", 7), ("blank", 8), ("null", 9)]


def test_t07_of_equals_the_older_one_helps(desk: Desk, server: Servers, dead_port: int) -> None:
    older, younger = server(), server()
    desk.relay(dead_port, "primary")
    desk.relay(older, "older", failover_priority=5)
    desk.relay(younger, "younger", failover_priority=5)
    desk.failover()
    desk.people(5)
    campaign = desk.campaign()
    desk.send()
    assert desk.states(campaign) == {"sent": 5}
    assert (len(older.taken), younger.connections) == (5, 0)


def test_t07_another_order_acts_on_a_running_campaign(
    desk: Desk, server: Servers, dead_port: int
) -> None:
    one, two = server(), server()
    desk.relay(dead_port, "primary")
    desk.relay(one, "one", max_connections=1)
    second = desk.relay(two, "two")
    desk.failover()
    desk.people(120)
    campaign = desk.campaign()
    desk.send(until=lambda: len(one.taken) >= 1)
    assert two.connections == 0
    before = len(one.taken)
    desk.asked("PATCH", f"/relays/{second}", {"failover_priority": -1})
    for _ in range(3):
        desk.send()
        desk.clock.turn(minutes=1)
    assert desk.states(campaign) == {"sent": 120}
    assert before < 120
    assert (len(one.taken), len(two.taken)) == (before, 120 - before)
