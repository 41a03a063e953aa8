"""The mark of what was begun: it only rises, several processes share it, damage is noticed."""

import os
from contextlib import closing
from pathlib import Path
from uuid import UUID, uuid4

import pytest

from app.rules.copies import Mark
from app.wire import mark as marks
from app.wire.mark import MarkFile

LEDGER = UUID(int=7)
MARK = Mark(LEDGER, 0, 10, "m1 /var/lib/größe.db")


def test_it_says_what_was_written(tmp_path: Path) -> None:
    with closing(MarkFile(tmp_path / "mark")) as file:
        assert file.read() is None
        file.write(MARK)
        assert file.read() == MARK
    with closing(MarkFile(tmp_path / "mark")) as again:
        assert again.read() == MARK


def test_it_only_rises(tmp_path: Path) -> None:
    with closing(MarkFile(tmp_path / "mark")) as one, closing(MarkFile(tmp_path / "mark")) as two:
        one.write(MARK)
        two.raise_to(30)
        one.raise_to(20)
        one.write(MARK)
        found = one.read()
    assert found is not None
    assert found.highest == 30


@pytest.mark.parametrize("other", [Mark(uuid4(), 0, 3, "m1"), Mark(LEDGER, 1, 3, "m1")])
def test_another_ledger_or_generation_begins_anew(tmp_path: Path, other: Mark) -> None:
    with closing(MarkFile(tmp_path / "mark")) as file:
        file.write(MARK)
        file.write(other)
        assert file.read() == other


def test_without_a_mark_nothing_is_raised(tmp_path: Path) -> None:
    with closing(MarkFile(tmp_path / "mark")) as file:
        file.raise_to(5)
        assert file.read() is None


@pytest.mark.parametrize("damage", [b"", b"{}", b"pressferry-mark-1 {} 00000000\n"])
def test_damage_is_no_mark(tmp_path: Path, damage: bytes) -> None:
    (tmp_path / "mark").write_bytes(damage)
    with closing(MarkFile(tmp_path / "mark")) as file:
        assert file.read() is None


def test_a_changed_number_is_no_mark(tmp_path: Path) -> None:
    with closing(MarkFile(tmp_path / "mark")) as file:
        file.write(MARK)
        text = (tmp_path / "mark").read_bytes()
        (tmp_path / "mark").write_bytes(text.replace(b'"highest": 10', b'"highest": 11'))
        assert file.read() is None


def test_a_full_disk_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with closing(MarkFile(tmp_path / "mark")) as file:
        file.write(MARK)
        write = os.pwrite
        monkeypatch.setattr(marks.os, "pwrite", lambda fd, data, at: write(fd, data[:10], at))
        with pytest.raises(OSError, match="full"):
            file.raise_to(20)


def test_it_is_on_disk_when_it_is_raised(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    synced = []
    with closing(MarkFile(tmp_path / "mark")) as file:
        file.write(MARK)
        monkeypatch.setattr(marks.os, "fdatasync", synced.append)
        file.raise_to(9)
        assert synced == []
        file.raise_to(11)
        assert len(synced) == 1
