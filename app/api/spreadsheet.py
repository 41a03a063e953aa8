"""CSV as spreadsheets read it, with nothing in it that they would run."""

import csv
import io
from collections.abc import Iterable
from datetime import datetime


def cell(value: object) -> str:
    """As text that no spreadsheet takes for a formula."""
    if value is None:
        return ""
    if isinstance(value, datetime):
        return value.isoformat().replace("+00:00", "Z")
    text = str(value)
    return f"'{text}" if text.startswith(("=", "+", "-", "@", "\t", "\r")) else text


def table(rows: Iterable[Iterable[str]]) -> str:
    """Lines of a CSV file."""
    file = io.StringIO()
    csv.writer(file, lineterminator="\r\n").writerows(rows)
    return file.getvalue()
