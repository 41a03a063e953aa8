"""Settings: defaults, then a file, then the environment; a wrong one stops the start by name."""

import tomllib
from dataclasses import replace
from importlib import resources
from pathlib import Path
from typing import Any

import pytest

from config import settings
from config.given import SettingsError
from config.settings import child_environment, fresh_environment, load


def test_defaults(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    loaded = load({})
    assert loaded.data_dir == tmp_path / "var"
    assert loaded.database_url == f"sqlite:///{tmp_path}/var/pressferry.db"
    assert loaded.master_key_file == tmp_path / "var/master.key"
    assert loaded.base_url == ""
    assert loaded.allow_http is False
    assert loaded.allow_private is False
    assert loaded.sending.breaker_threshold == 5
    assert loaded.sending.breaker_seconds == 300


def test_the_environment_outranks_a_file_which_outranks_the_defaults(tmp_path: Path) -> None:
    file = tmp_path / "mine.toml"
    file.write_text('base_url = "https://file.example"\n[sync]\nparallel = 7\n')
    loaded = load({"PRESSFERRY_CONFIG": str(file), "PRESSFERRY__BASE_URL": "https://env.example"})
    assert loaded.base_url == "https://env.example"
    assert loaded.sync.parallel == 7
    assert loaded.sync.guard_share == load({}).sync.guard_share


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("sqlite:////var/lib/x.db", "sqlite:////var/lib/x.db"),
        ("postgresql://a:b@host/name", "postgresql+psycopg://a:b@host/name"),
        ("postgres://a:b@host/name", "postgresql+psycopg://a:b@host/name"),
        ("postgresql+psycopg://host/name", "postgresql+psycopg://host/name"),
    ],
)
def test_database_urls(given: str, expected: str) -> None:
    assert load({"PRESSFERRY__DATABASE__URL": given}).database_url == expected


def test_lists_from_the_environment_are_separated_by_commas() -> None:
    keys = f"{'a' * 16},{'b' * 16}"
    assert load({"PRESSFERRY__OLD_MASTER_KEYS": keys}).old_master_keys == ("a" * 16, "b" * 16)
    assert load({"PRESSFERRY__OLD_MASTER_KEYS": ""}).old_master_keys == ()


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("PRESSFERRY__COLOUR", "blue"),
        ("PRESSFERRY__NETWORK__ALLOW_EVERYTHING", "true"),
        ("PRESSFERRY__NETWORK", "true"),
        ("PRESSFERRY__BASE_URL__HOST", "x"),
        ("PRESSFERRY__BASE_URL", "example.com"),
        ("PRESSFERRY__BASE_URL", "https://example.com/"),
        ("PRESSFERRY__BASE_URL", "ftp://example.com"),
        ("PRESSFERRY__DATA_DIR", ""),
        ("PRESSFERRY__DATABASE__URL", "mysql://host/name"),
        ("PRESSFERRY__DATABASE__URL", "pressferry.db"),
        ("PRESSFERRY__NETWORK__ALLOW_HTTP", "perhaps"),
        ("PRESSFERRY__MASTER_KEY", "short"),
        ("PRESSFERRY__OLD_MASTER_KEYS", "short"),
        ("PRESSFERRY__SENDING__BREAKER_THRESHOLD", "0"),
        ("PRESSFERRY__SENDING__BREAKER_SECONDS", "soon"),
        ("PRESSFERRY__SYNC__GUARD_SHARE", "1.5"),
        ("PRESSFERRY__LOG__LEVEL", "loud"),
        ("PRESSFERRY__LOG__FORMAT", "xml"),
    ],
)
def test_a_wrong_setting_names_itself(name: str, value: str) -> None:
    with pytest.raises(SettingsError) as caught:
        load({name: value})
    assert name.removeprefix("PRESSFERRY__") in str(caught.value)


@pytest.mark.parametrize(
    ("content", "names"),
    [
        ("colour = 'blue'", "colour"),
        ("[network]\nallow_all = true", "network.allow_all"),
        ("network = true", "network"),
        ("[sync]\nparallel = 0", "sync.parallel"),
        ("[sync]\nparallel = 'many'", "sync.parallel"),
        ("base_url = ", "mine.toml"),
    ],
)
def test_a_wrong_setting_in_a_file_names_itself(content: str, names: str, tmp_path: Path) -> None:
    file = tmp_path / "mine.toml"
    file.write_text(content)
    with pytest.raises(SettingsError, match=names):
        load({"PRESSFERRY_CONFIG": str(file)})


