"""Lists and tags that a source calls by name: found, or made."""

from collections.abc import Callable, Iterable
from datetime import datetime
from uuid import UUID, uuid5

from sqlalchemy.orm import Session

from app.contacts import groups
from app.contacts.groups import LISTS, TAGS, Kind
from sync.mapping import Wanted

#: An id has so many, however it is written.
_DIGITS = 32
#: Gives the ids of the lists and of the tags that rows name, by name.
Named = Callable[
    [Session, UUID, Iterable[Wanted], datetime], tuple[dict[str, UUID], dict[str, UUID]]
]


def named(
    session: Session, workspace_id: UUID, rows: Iterable[Wanted], now: datetime
) -> tuple[dict[str, UUID], dict[str, UUID]]:
    """The ids of the lists and of the tags that ``rows`` name, by name."""
    lists, tags = set[str](), set[str]()
    for row in rows:
        lists |= row.lists
        tags |= row.tags
    return (
        _ids(session, workspace_id, LISTS, lists, now),
        _ids(session, workspace_id, TAGS, tags, now),
    )


def _ids(
    session: Session, workspace_id: UUID, kind: Kind, names: set[str], now: datetime
) -> dict[str, UUID]:
    wanted = sorted(name for name in names if not _looks_like_an_id(name))
    found = groups.resolve(session, workspace_id, kind, wanted, place=kind.noun, now=now)
    return dict(zip(wanted, found, strict=True))


def _looks_like_an_id(name: str) -> bool:
    """Somebody's tag that reads like one of our ids is left out: it would mean another group."""
    if len(name) < _DIGITS:
        return False
    try:
        UUID(name)
    except ValueError:
        return False
    return True


def imagined(
    session: Session, workspace_id: UUID, rows: Iterable[Wanted], _now: datetime
) -> tuple[dict[str, UUID], dict[str, UUID]]:
    """The same for a dry run: what is not there yet gets an id that nothing has."""
    lists, tags = set[str](), set[str]()
    for row in rows:
        lists |= row.lists
        tags |= row.tags
    return _imagined(session, workspace_id, LISTS, lists), _imagined(
        session, workspace_id, TAGS, tags
    )


def _imagined(session: Session, workspace_id: UUID, kind: Kind, names: set[str]) -> dict[str, UUID]:
    known = groups.known(session, workspace_id, kind, names)
    return {name: known.get(name) or uuid5(workspace_id, kind.noun + name) for name in names}
