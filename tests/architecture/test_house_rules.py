"""The house rules that a machine can hold: small rooms, one who commits, words and neighbours."""

import ast
import re
from functools import cache
from pathlib import Path

import pytest
from importlinter import api
from importlinter.cli import lint_imports

from tests.architecture import house

LONGEST_FILE = 250
LONGEST_FUNCTION = 30
_FORBIDDEN_FOLDERS = {"services", "utils", "helpers", "core", "common", "managers"}

each_source = pytest.mark.parametrize("path", house.sources(), ids=house.name)


def test_who_may_import_whom(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(house.ROOT)
    assert api.read_configuration()["contracts_options"]
    assert lint_imports(no_cache=True) == 0


@each_source
def test_rooms_are_small(path: Path) -> None:
    assert len(path.read_text("utf-8").splitlines()) <= LONGEST_FILE


@each_source
def test_functions_are_short(path: Path) -> None:
    lines = {
        node.name: _lines_of_body(node)
        for node in house.definitions(path)
        if not isinstance(node, ast.ClassDef)
    }
    assert {name: count for name, count in lines.items() if count > LONGEST_FUNCTION} == {}


def _lines_of_body(node: house.Definition) -> int:
    """Without the signature, which grows with names, and without the docstring."""
    body = node.body[1:] if ast.get_docstring(node) else node.body
    return (body[-1].end_lineno or 0) - body[0].lineno + 1 if body else 0


@each_source
def test_everything_public_says_what_it_is_for(path: Path) -> None:
    assert ast.get_docstring(house.tree(path)), "the file has no docstring"
    silent = [
        node.name
        for node in house.tree(path).body
        if isinstance(node, house.Definition)
        and not node.name.startswith("_")
        and not ast.get_docstring(node)
    ]
    assert silent == []


@each_source
def test_folders_are_words_of_the_field(path: Path) -> None:
    assert _FORBIDDEN_FOLDERS.isdisjoint(path.relative_to(house.ROOT).with_suffix("").parts)


@each_source
def test_only_the_database_commits(path: Path) -> None:
    commits = re.findall(
        r"\.commit\(|(?:session|engine|connection)\.begin\(", path.read_text("utf-8")
    )
    assert commits == [] or house.name(path) in ("app/db.py", "migrations/run.py")


@each_source
def test_a_face_has_no_sql(path: Path) -> None:
    if house.name(path).startswith(("app/api/", "app/public/", "app/cli.py", "app/dev/")):
        imports = re.findall(r"^\s*(?:from|import) (sqlalchemy\S*)", path.read_text("utf-8"), re.M)
        assert set(imports) <= {"sqlalchemy.orm", "sqlalchemy.exc"}


def test_one_migration_head() -> None:
    files = sorted(path.stem for path in (house.ROOT / "migrations/versions").glob("*.py"))
    assert [file[:4] for file in files] == [f"{number + 1:04}" for number in range(len(files))]
    before = [
        re.search(r"^down_revision = (.*)$", path.read_text("utf-8"), re.M)[1]  # type: ignore[index]
        for path in sorted((house.ROOT / "migrations/versions").glob("*.py"))
    ]
    assert before == ["None", *(f'"{file[:4]}"' for file in files[:-1])]


def test_only_ports_that_are_kept_are_handed_on() -> None:
    """A port that was found and given back may be somebody else's a moment later."""
    takers = [
        house.name(path)
        for path in house.sources()
        + sorted((house.ROOT / "tests").rglob("*.py"))
        + sorted((house.ROOT / "bench").rglob("*.py"))
        if re.search(r"\.bind\(\(", path.read_text("utf-8"))
    ]
    assert takers == ["app/dev/ports.py", "tests/ports.py"]


def _plug_ins() -> list[str]:
    folders = ("connectors", "app/providers/presets")
    return sorted(
        path.stem
        for folder in folders
        for path in (house.ROOT / folder).glob("*.py")
        if path.stem != "__init__"
    )


@pytest.mark.parametrize("plug_in", _plug_ins())
def test_a_plug_in_is_one_file(plug_in: str) -> None:
    """Its name stands in no other source file; the things in app/dev play the outside world."""
    word = re.compile(rf"\b{re.escape(plug_in)}\b")
    named = [
        house.name(path)
        for path in house.sources()
        if path.stem != plug_in
        and not house.name(path).startswith("app/dev/")
        and word.search(path.read_text("utf-8"))  # taking a file apart takes long
        and word.search(_code(path))
    ]
    assert named == []


@cache
def _code(path: Path) -> str:
    """A file without its docstrings and comments, which may give examples."""
    tree = ast.parse(path.read_text("utf-8"))
    for node in ast.walk(tree):
        if isinstance(node, ast.Module | house.Definition) and ast.get_docstring(node):
            node.body = node.body[1:] or [ast.Pass()]
    return ast.unparse(tree)
