"""A large site is removed bit by bit: whoever wants to write does not wait for all of its rows."""

from typing import Any

import pytest
from sqlalchemy import event, func, select

from app.runtime import Runtime
from app.sources.models import Connection, Site, SourceRow, SyncRun
from app.sources.storing import noted
from tests.app.conftest import Client
from tests.app.pulling import World, connected


def count(world: World, table: type[Any]) -> int:
    with world.runtime.database.reading() as session:
        return session.scalar(select(func.count()).select_from(table)) or 0


def test_its_rows_go_some_at_a_time(
    runtime: Runtime, owner: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(noted, "_AT_ONCE", 30)
    with connected(runtime, owner.workspace_id, 100) as world:
        world.pull()
        known = len(world.contacts())
        noted_rows = count(world, SourceRow)
        gone: list[int] = []

        def note(connection: Any, cursor: Any, statement: str, *_: Any) -> None:
            if statement.startswith("DELETE FROM source_row"):
                gone.append(cursor.rowcount)

        event.listen(runtime.database.engine, "after_cursor_execute", note)
        assert owner.delete(f"/sites/{world.site_id}").status_code == 200
        event.remove(runtime.database.engine, "after_cursor_execute", note)
        assert (max(gone), sum(gone)) == (30, noted_rows)
        assert [count(world, one) for one in (SourceRow, SyncRun, Connection, Site)] == [0] * 4
        assert len(world.contacts()) == known


def test_one_that_was_removed_halfway_is_read_no_more(
    runtime: Runtime, owner: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Killed(BaseException):
        pass

    def dies(*_: Any) -> None:
        raise Killed

    with connected(runtime, owner.workspace_id) as world:
        world.change(schedule={"every_minutes": 1})
        run_id = world.start()
        with monkeypatch.context() as dying:
            dying.setattr(noted, "clear", dies)
            with pytest.raises(Killed):
                owner.delete(f"/sites/{world.site_id}")
        assert (world.run(run_id).state, world.connection().schedule) == ("cancelled", None)
        assert owner.delete(f"/sites/{world.site_id}").status_code == 200
        assert owner.get(f"/sites/{world.site_id}").status_code == 404
