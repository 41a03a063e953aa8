"""Prints the matrix after it was played."""

import sys
from collections.abc import Iterator

import pytest

from tests.faults.page import measured


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
