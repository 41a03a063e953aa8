"""`python -m tests.faults` plays the matrix and prints it; `... page` prints the page's table."""

import sys
from pathlib import Path

import pytest

from tests.faults.page import promised

if sys.argv[1:] == ["page"]:
    print(promised())
    sys.exit(0)
sys.exit(pytest.main([str(Path(__file__).parent), "-n", "4", "--dist", "worksteal", "-q"]))
