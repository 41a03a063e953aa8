"""The matrix as a table: what was measured, and what the page promises."""

from collections.abc import Iterable, Sequence
from typing import Any

from tests.faults.sicknesses import FAULTS

WAYS = ("one relay", "failover", "failover, PostgreSQL")
#: Played where a mail goes back to its only relay: there the ledger does something else.
ALONE_ON_POSTGRES = "one relay, PostgreSQL"
ON_POSTGRES = (WAYS[2], ALONE_ON_POSTGRES)
_HEAD = ("fault", "relays", "lost", "duplicated", "wrongly marked", "unknown")


def promised() -> str:
    """The table of the page: what every run of the matrix is held to."""
    return _table([[one.name, "each way", "0", "0", "0", one.doubt or "0"] for one in FAULTS])


def measured(cells: Iterable[Sequence[Any]]) -> str:
    """The table of one run: (fault, ways, lost, duplicated, wrongly marked, unknown)."""
    places = {one.name: number for number, one in enumerate(FAULTS)}
    ways = (*WAYS, ALONE_ON_POSTGRES)
    ordered = sorted(cells, key=lambda cell: (places[cell[0]], ways.index(cell[1])))
    return _table([[str(one) for one in cell] for cell in ordered])


def _table(rows: list[list[str]]) -> str:
    widths = [max(len(row[n]) for row in (list(_HEAD), *rows)) for n in range(len(_HEAD))]
    lines = [list(_HEAD), ["-" * width for width in widths], *rows]
    return "\n".join(
        f"| {' | '.join(cell.ljust(width) for cell, width in zip(line, widths, strict=True))} |"
        for line in lines
    )
