"""Mailing lists and tags: both gather contacts under a name, so both are handled alike."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any
from uuid import UUID

from sqlalchemy import Uuid, bindparam, func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from app import ids
from app.contacts.models import ContactList, ContactTag, MailingList, Tag
from app.db import Page, insert, of_workspace, page
from app.errors import Conflict, Invalid
from app.statements.many import among
from app.statements.ready import Asking

Group = MailingList | Tag


@dataclass(frozen=True)
class Kind:
    """A kind of group: its table, the table that puts contacts in, and its name in sentences."""

    model: Any
    link: Any
    group_id: Any
    noun: str


LISTS = Kind(MailingList, ContactList, ContactList.list_id, "list")
TAGS = Kind(Tag, ContactTag, ContactTag.tag_id, "tag")


def get(session: Session, workspace_id: UUID, kind: Kind, group_id: UUID) -> Any:
    """The group. Raises NotFound."""
    return of_workspace(session, kind.model, workspace_id, group_id, kind.noun)


def listed(
    session: Session, workspace_id: UUID, kind: Kind, *, number: int, per_page: int
) -> Page[Any]:
    """The groups of a workspace, oldest first."""
    query = select(kind.model).where(kind.model.workspace_id == workspace_id)
    return page(session, query.order_by(kind.model.id), page=number, per_page=per_page)


def counts(session: Session, kind: Kind, group_ids: Iterable[UUID]) -> dict[UUID, int]:
    """How many contacts are in each of these groups."""
    rows = session.execute(
        select(kind.group_id, func.count())
        .where(kind.group_id.in_(list(group_ids)))
        .group_by(kind.group_id)
    )
    return dict(rows.all())


def create(
    session: Session, workspace_id: UUID, kind: Kind, values: dict[str, Any], *, now: datetime
) -> Any:
    """A new group; ``values``: name, description, and color for a tag. Raises Conflict."""
    made = kind.model(workspace_id=workspace_id, created_at=now, **values)
    session.add(made)
    _flush(session, kind, values["name"])
    return made


def change(
    session: Session, workspace_id: UUID, kind: Kind, group_id: UUID, values: dict[str, Any]
) -> Any:
    """Changes what is given. Raises Conflict when the name is taken."""
    group = get(session, workspace_id, kind, group_id)
    for name, value in values.items():
        setattr(group, name, value)
    _flush(session, kind, group.name)
    return group


def remove(session: Session, workspace_id: UUID, kind: Kind, group_id: UUID) -> None:
    """Removes the group; the contacts in it stay."""
    session.delete(get(session, workspace_id, kind, group_id))
    session.flush()


def resolve(
    session: Session,
    workspace_id: UUID,
    kind: Kind,
    references: Sequence[str],
    *,
    place: str,
    now: datetime | None = None,
) -> list[UUID]:
    """The ids that ``references`` (ids or names) mean, each once, in their order.

    A name that is not known yet is created when ``now`` is given; else, like an id that is not
    known, it is Invalid at ``place``.
    """
    wanted = {reference: _as_id(reference) for reference in references}
    by_id = _known(session, workspace_id, kind, kind.model.id, [i for i in wanted.values() if i])
    names = [name for name, group_id in wanted.items() if group_id is None]
    by_name = known(session, workspace_id, kind, names)
    fresh = [name for name in names if name not in by_name] if now else []
    if now and fresh:
        _make(session, workspace_id, kind, fresh, now)
        by_name = known(session, workspace_id, kind, names)
    _check_all_known(references, wanted, by_id, by_name, f"There is no such {kind.noun}.", place)
    found = (by_id[i] if (i := wanted[r]) else by_name[r] for r in references)
    return list(dict.fromkeys(found))


def known(
    session: Session, workspace_id: UUID, kind: Kind, names: Iterable[str]
) -> dict[str, UUID]:
    """The ids of those of ``names`` that there are."""
    wanted = list(names)
    if not wanted:
        return {}
    session.flush()
    found: Any = _by_name(kind).all(session, {"workspace": workspace_id, "names": wanted})
    return dict(found)


@cache
def _by_name(kind: Kind) -> Asking:
    here = kind.model.workspace_id == bindparam("workspace", type_=Uuid)
    named = select(kind.model.name, kind.model.id).where(here, among(kind.model.name, "names"))
    return Asking(named, keeps_plan=False)


def _check_all_known(
    references: Sequence[str],
    wanted: dict[str, UUID | None],
    by_id: dict[Any, UUID],
    by_name: dict[Any, UUID],
    sentence: str,
    place: str,
) -> None:
    mistakes = {
        f"{place}.{number}": [sentence]
        for number, reference in enumerate(references)
        if (wanted[reference] not in by_id if wanted[reference] else reference not in by_name)
    }
    if mistakes:
        raise Invalid(f"{next(iter(mistakes))}: {sentence}", mistakes)


def _known(
    session: Session, workspace_id: UUID, kind: Kind, column: Any, values: Sequence[Any]
) -> dict[Any, UUID]:
    if not values:
        return {}
    rows = session.execute(
        select(column, kind.model.id).where(
            kind.model.workspace_id == workspace_id, column.in_(values)
        )
    )
    return dict(rows.all())


def _make(
    session: Session, workspace_id: UUID, kind: Kind, names: Iterable[str], now: datetime
) -> None:
    rows = [
        {"id": ids.new_id(), "workspace_id": workspace_id, "name": name, "created_at": now}
        for name in sorted(names)
    ]
    session.execute(insert(session, kind.model).values(rows).on_conflict_do_nothing())


def _as_id(reference: str) -> UUID | None:
    try:
        return UUID(reference) if len(reference) == 36 else None
    except ValueError:
        return None


def _flush(session: Session, kind: Kind, name: str) -> None:
    try:
        session.flush()
    except IntegrityError:
        sentence = f"There is a {kind.noun} with the name '{name}' already."
        raise Conflict(sentence, {"name": [sentence]}) from None
