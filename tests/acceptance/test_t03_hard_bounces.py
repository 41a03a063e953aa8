"""T3: a hundred unknown recipients are no fault of the relay."""

from sqlalchemy import select

from app.contacts.models import Suppression
from tests.acceptance.conftest import Servers
from tests.sending.world import World


def test_t03_a_hundred_hard_bounces_suppress_open_nothing_and_never_fail_over(
    world: World, server: Servers
) -> None:
    one, two = server(), server()
    first = world.relay(one, "one")
    world.relay(two, "two")
    world.failover()
    one.rcpt = lambda to: "550 5.1.1 user unknown" if "@gone" in to else None
    for _ in range(10):
        world.people(10, f"gone{_}.example.com")
        world.people(10, f"here{_}.example.com")
    dispatch = world.dispatch()
    world.send()
    assert world.balance(dispatch) == {"sent": 100, "bounced": 100}
    assert two.connections == 0
    row = world.row(first)
    assert (row.fail_streak, row.open_until) == (0, None)
    with world.database.reading() as session:
        suppressed = session.scalars(select(Suppression)).all()
    assert len(suppressed) == 100
    assert {one.reason for one in suppressed} == {"bounced"}
    assert all("@gone" in one.address for one in suppressed)
