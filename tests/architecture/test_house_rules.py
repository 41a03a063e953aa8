"""The house rules that a machine can hold: small rooms, one who commits, words and neighbours."""

import ast
import re
from pathlib import Path

import pytest
from importlinter import api
from importlinter.cli import lint_imports

from tests.architecture import house

LONGEST_FILE = 250
LONGEST_FUNCTION = 30
_FORBIDDEN_FOLDERS = {"services", "utils", "helpers", "core", "common", "managers"}


def test_who_may_import_whom(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(house.ROOT)
    assert api.read_configuration()["contracts_options"]
    assert lint_imports(no_cache=True) == 0


def test_every_package_is_looked_at() -> None:
    looked_at = {path.relative_to(house.ROOT).parts[0] for path in house.sources()}
    assert looked_at == set(house.PACKAGES)


def test_rooms_are_small() -> None:
    def too_long(path: Path) -> int:
        return max(0, len(house.text(path).splitlines()) - LONGEST_FILE)

    assert house.offending(house.sources(), too_long) == {}


def test_functions_are_short() -> None:
    def too_long(path: Path) -> dict[str, int]:
        lines = {
            node.name: _lines_of_body(node)
            for node in house.definitions(path)
            if not isinstance(node, ast.ClassDef)
        }
        return {name: count for name, count in lines.items() if count > LONGEST_FUNCTION}

    assert house.offending(house.sources(), too_long) == {}


def _lines_of_body(node: house.Definition) -> int:
    """Without the signature, which grows with names, and without the docstring."""
    body = node.body[1:] if ast.get_docstring(node) else node.body
    return (body[-1].end_lineno or 0) - body[0].lineno + 1 if body else 0


def test_everything_public_says_what_it_is_for() -> None:
    def silent(path: Path) -> list[str]:
        tree = house.tree(path)
        whole = [] if ast.get_docstring(tree) else ["the file"]
        return whole + [
            node.name
            for node in tree.body
            if isinstance(node, house.Definition)
            and not node.name.startswith("_")
            and not ast.get_docstring(node)
        ]

    assert house.offending(house.sources(), silent) == {}


def test_folders_are_words_of_the_field() -> None:
    def technical(path: Path) -> set[str]:
        return _FORBIDDEN_FOLDERS & {*path.relative_to(house.ROOT).with_suffix("").parts}

    assert house.offending(house.sources(), technical) == {}


def test_only_the_database_commits() -> None:
    def commits(path: Path) -> list[str]:
        return re.findall(r"\.commit\(|(?:session|engine|connection)\.begin\(", house.text(path))

    committing = house.offending(house.sources(), commits)
    assert set(committing) == {"app/db.py", "migrations/run.py"}, committing


def test_a_face_has_no_sql() -> None:
    def imports(path: Path) -> set[str]:
        if not house.name(path).startswith(("app/api/", "app/public/", "app/cli.py", "app/dev/")):
            return set()
        found = re.findall(r"^\s*(?:from|import) (sqlalchemy\S*)", house.text(path), re.M)
        return set(found) - {"sqlalchemy.orm", "sqlalchemy.exc"}

    assert house.offending(house.sources(), imports) == {}


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


def test_a_plug_in_is_one_file() -> None:
    """Its name stands in no other source file; the things in app/dev play the outside world."""
    word = re.compile(rf"\b(?:{'|'.join(map(re.escape, _plug_ins()))})\b")

    def named(path: Path) -> set[str]:
        if house.name(path).startswith("app/dev/") or not word.search(house.text(path)):
            return set()  # taking a file apart takes long
        return set(word.findall(_code(path))) - {path.stem}

    assert house.offending(house.sources(), named) == {}


def _code(path: Path) -> str:
    """A file without its docstrings and comments, which may give examples."""
    tree = ast.parse(house.text(path))
    for node in ast.walk(tree):
        if isinstance(node, ast.Module | house.Definition) and ast.get_docstring(node):
            node.body = node.body[1:] or [ast.Pass()]
    return ast.unparse(tree)
