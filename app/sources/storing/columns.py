"""What a page writes, column by column: one that nobody of it fills costs as much as one value."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from uuid import UUID

from app.contacts.models import CONTACT_FIELDS
from app.sources.storing.bulk import Column, Same
from app.sources.storing.roster import Roster
from sync.mapping import Wanted

_CUSTOM = "fields."


def values(people: Sequence[Mapping[str, str]]) -> Iterator[Column]:
    """Values by target -> the column of custom fields, then one for each of CONTACT_FIELDS."""
    used = set[str]().union(*people)
    if custom := sorted(name for name in used if name.startswith(_CUSTOM)):
        yield [
            {name.removeprefix(_CUSTOM): fields[name] for name in custom if name in fields}
            for fields in people
        ]
    else:
        yield Same({})
    for name in CONTACT_FIELDS:
        yield [fields.get(name, "") for fields in people] if name in used else Same("")


def noted(
    connection_id: UUID, roster: Roster, rows: Sequence[tuple[UUID, Wanted]], now: datetime
) -> list[Column]:
    """What such rows said, by the columns of ``statements.NOTED``."""
    names = any(wanted.lists or wanted.tags for _, wanted in rows)
    return [
        Same(connection_id),
        [wanted.source_id for _, wanted in rows],
        [contact_id for contact_id, _ in rows],
        [roster.digests[wanted.source_id] for _, wanted in rows],
        Same(now),
        [wanted.said_at for _, wanted in rows],
        [_groups(roster, wanted) for _, wanted in rows] if names else Same(None),
    ]


def _groups(roster: Roster, wanted: Wanted) -> list[str] | None:
    """Ids of what a row names, so that it is known what it stops to name."""
    if wanted.said_at or not (wanted.lists or wanted.tags):
        return None
    found = [roster.lists.get(name) for name in sorted(wanted.lists)]
    found += [roster.tags.get(name) for name in sorted(wanted.tags)]
    return [str(one) for one in found if one]
