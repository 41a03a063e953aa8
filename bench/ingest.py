"""A run of users into the contacts table: read, mapped, matched, decided, stored, with the garbage
collector as ``serve`` has it.

Beside the most that a WordPress with its plug-ins was seen to serve, and, where there is one,
beside a bare WordPress that serves its users one page after another in the same rounds. A whole run
from there shows how much longer it takes than its site.
"""

import time
from collections.abc import Mapping
from contextlib import AbstractContextManager
from typing import Any, cast
from uuid import UUID

import click

from app import clock, ids
from app.garbage import spare_what_is_loaded
from app.rules import email_address
from app.sources import connections
from app.sources.models import Connection, Site
from app.sources.runs import claiming, control
from app.sources.storing import contacts
from bench import bare, stage, wordpress
from bench.claims import Claim, faster
from bench.rounds import Run, Size
from bench.stage import Stage
from connectors import find
from sync import mapping
from sync import run as pulling
from sync.reading import Order

_ROWS = 20_000
_ROUNDS = 3
#: The most rows that a WordPress with its plug-ins was seen to serve in a second, on two cores, and
#: how many times faster we have to be.
_WORDPRESS, _TIMES = 786.0, 20.0
#: How many users the real one has; how near a whole run has to come to what it serves.
_SERVED, _NEARLY = 6_000, 0.9
_PEER = "WordPress"
_BARE = ", its statements by the bare driver"


class _Users:
    """A site whose answers cost nothing."""

    def __init__(self, count: int) -> None:
        self._count = count

    def get(self, route: str, params: Mapping[str, str]) -> wordpress.Answer:
        """A page of a hundred users."""
        last = min(int(params["page"]) * 100, self._count)
        first = (int(params["page"]) - 1) * 100 + 1
        rows = [self._user(number) for number in range(first, last + 1)]
        return wordpress.Answer(rows, self._count, -(-self._count // 100))

    def _user(self, number: int) -> dict[str, Any]:
        return {
            "id": number,
            "username": f"user{number}",
            "email": f"person{number}@example.com",
            "first_name": "Anna",
            "last_name": "Müller",
            "name": "Anna Müller",
            "url": "",
            "locale": "de_DE",
            "registered_date": "2024-12-07T04:59:58+00:00",
            "roles": ["subscriber"],
        }


def run(size: Size) -> list[Claim]:
    """Rows a second, all of them new and none of them changed, beside what WordPress serves."""
    spare_what_is_loaded()
    rows = size.of(_ROWS, 500)
    ways: dict[str, Run] = {
        "SQLite, new": lambda: _measure(stage.sqlite(), rows),
        "SQLite, unchanged": lambda: _measure(stage.sqlite(), rows, again=True),
        "PostgreSQL, new": lambda: _measure(stage.postgres(), rows),
        "PostgreSQL, unchanged": lambda: _measure(stage.postgres(), rows, again=True),
        "SQLite, new" + _BARE: lambda: _measure_bare(stage.sqlite(), rows),
        "PostgreSQL, new" + _BARE: lambda: _measure_bare(stage.postgres(), rows),
    }
    if lacking := wordpress.missing():
        click.echo(f"  no WordPress beside it: {', '.join(lacking)} missing", err=True)
        return _beside(size.interleaved(ways, _ROUNDS), _WORDPRESS, _TIMES)
    with wordpress.users(size.of(_SERVED, 200)) as users:
        whole: dict[str, Run] = {
            "SQLite, a whole run": lambda: _measure(stage.sqlite(), users.count, users),
            "PostgreSQL, a whole run": lambda: _measure(stage.postgres(), users.count, users),
        }
        found = size.interleaved({_PEER: users.rate, **ways, **whole}, _ROUNDS)
    peer = found.pop(_PEER)
    runs = {name + ", beside a bare WordPress": found.pop(name) for name in whole}
    return [*_beside(found, _WORDPRESS, _TIMES), *_beside(runs, peer, _NEARLY)]


def _beside(found: Mapping[str, float], peer: float, goal: float) -> list[Claim]:
    return [faster(name, rate, peer, goal, "rows/s") for name, rate in found.items()]


def _measure(
    place: AbstractContextManager[str], rows: int, site: Any = None, *, again: bool = False
) -> float:
    """Rows in a second of the first run, or of a second one in which nothing has changed."""
    with place as url:
        one = Stage(url)
        connection_id = connect(one)
        for _ in range(1 + again):
            start = time.perf_counter()
            pull(one, connection_id, rows, site)
            seconds = time.perf_counter() - start
        one.database.close()
    return rows / seconds


def _measure_bare(place: AbstractContextManager[str], rows: int) -> float:
    """The same for what such a run of new rows tells its database, when nothing is done beside."""
    with place as url:
        one = Stage(url)
        connection_id = connect(one)
        one.database.close()
        other = bare.copy(url)
        with bare.told(one.database) as told:
            pull(one, connection_id, rows)
        one.database.close()
        return rows / told.again(other)


def connect(one: Stage) -> UUID:
    """A site whose users are pulled."""
    now = clock.now()
    dates = {"workspace_id": one.workspace_id, "created_at": now, "updated_at": now}
    with one.database.transaction() as session:
        site = Site(url="https://shop.example.com", **dates)
        session.add(site)
        session.flush()
        connection = Connection(site_id=site.id, source=wordpress.SOURCE, schedule=None, **dates)
        session.add(connection)
        session.flush()
        return connection.id


def pull(one: Stage, connection_id: UUID, rows: int, site: Any = None) -> None:
    """A run over so many users, of a site whose answers cost nothing unless one is named.

    Only where there is something to wait for is the next page read ahead.
    """
    with one.database.transaction() as session:
        queued = control.start(session, one.workspace_id, connection_id, now=clock.now())
    with one.database.transaction() as session:
        task = claiming.claim(session, queued.id, ids.new_id(), clock.now())
        known = connections.targets(session, one.workspace_id)
    if task is None:
        raise RuntimeError("the run was taken by somebody else")
    kept = contacts.ContactStore(
        one.database,
        task.workspace_id,
        task.progress,
        task.terms,
        now=clock.now,
        stop=lambda: False,
        is_read_again=True,
    )
    order = Order(mapping.targets(task.fields, {}, known), task.terms, None, email_address.normal)
    pulling.run(
        find()[wordpress.SOURCE],
        cast(Any, site or _Users(rows)),
        kept,
        order,
        task.pull,
        reads_ahead=(lambda: True) if site else None,
    )
    if task.progress.numbers.seen != rows:
        raise RuntimeError(f"{task.progress.numbers.seen} of {rows} were seen")
