"""Nothing is sent from a database that is an older copy, until a person says go."""

import shutil
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import delete, select, text, update

from app.db import Database
from app.errors import Conflict
from app.rules.copies import Mark
from app.sending.engine.books import Books, Patience
from app.sending.models import Attempt, Delivery, Relay, Valve
from app.sending.senders import leases, valve
from app.sending.senders.watch import VOUCHING, Shut, Watch
from app.wire.mark import MarkFile
from tests.conftest import TurnableClock
from tests.sending.servers import RelayServer
from tests.sending.world import World


@pytest.fixture
def watch(world: World) -> Iterator[Callable[..., Watch]]:
    """Makes watches, over the world's data dir or another."""
    made: list[Watch] = []

    def make(folder: Path = world.folder, database: Database = world.database) -> Watch:
        folder.mkdir(exist_ok=True)
        made.append(Watch(database, folder, world.clock))
        return made[-1]

    yield make
    for one in made:
        one.close()


def go(world: World) -> None:
    with world.database.transaction() as session:
        valve.go(session, "a test", world.clock())


def why(world: World) -> str:
    with world.database.reading() as session:
        standing = valve.standing(session)
    assert standing.held is bool(standing.why)
    return standing.why


def books_of(world: World, watch: Watch) -> Books:
    me = leases.register(world.database, host="here", boot_id="b", now=world.clock())
    return Books(world.database, me, Patience(), world.clock, watch)


def _free(_: Relay) -> int:
    return 10


def test_a_restored_backup_is_held_until_a_person_says_go(
    sqlite_database: Database,
    clock: TurnableClock,
    tmp_path: Path,
    server: Callable[..., RelayServer],
) -> None:
    world, relay = World(sqlite_database, clock, tmp_path), server()
    world.relay(relay, "one")
    world.people(3)
    first = world.dispatch()
    world.send()
    second = world.dispatch()
    live, backup = tmp_path / "pressferry.db", tmp_path / "backup.db"
    with closing(sqlite3.connect(live)) as old, closing(sqlite3.connect(backup)) as new:
        old.backup(new)
    world.send()
    assert len(relay.taken) == 6
    sqlite_database.close()
    for path in tmp_path.glob("pressferry.db-*"):
        path.unlink()
    shutil.copy(backup, live)

    with closing(Watch(sqlite_database, tmp_path, clock)) as watch:
        assert not watch.may_send()
        assert not watch.may_send()
    assert "number 6 was begun" in why(world)
    assert world.balance(second) == {"queued": 3}
    go(world)
    assert why(world) == ""
    world.send()
    assert world.balance(first) == world.balance(second) == {"sent": 3}
    assert len(relay.taken) == 9, "the person wanted it"


def test_the_database_goes_back_under_a_running_sender(
    world: World, watch: Callable[..., Watch]
) -> None:
    world.relay(9, "one")
    world.people(4)
    world.dispatch()
    mine = watch()
    assert mine.may_send()
    books = books_of(world, mine)
    assert len(books.begin(books.plan(lambda _: 2).planned)) == 2
    planned = books.plan(lambda _: 2).planned
    with world.database.transaction() as session:
        session.execute(delete(Attempt))
        if not world.database.is_sqlite:
            session.execute(text("ALTER SEQUENCE attempt_id_seq RESTART"))
    with pytest.raises(Shut):
        books.begin(planned)
    assert world.attempts() == []
    assert mine.is_shut
    assert "went back" in why(world)


def test_a_heartbeat_notices_it_too(world: World, watch: Callable[..., Watch]) -> None:
    world.relay(9, "one")
    world.people(2)
    world.dispatch()
    mine = watch()
    assert mine.may_send()
    books = books_of(world, mine)
    books.begin(books.plan(_free).planned)
    mine.keep()
    assert not mine.is_shut
    with world.database.transaction() as session:
        session.execute(
            delete(Attempt).where(Attempt.id == max(one.id for one in world.attempts()))
        )
    mine.keep()
    assert mine.is_shut
    assert "went back" in why(world)


def test_the_valve_itself_is_missing(world: World, watch: Callable[..., Watch]) -> None:
    mine = watch()
    assert mine.may_send()
    with world.database.transaction() as session:
        session.execute(delete(Valve))
    with pytest.raises(Shut, match="went back"), world.database.transaction() as session:
        mine.allow(session)


def test_what_one_holds_holds_all(world: World, watch: Callable[..., Watch]) -> None:
    one, two = watch(), watch()
    assert one.may_send()
    assert two.may_send()
    one.close_valve("because")
    with pytest.raises(Shut), world.database.transaction() as session:
        two.allow(session)
    two.keep()
    assert two.is_shut
    assert not two.may_send()
    go(world)
    with pytest.raises(Shut), world.database.transaction() as session:
        two.allow(session)  # it has to look anew first
    assert two.may_send()
    with world.database.transaction() as session:
        two.allow(session)


def test_the_mark_is_there_before_the_body_leaves(
    world: World, server: Callable[..., RelayServer]
) -> None:
    relay, marks = server(), list[int]()

    def look() -> None:
        with closing(MarkFile(world.folder / "mark")) as file:
            mark = file.read()
        assert mark is not None
        with world.database.reading() as session:
            marks.append(mark.highest - valve.highest(session))

    relay.before_dot = look
    world.relay(relay, "one", max_connections=1)
    world.people(5)
    world.dispatch()
    world.send()
    assert marks == [0] * 5


