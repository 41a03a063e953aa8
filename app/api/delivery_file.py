"""The delivery log as a CSV file that is written while it is read."""

import csv
import io
from collections.abc import Iterable, Iterator
from datetime import datetime

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
    yield _text([COLUMNS])
    for lines in parts:
        if lines:
            yield _text([[_cell(value) for value in _values(line)] for line in lines])


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


def _cell(value: object) -> str:
    """As text that no spreadsheet takes for a formula."""
    if value is None:
        return ""
    if isinstance(value, datetime):
        return value.isoformat().replace("+00:00", "Z")
    text = str(value)
    return f"'{text}" if text.startswith(("=", "+", "-", "@", "\t", "\r")) else text


def _text(table: Iterable[Iterable[str]]) -> str:
    file = io.StringIO()
    csv.writer(file, lineterminator="\r\n").writerows(table)
    return file.getvalue()
