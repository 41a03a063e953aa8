"""Secrets at rest: what is closed opens again, with the right key only."""

import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from app.vault import Vault, WrongKey, read_or_make_master_key

KEY = "a key of sixteen characters or more"


@pytest.mark.parametrize("secret", ["", "hunter2", "pässword 🔑", "x" * 10_000])
def test_what_is_closed_opens_again(secret: str) -> None:
    stored = Vault([KEY]).close(secret)
    assert secret == "" or secret not in stored
    assert Vault([KEY]).open(stored) == secret


def test_another_key_does_not_open_it() -> None:
    stored = Vault([KEY]).close("hunter2")
    with pytest.raises(WrongKey):
        Vault(["another key of sixteen characters"]).open(stored)


def test_what_was_tampered_with_does_not_open() -> None:
    stored = Vault([KEY]).close("hunter2")
    changed = stored[:20] + ("A" if stored[20] != "A" else "B") + stored[21:]
    with pytest.raises(WrongKey):
        Vault([KEY]).open(changed)


def test_an_older_key_still_opens_and_the_new_one_closes() -> None:
    old, new = Vault([KEY]), Vault(["the new key, long enough", KEY])
    assert new.open(old.close("hunter2")) == "hunter2"
    with pytest.raises(WrongKey):
        old.open(new.close("hunter2"))


def test_each_purpose_has_its_own_key() -> None:
    vault = Vault([KEY])
    assert vault.key_for("unsubscribe") == Vault([KEY]).key_for("unsubscribe")
    assert vault.key_for("unsubscribe") != vault.key_for("session")
    assert len(vault.key_for("unsubscribe")) == 32


def test_the_master_key_is_made_once_and_for_the_owner_only(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "master.key"
    key = read_or_make_master_key(path)
    assert len(key) >= 32
    assert read_or_make_master_key(path) == key
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_many_starts_at_once_agree_on_one_master_key(tmp_path: Path) -> None:
    path = tmp_path / "master.key"
    with ThreadPoolExecutor(16) as pool:
        keys = list(pool.map(lambda _: read_or_make_master_key(path), range(64)))
    assert len(set(keys)) == 1
    assert keys[0] == path.read_text().strip()
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("content", ["", "\n", "short\n"])
def test_an_empty_or_short_master_key_is_refused(content: str, tmp_path: Path) -> None:
    path = tmp_path / "master.key"
    path.write_text(content)
    with pytest.raises(WrongKey, match=r"master\.key"):
        read_or_make_master_key(path)