def test_what_others_begin_is_remembered(world: World, watch: Callable[..., Watch]) -> None:
    world.relay(9, "one")
    world.people(3)
    world.dispatch()
    mine, other = watch(), watch(world.folder / "elsewhere")
    assert mine.may_send()
    assert other.may_send()
    books = books_of(world, other)
    begun = books.begin(books.plan(_free).planned)
    mine.keep()
    with closing(MarkFile(world.folder / "mark")) as file:
        mark = file.read()
    assert mark is not None
    assert mark.highest == max(begun.values())


def test_others_begin_while_one_looks(
    postgres_database: Database,
    clock: TurnableClock,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Several senders share a data dir: what one begins while another looks is no older copy."""
    world = World(postgres_database, clock, tmp_path)
    world.relay(9, "one")
    world.people(3)
    world.dispatch()
    one, two = (Watch(postgres_database, tmp_path, clock) for _ in range(2))
    assert one.may_send()
    books, read = books_of(world, one), MarkFile.read

    def begin_first(file: MarkFile) -> Mark | None:
        monkeypatch.setattr(MarkFile, "read", read)
        books.begin(books.plan(_free).planned)
        return file.read()

    monkeypatch.setattr(MarkFile, "read", begin_first)
    assert two.may_send()
    assert len(world.attempts()) == 3
    one.close()
    two.close()


class Sent:
    """A ledger that was sent from with a data dir that is gone."""

    def __init__(self, world: World, watch: Callable[..., Watch]) -> None:
        world.relay(9, "one")
        world.people(2)
        world.dispatch()
        first = watch(world.folder / "gone")
        assert first.may_send()
        books = books_of(world, first)
        books.begin(books.plan(_free).planned)
        with world.database.reading() as session:
            self.sender_id = session.scalar(select(Delivery.sender_id).limit(1))


def test_a_new_data_dir_asks_once(
    world: World, watch: Callable[..., Watch], clock: TurnableClock
) -> None:
    Sent(world, watch)
    new = watch()
    assert not new.may_send()
    clock.turn(seconds=VOUCHING.total_seconds() + 1)
    assert not new.may_send()
    assert "never with this data dir" in why(world)
    go(world)
    assert watch().may_send()
    assert watch().may_send()
    assert watch(world.folder / "gone").may_send(), "a person has looked"


def test_a_data_dir_that_was_not_let_in_is_not_forgotten(
    world: World, watch: Callable[..., Watch], clock: TurnableClock
) -> None:
    """Whoever opens the valve by hand in the table has not answered its question."""
    Sent(world, watch)
    new = watch()
    new.may_send()
    clock.turn(seconds=VOUCHING.total_seconds() + 1)
    assert not new.may_send()
    with world.database.transaction() as session:
        session.execute(update(Valve).values(closed_at=None, why=""))
    again = watch()
    assert not again.may_send()


def test_a_living_sender_vouches_for_a_new_machine(
    postgres_database: Database, clock: TurnableClock, tmp_path: Path
) -> None:
    world = World(postgres_database, clock, tmp_path)
    made = [Watch(postgres_database, _made(tmp_path / str(n)), clock) for n in range(2)]
    sent = Sent(world, lambda _: made[0])
    assert sent.sender_id is not None
    assert not made[1].may_send()
    clock.turn(seconds=5)
    assert not made[1].may_send(), "nobody has moved yet"
    assert leases.keep_alive(postgres_database, sent.sender_id, clock())
    assert made[1].may_send()
    assert why(world) == ""
    for one in made:
        one.close()


def _made(folder: Path) -> Path:
    folder.mkdir()
    return folder


def test_a_data_dir_that_was_copied_asks(
    sqlite_database: Database, clock: TurnableClock, tmp_path: Path
) -> None:
    world = World(sqlite_database, clock, tmp_path)
    gone = Watch(sqlite_database, _made(tmp_path / "gone"), clock)
    Sent(world, lambda _: gone)
    sqlite_database.close()
    folder = _made(tmp_path / "copy")
    for name in ("pressferry.db", "gone/mark"):
        shutil.copy(tmp_path / name, folder / Path(name).name)
    copied = Database(f"sqlite:///{folder / 'pressferry.db'}")
    with closing(Watch(copied, folder, clock)) as other:
        assert not other.may_send()
    with copied.reading() as session:
        assert "moved or copied" in valve.standing(session).why
    copied.close()
    assert gone.may_send(), "the original goes on"
    gone.close()


def test_a_ledger_from_before_there_was_a_valve_goes_on(
    world: World, watch: Callable[..., Watch]
) -> None:
    Sent(world, watch)
    with world.database.transaction() as session:
        session.execute(delete(Valve))
    assert watch().may_send()


def test_but_not_when_this_data_dir_knows_better(
    world: World, watch: Callable[..., Watch], clock: TurnableClock
) -> None:
    Sent(world, watch)
    with world.database.transaction() as session:
        session.execute(delete(Valve))
    known = watch(world.folder / "gone")
    known.may_send()
    clock.turn(seconds=VOUCHING.total_seconds() + 1)
    assert not known.may_send()
    assert why(world)


def test_there_must_be_something_to_let_go(world: World) -> None:
    with pytest.raises(Conflict, match="not held"):
        go(world)
