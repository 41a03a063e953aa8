"""The database is away in the middle of a turn: what the turn had taken does not stay taken."""

from collections.abc import Callable
from typing import Any

from sqlalchemy.exc import OperationalError

from tests.sending.listening import heard
from tests.sending.servers import RelayServer
from tests.sending.world import World


def test_also_when_it_comes_back_just_before_the_next_turn(
    world: World, server: Callable[..., RelayServer]
) -> None:
    """It goes away when the claimed begin, and is not back when they are put back."""
    one = server()
    world.relay(one, "one")
    world.people(7)
    dispatch = world.dispatch()
    missed: list[str] = []

    def away(_: Any, statement: str, __: Any) -> None:
        """For the first beginning, and for what is asked after it."""
        if len(missed) < 2 and (missed or statement.startswith("INSERT INTO attempt")):
            missed.append(statement)
            raise OperationalError(statement, {}, Exception("the database is away"))

    with heard(world.database, away):
        world.send(until=lambda: len(one.taken) == 7)
    assert len(missed) == 2
    assert world.balance(dispatch) == {"sent": 7}
