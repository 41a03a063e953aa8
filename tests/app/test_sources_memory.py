"""However many users a site has, a run holds a page of them."""

import gc
import tracemalloc
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, cast

import pytest

from app import ids
from app.runtime import Runtime
from app.sources.runs import claiming, running
from connectors import find
from sync import run as pulling
from tests.app.conftest import Client
from tests.app.pulling import World, connected

FEW, MANY = 300, 3_000
#: Holding no more than the id and the address of each would take more.
MOST = 100_000


@dataclass(frozen=True)
class Answer:
    """A page of users."""

    data: list[dict[str, Any]]
    total: int
    pages: int


class Users:
    """A site that makes its users up when it is asked for them."""

    def __init__(self, count: int) -> None:
        self._count = count
        self.held = 0

    def get(self, route: str, params: Mapping[str, str]) -> Answer:
        """A page of them; before the last, ``held`` is what is in memory without garbage."""
        first = (int(params["page"]) - 1) * 100 + 1
        if first + 99 >= self._count:
            gc.collect()
            self.held = tracemalloc.get_traced_memory()[0]
        numbers = range(first, min(first + 99, self._count) + 1)
        data = [{"id": one, "email": f"p{one}@example.com", "name": "Ann"} for one in numbers]
        return Answer(data, self._count, -(-self._count // 100))


def held(runtime: Runtime, world: World, count: int) -> int:
    """The bytes that a run over so many users holds at its last page."""
    connector = find()["wordpress_users"]
    run_id = world.start()
    with runtime.database.transaction() as session:
        task = claiming.claim(session, run_id, ids.new_id(), runtime.now())
    assert task
    store, order = running.prepared(runtime, task, connector, stop=lambda: False)
    users = Users(count)
    tracemalloc.start()
    try:
        pulling.run(connector, cast(Any, users), store, order, task.pull)
    finally:
        tracemalloc.stop()
    return users.held


@pytest.mark.timeout(300)
def test_ten_times_the_users_take_no_more_memory(runtime: Runtime, owner: Client) -> None:
    with connected(runtime, owner.workspace_id, 0) as world:
        held(runtime, world, FEW)  # what is compiled and kept for good
        few = held(runtime, world, FEW)
        many = held(runtime, world, MANY)
        assert len(world.contacts()) == MANY
        assert many - few < MOST, (few, many)
