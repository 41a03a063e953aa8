"""Waiting for what shall not happen: the engine looks at the ledger so many times."""

from collections.abc import Callable
from itertools import count

from tests.sending.world import World


def some(times: int = 10) -> Callable[[], bool]:
    """For ``World.send``: true at the so many-th time it is asked; each time wakes the engine."""
    asked = count(1)
    return lambda: next(asked) >= times


def quiet(world: World, dispatch: object, done: Callable[[], bool]) -> Callable[[], bool]:
    """For ``World.send``: ``done``, and nothing is on its way."""
    return lambda: done() and "sending" not in world.balance(dispatch)  # type: ignore[arg-type]
