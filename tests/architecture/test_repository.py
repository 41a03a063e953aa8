"""What lies in the repository: locks without addresses, links that lead somewhere, no traces."""

import re
import tomllib
from pathlib import Path

import pytest
from click import Group

from app.cli import cli
from config import settings
from tests.architecture import house

#: Written in halves, so that this file is not what it looks for.
_REGISTRIES = "|".join(
    (
        r"pypi\." + "org",
        "python" + r"hosted\.org",
        r"registry\.npm" + r"js\.org",
        r"deb\.deb" + "ian",
    )
)
_MACHINES = r"(?:^|[^\w.])/(?:wo" + r"rk|ro" + "ot|ho" + r"me/\w+)/"


def _named(pattern: str) -> dict[str, str]:
    found = {}
    for path in house.texts():
        text = path.read_bytes().decode("utf-8", "replace")
        if match := re.search(pattern, text, re.M):
            found[house.name(path)] = match[0]
    return found


def test_no_file_names_a_package_registry() -> None:
    assert _named(_REGISTRIES) == {}


def test_no_file_names_a_path_of_somebodys_machine() -> None:
    assert _named(_MACHINES) == {}


@pytest.mark.parametrize("lock", ["requirements.lock", "requirements-dev.lock"])
def test_locks_hold_hashes_and_no_addresses(lock: str) -> None:
    text = (house.ROOT / lock).read_text("utf-8")
    assert "://" not in text
    assert "--index" not in text
    packages = re.split(r"\n(?=\S)", text.strip())
    assert packages
    assert [one.split()[0] for one in packages if "--hash=sha256:" not in one] == []


def test_the_locks_agree() -> None:
    core, dev = (
        dict(re.findall(r"^([\w.-]+)==([^\s;]+)", (house.ROOT / lock).read_text("utf-8"), re.M))
        for lock in ("requirements.lock", "requirements-dev.lock")
    )
    assert {name: dev.get(name) for name in core} == core


def test_links_lead_somewhere() -> None:
    def lost(page: Path) -> list[str]:
        links = re.findall(r"\]\((?!https?:|mailto:|#)([^)#\s]+)", house.text(page))
        return [link for link in links if not (page.parent / link).exists()]

    assert house.offending(house.pages(), lost) == {}


def test_settings_named_in_pages_exist() -> None:
    known = house.text(house.ROOT / "docs/reference/settings.md")

    def unknown(page: Path) -> list[str]:
        named = set(re.findall(rf"{settings.PREFIX}[A-Z_]*[A-Z]", house.text(page)))
        named.discard(f"{settings.PREFIX}SECTION__KEY")
        return sorted(one for one in named if f"`{one}`" not in known)

    assert house.offending(house.pages(), unknown) == {}


def _commands(group: Group, before: str = "pressferry") -> list[str]:
    found = []
    for name, command in group.commands.items():
        here = f"{before} {name}"
        found += _commands(command, here) if isinstance(command, Group) else [here]
    return found


def test_every_command_is_documented() -> None:
    page = (house.ROOT / "docs/reference/commands.md").read_text("utf-8")
    assert [one for one in _commands(cli) if f"## `{one}" not in page] == []


def test_code_paths_named_in_the_architecture_exist() -> None:
    page = (house.ROOT / "ARCHITECTURE.md").read_text("utf-8")
    named = re.findall(
        r"`((?:app|sync|connectors|wp_bridge|config|migrations|tests)/[\w/.]*)`", page
    )
    assert named
    assert [one for one in named if not (house.ROOT / one).exists()] == []


def test_the_floors_in_the_architecture_are_the_contract() -> None:
    page = (house.ROOT / "ARCHITECTURE.md").read_text("utf-8")
    drawn = re.search(r"^floors +(.*?)\n\n", page, re.M | re.S)
    assert drawn
    contracts = tomllib.loads((house.ROOT / "pyproject.toml").read_text("utf-8"))
    (layers,) = (
        contract["layers"]
        for contract in contracts["tool"]["importlinter"]["contracts"]
        if contract.get("containers") == ["app"]
    )
    assert [line.strip() for line in drawn[1].splitlines()] == layers[1:]


def test_every_room_is_drawn() -> None:
    page = (house.ROOT / "ARCHITECTURE.md").read_text("utf-8")
    drawn = {
        room
        for line in re.findall(r"^  (\w\S*(?: {1,2}\w+(?:\.py|/))*)", page, re.M)
        for room in re.findall(r"\w+(?:\.py|/)", line)
    }
    built = {
        path.name + ("/" if path.is_dir() else "")
        for path in (house.ROOT / "app").iterdir()
        if (path.suffix == ".py" or path.is_dir()) and not path.name.startswith("__")
    }
    assert drawn == built
