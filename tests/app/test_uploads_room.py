"""How much of people's files a workspace may have at a time, and how they are removed."""

import io
from collections.abc import Callable
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import event

from app.errors import Conflict
from app.runtime import Runtime
from app.sources.models import SourceRow
from app.sources.storing import noted
from app.sources.uploads import keeping, receiving, removing
from app.sources.uploads.models import Upload, UploadPiece
from app.watching.forgetting import forget
from tests.app.bringing import Desk
from tests.app.conftest import Client
from tests.conftest import TurnableClock


@pytest.fixture
def desk(runtime: Runtime, owner: Client) -> Desk:
    return Desk(runtime, owner)


def allow(desk: Desk, **limits: int) -> None:
    for name, most in limits.items():
        object.__setattr__(desk.runtime, name, most)


def people(name: str, count: int = 1) -> str:
    return "email\n" + "".join(f"{name}{number}@x.com\n" for number in range(count))


def test_no_more_files_than_allowed(desk: Desk, clock: TurnableClock, outsider: Client) -> None:
    allow(desk, kept_uploads=2)
    oldest = desk.bring(people("a"), "oldest.csv")
    clock.turn(days=1)
    largest = desk.bring(people("b", 9), "largest.csv")
    refused = desk.ask(people("c").encode())
    detail = (refused.json or {})["detail"]
    assert refused.status_code == 409
    assert "2 files" in detail
    assert f"'oldest.csv' ({oldest['id']}) was read longest ago" in detail
    assert f"'largest.csv' ({largest['id']}) is the largest" in detail
    assert desk.count(Upload) == 2
    assert desk.bring(people("a"))["id"] == oldest["id"], "what is here is no more than before"
    Desk(desk.runtime, outsider).bring(people("c"))  # a workspace of its own has room of its own
    assert desk.owner.delete(f"/uploads/{oldest['id']}").status_code == 204
    desk.bring(people("c"))


def test_no_more_bytes_than_allowed(desk: Desk) -> None:
    allow(desk, kept_upload_bytes=200)
    alone = desk.ask(people("much", 100).encode())
    assert (alone.status_code, "this file alone" in (alone.json or {})["detail"]) == (409, True)
    desk.bring(people("a", 10))
    refused = desk.ask(people("b", 20).encode())
    assert (refused.status_code, "96 bytes" in (refused.json or {})["detail"]) == (409, True)
    desk.bring(people("b", 10))


def test_what_was_forgotten_takes_no_room(desk: Desk, clock: TurnableClock) -> None:
    allow(desk, kept_uploads=1)
    first = desk.bring(people("a"))
    clock.turn(days=15)
    forget(desk.runtime)
    second = desk.bring(people("b"))
    refused = desk.ask(people("a").encode())
    assert (refused.status_code, second["id"] in (refused.json or {})["detail"]) == (409, True)
    desk.owner.delete(f"/uploads/{second['id']}")
    assert desk.bring(people("a"))["id"] == first["id"]


def test_a_file_that_was_never_whole_is_cleared_away(desk: Desk, clock: TurnableClock) -> None:
    """As when the machine died in the middle of keeping it."""
    upload = desk.bring(people("a"))
    with desk.runtime.database.transaction() as session:
        session.query(Upload).update({"is_kept": False})
    forget(desk.runtime)
    assert desk.count(UploadPiece) == 1
    clock.turn(days=15)
    forget(desk.runtime)
    assert desk.count(UploadPiece) == 0
    assert desk.bring(people("a"))["id"] == upload["id"]


def _at_once(desk: Desk, table: str, upload: Any) -> list[int]:
    """How many rows of a table each transaction took away while the file was removed."""
    gone: list[int] = []

    def count(connection: Any, cursor: Any, statement: str, *_: Any) -> None:
        if statement.startswith(f"DELETE FROM {table}"):
            gone.append(cursor.rowcount)

    engine = desk.runtime.database.engine
    event.listen(engine, "after_cursor_execute", count)
    assert desk.owner.delete(f"/uploads/{upload['id']}").status_code == 204
    event.remove(engine, "after_cursor_execute", count)
    return gone