@pytest.mark.parametrize(
    ("wrong", "meant"),
    [
        ("PRESSFERRY__ALLOW_PRIVATE", "; did you mean PRESSFERRY__NETWORK__ALLOW_PRIVATE?"),
        ("PRESSFERRY__SYNC__PARALEL", "; did you mean PRESSFERRY__SYNC__PARALLEL?"),
        ("PRESSFERRY__COLOUR", ""),
    ],
)
def test_a_setting_that_nobody_knows_leads_to_the_one_that_was_meant(
    wrong: str, meant: str
) -> None:
    with pytest.raises(SettingsError) as caught:
        load({wrong: "true"})
    assert str(caught.value) == f"{wrong}: there is no such setting{meant}"


def test_so_does_one_in_a_file(tmp_path: Path) -> None:
    file = tmp_path / "mine.toml"
    file.write_text("[networks]\nallow_private = true")
    with pytest.raises(SettingsError) as caught:
        load({"PRESSFERRY_CONFIG": str(file)})
    assert str(caught.value) == f"{file}: networks: there is no such setting"
    file.write_text("[network]\nallow_privat = true")
    with pytest.raises(SettingsError, match=r"did you mean network\.allow_private\?"):
        load({"PRESSFERRY_CONFIG": str(file)})


def test_a_file_that_is_not_there_is_named() -> None:
    with pytest.raises(SettingsError, match=r"/nowhere\.toml"):
        load({"PRESSFERRY_CONFIG": "/nowhere.toml"})


def test_secrets_are_not_in_the_sentence() -> None:
    with pytest.raises(SettingsError) as caught:
        load({"PRESSFERRY__MASTER_KEY": "s3cret", "PRESSFERRY__DATABASE__URL": "my://u:pa55@h/n"})
    assert "s3cret" not in str(caught.value)
    assert "pa55" not in str(caught.value)


def test_a_child_sees_what_its_parent_saw(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PRESSFERRY__SYNC__PARALLEL", "3")
    parent = load({"PRESSFERRY__DATA_DIR": str(tmp_path)})
    known = replace(parent, base_url="http://127.0.0.1:9", allow_private=True)
    child = load(child_environment(known))
    assert child.data_dir == tmp_path
    assert child.base_url == "http://127.0.0.1:9"
    assert child.allow_private is True
    assert child.sync.parallel == 3


def test_a_fresh_environment_holds_none_of_our_settings(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PRESSFERRY__DATABASE__URL", "postgresql://precious/data")
    monkeypatch.setenv("PRESSFERRY_CONFIG", "/precious.toml")
    fresh = load(fresh_environment(DATA_DIR=str(tmp_path)))
    assert fresh.database_url == f"sqlite:///{tmp_path}/pressferry.db"


def _flat(values: dict[str, Any], section: str = "") -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key, value in values.items():
        here = f"{section}{key}"
        found |= _flat(value, f"{here}.") if isinstance(value, dict) else {here: value}
    return found


def _defaults() -> str:
    return resources.files("config").joinpath("default.toml").read_text("utf-8")


def test_every_default_has_a_sentence() -> None:
    lines = _defaults().splitlines()
    for number, line in enumerate(lines):
        if line and not line.startswith(("#", "[")):
            assert lines[number - 1].startswith("# "), f"{line}: what is it for?"


def test_every_setting_is_documented() -> None:
    page = (Path(__file__).parents[1] / "docs/reference/settings.md").read_text("utf-8")
    documented = {
        line.split("`")[1]: line.split("`")[3]
        for line in page.splitlines()
        if line.startswith("| `PRESSFERRY__")
    }
    expected = {
        f"{settings.PREFIX}{key.upper().replace('.', '__')}": _shown(value)
        for key, value in _flat(tomllib.loads(_defaults())).items()
    }
    assert documented == expected


def _shown(value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, list):
        return ",".join(value) or " "
    return str(value) or " "
