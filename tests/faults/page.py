"""The matrix as a table: what was measured, and what the page promises."""

from collections.abc import Iterable, Sequence
from typing import Any

from tests.faults.sicknesses import FAULTS

ON_POSTGRES = ("failover, PostgreSQL",)
WAYS = ("one relay", "failover", *ON_POSTGRES)
_HEAD = ("fault", "relays", "lost", "duplicated", "wrongly marked", "unknown")


def promised() -> str:
    """The table of the page: what every run of the matrix is held to."""
    return _table([[one.name, "each way", "0", "0", "0", one.doubt or "0"] for one in FAULTS])


def measured(cells: Iterable[Sequence[Any]]) -> str:
    """The table of one run: (fault, ways, lost, duplicated, wrongly marked, unknown)."""
    places = {one.name: number for number, one in enumerate(FAULTS)}
    ordered = sorted(cells, key=lambda cell: (places[cell[0]], WAYS.index(cell[1])))
    return _table([[str(one) for one in cell] for cell in ordered])


def _table(rows: list[list[str]]) -> str:
    widths = [max(len(row[n]) for row in (list(_HEAD), *rows)) for n in range(len(_HEAD))]
    lines = [list(_HEAD), ["-" * width for width in widths], *rows]
    return "\n".join(
        f"| {' | '.join(cell.ljust(width) for cell, width in zip(line, widths, strict=True))} |"
        for line in lines
    )
