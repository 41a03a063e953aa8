"""Every acceptance case has its tests, and the page that lists them tells the truth."""

import ast
import re

import pytest

from tests.architecture import house

_FOLDER = house.ROOT / "tests/acceptance"
_PAGE = (house.ROOT / "docs/reliability.md").read_text("utf-8")
#: | T1 | what is promised | `file` |
_ROWS = dict(re.findall(r"^\| T(\d+) +\| [^|]+ \| `(tests/acceptance/\w+\.py)` +\|$", _PAGE, re.M))


def test_the_cases_are_all_there() -> None:
    assert [int(number) for number in _ROWS] == list(range(1, 17))


@pytest.mark.parametrize("number", range(1, 17))
def test_a_case_is_where_the_page_says(number: int) -> None:
    named = [
        node.name
        for node in ast.parse((house.ROOT / _ROWS[str(number)]).read_text("utf-8")).body
        if isinstance(node, ast.FunctionDef) and node.name.startswith("test_")
    ]
    assert named
    assert [one for one in named if not one.startswith(f"test_t{number:02}_")] == []


def test_every_acceptance_test_is_on_the_page() -> None:
    files = {house.name(path) for path in _FOLDER.glob("test_*.py")}
    assert files == set(_ROWS.values())
