"""How sending stands, in the words of the command line."""

from collections.abc import Iterator
from datetime import datetime

from app.campaigns import standstill
from app.db import Database
from app.sending.senders import leases, valve
from app.sending.senders.valve import Standing


def described(database: Database, now: datetime) -> Iterator[str]:
    """Who sends, what waits, and whether all of it is held."""
    with database.reading() as session:
        standing = valve.standing(session)
        alive = leases.alive(session, now)
    yield from _held(standing) if standing.held else ["Sending is not held."]
    for one in alive:
        yield f"A sender is alive on {one.host} since {_moment(one.started_at)}."
    if not alive and not standing.held:
        yield "No sender is alive: start pressferry serve or pressferry worker."
    yield from _waiting(standing)


def at_stake(database: Database) -> Iterator[str]:
    """What happens when a person says go. Raises Conflict when nothing is held."""
    with database.reading() as session:
        valve.require_closed(session)
        standing, newest = valve.standing(session), valve.newest(session)
        scheduled = standstill.scheduled(session)
    yield from _held(standing)
    if newest is not None:
        yield f"The newest attempt that this database knows of is of {_moment(newest)}."
        yield "If it is an older copy, it does not know who got a mail or unsubscribed since then."
    yield "If sending goes on, this goes out:"
    yield from _waiting(standing)
    if scheduled:
        yield f"  and {scheduled} scheduled campaigns, each at its moment"


def _held(standing: Standing) -> list[str]:
    since = _moment(standing.since) if standing.since else "?"
    return [f"All sending is held since {since}:", f"  {standing.why}"]


def _waiting(standing: Standing) -> Iterator[str]:
    yield "1 mail waits." if standing.queued == 1 else f"{standing.queued} mails wait."
    for one in standing.waiting:
        yield f"  {one.queued:>9}  {one.label or one.dispatch_id} (since {_moment(one.since)})"


def _moment(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%d %H:%M:%S UTC")
