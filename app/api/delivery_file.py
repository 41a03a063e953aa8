"""The delivery log as a CSV file that is written while it is read."""

from collections.abc import Iterable, Iterator

from app.api.spreadsheet import cell, table
from app.watching.log import Line

COLUMNS = (
    "id",
    "email",
    "campaign",
    "campaign_id",
    "message_id",
    "contact_id",
    "state",
    "reason",
    "tries",
    "due_at",
    "finished_at",
    "relay",
    "outcome",
    "phase",
    "code",
    "text",
    "tried_at",
)


def rows(parts: Iterable[list[Line]]) -> Iterator[str]:
    """The head, then one piece of text per part."""
    yield table([COLUMNS])
    for lines in parts:
        if lines:
            yield table([[cell(value) for value in _values(line)] for line in lines])


def _values(line: Line) -> list[object]:
    last = line.last
    return [
        line.id,
        line.email,
        line.campaign_name,
        line.campaign_id,
        line.message_id,
        line.contact_id,
        line.state,
        line.reason,
        line.tries,
        line.due_at,
        line.finished_at,
        last.relay_name if last else None,
        last.outcome if last else None,
        last.phase if last else None,
        last.code if last else None,
        last.text if last else None,
        last.at if last else None,
    ]