def test_a_large_one_is_removed_bit_by_bit(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keeping, "PIECE", 100)
    monkeypatch.setattr(keeping, "_AT_ONCE", 5)
    upload = desk.bring(people("person", 100))
    pieces = desk.count(UploadPiece)
    assert pieces > 10
    gone = _at_once(desk, "upload_piece", upload)
    assert (max(gone), sum(gone), desk.count(UploadPiece)) == (5, pieces, 0)


def test_what_was_noted_of_its_rows_too(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(noted, "_AT_ONCE", 30)
    upload = desk.bring(people("person", 100))
    desk.run(upload)
    assert desk.count(SourceRow) == 100
    assert len(_at_once(desk, "source_row", upload)) == 4
    assert (desk.count(SourceRow), desk.count(Upload), len(desk.contacts())) == (0, 0, 100)


def test_one_that_was_removed_halfway_is_removed_again(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Killed(BaseException):
        pass

    def dies(*_: Any) -> None:
        raise Killed

    upload = desk.bring(people("a"))
    with monkeypatch.context() as dying:
        dying.setattr(noted, "clear", dies)
        with pytest.raises(Killed):
            desk.owner.delete(f"/uploads/{upload['id']}")
    assert (desk.owner.get(f"/uploads/{upload['id']}").json or {})["is_kept"] is False
    again = desk.ask(people("a").encode())
    assert (again.status_code, (again.json or {})["id"] != upload["id"]) == (201, True)
    assert desk.owner.delete(f"/uploads/{upload['id']}").status_code == 204
    assert desk.owner.get(f"/uploads/{upload['id']}").status_code == 404


class Slow(io.BytesIO):
    """A file that is read from its beginning again and again; the third time, something happens."""

    def __init__(self, content: str, meanwhile: Callable[[], Any]) -> None:
        super().__init__(content.encode())
        self._meanwhile = meanwhile
        self._begun = 0

    def seek(self, at: int, whence: int = 0) -> int:
        self._begun += 1
        if self._begun == 3:
            self._meanwhile()
        return super().seek(at, whence)


def test_one_that_comes_while_its_like_is_removed(desk: Desk, clock: TurnableClock) -> None:
    upload = desk.bring(people("a"))
    clock.turn(days=15)
    forget(desk.runtime)
    slow = Slow(people("a"), lambda: desk.owner.delete(f"/uploads/{upload['id']}"))
    with pytest.raises(Conflict, match="bring it again"):
        receiving.receive(desk.runtime, desk.owner.workspace_id, "a.csv", slow)
    assert (desk.count(Upload), desk.count(UploadPiece)) == (0, 0)


def test_one_that_comes_while_its_like_is_about_to_go(
    desk: Desk, clock: TurnableClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is being removed is not kept again, though it is still there."""
    upload = desk.bring(people("a"))
    clock.turn(days=15)
    forget(desk.runtime)

    def halfway() -> None:
        with monkeypatch.context() as dying:
            dying.setattr(noted, "clear", lambda *_: 1 / 0)
            with pytest.raises(ZeroDivisionError):
                removing.remove(desk.runtime, desk.owner.workspace_id, UUID(upload["id"]))

    with pytest.raises(Conflict, match="bring it again"):
        slow = Slow(people("a"), halfway)
        receiving.receive(desk.runtime, desk.owner.workspace_id, "a.csv", slow)


def test_two_that_are_alike_come_at_once(desk: Desk) -> None:
    slow = Slow(people("a"), lambda: desk.bring(people("a")))
    with pytest.raises(Conflict, match="being brought at this moment"):
        receiving.receive(desk.runtime, desk.owner.workspace_id, "a.csv", slow)
    assert desk.count(Upload) == 1
    assert desk.bring(people("a"))["is_kept"] is True
