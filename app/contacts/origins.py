"""Where the values of a contact came from: noted by field, the newest only."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

#: Stands for every field that is not named.
EVERY = "*"


def of_site(connection_id: UUID, now: datetime) -> dict[str, Any]:
    """What is noted of a value that a connection brought."""
    return {"by": "site", "connection": str(connection_id), "at": now.isoformat()}


def traced(
    known: Mapping[str, Any], fields: Iterable[str], by: str, now: datetime
) -> dict[str, Any]:
    """``known`` after ``fields`` were filled here: ``by`` a person, or through the API."""
    said = {"by": by, "connection": None, "at": now.isoformat()}
    return {**known, **dict.fromkeys(fields, said)}
