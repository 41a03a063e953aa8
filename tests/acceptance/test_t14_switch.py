"""T14: the failover switch acts on a campaign that is going out, without a restart."""

from tests.acceptance.conftest import Desk, Servers
from tests.acceptance.looks import some


def test_t14_switched_on_the_waiting_go_through_another_relay(
    desk: Desk, server: Servers, dead_port: int
) -> None:
    two = server()
    first = desk.relay(dead_port, "first")
    desk.relay(two, "two")
    desk.people(8)
    campaign = desk.campaign()
    switched = False

    def done() -> bool:
        nonlocal switched
        if not switched and desk.row(first).open_until is not None:
            assert two.connections == 0
            desk.asked("PATCH", "/workspace", {"failover_enabled": True})
            desk.clock.turn(seconds=61)
            switched = True
        return switched and len(two.taken) == 8 and desk.states(campaign) == {"sent": 8}

    desk.send(until=done)
    assert desk.states(campaign) == {"sent": 8}
    assert len(two.taken) == 8


def test_t14_switched_off_nobody_else_is_asked_any_more(
    desk: Desk, server: Servers, dead_port: int
) -> None:
    two = server()
    first = desk.relay(dead_port, "first")
    desk.relay(two, "two", hourly_limit=5)
    desk.asked("PATCH", "/workspace", {"failover_enabled": True})
    desk.people(20)
    campaign = desk.campaign()
    looks = some(10)
    switched = False

    def done() -> bool:
        nonlocal switched
        if not switched and len(two.taken) == 5 and "sending" not in desk.states(campaign):
            desk.asked("PATCH", "/workspace", {"failover_enabled": False})
            desk.clock.turn(hours=1)
            switched = True
        return switched and looks()

    desk.send(until=done)
    assert len(two.taken) == 5
    mended = server()
    desk.change(first, port=mended.port)
    for _ in range(3):
        desk.clock.turn(minutes=15)
        desk.send()
    assert desk.states(campaign) == {"sent": 20}
    assert (len(mended.taken), len(two.taken)) == (15, 5)
