"""Prints the matrix after it was played."""

import sys
from collections.abc import Callable, Iterator
from dataclasses import astuple

import pytest

from tests.faults.page import WAYS, measured
from tests.faults.sicknesses import Fault
from tests.faults.stage import Counted

Tell = Callable[[Fault, Counted], None]


@pytest.fixture(params=WAYS)
def ways(request: pytest.FixtureRequest) -> str:
    """With which relays, and on which database."""
    found: str = request.param
    return found


@pytest.fixture
def tell(request: pytest.FixtureRequest, ways: str) -> Tell:
    """Writes a cell down for the table, and holds it to the promises."""

    def tell(fault: Fault, counted: Counted) -> None:
        request.node.user_properties.append(("cell", [fault.name, ways, *astuple(counted)]))
        assert not counted.broken, counted
        assert fault.doubt or not counted.unknown, counted

    return tell


@pytest.fixture(autouse=True)
def _servers_get_their_turn() -> Iterator[None]:
    """Relays and sender share this process: threads must change more often than usual."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(0.0002)
    yield
    sys.setswitchinterval(before)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """The table of what was counted, when anything was."""
    cells = [
        value
        for status in ("passed", "failed")
        for report in terminalreporter.stats.get(status, [])
        for name, value in getattr(report, "user_properties", [])
        if name == "cell"
    ]
    if cells:
        terminalreporter.section("fault matrix")
        terminalreporter.write_line(measured(cells))
