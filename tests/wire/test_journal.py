"""The journal tells after a crash what was said, and who is still alive."""

import mmap
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from app.wire import journal
from app.wire.journal import Journal, JournalRecord

WRITER = """
import sys
from pathlib import Path
from app.wire.journal import Journal
journal = Journal(Path(sys.argv[1]), "sender-1", "boot-1")
journal.said(1)
journal.heard(1, 250, "2.0.0 taken")
journal.said(2)
print("written", flush=True)
sys.stdin.read()
"""


def test_what_was_written_is_read_back(tmp_path: Path) -> None:
    path = tmp_path / "a.journal"
    book = Journal(path, "sender-1", "boot-1")
    book.said(7)
    book.said(8)
    book.heard(7, 250, "2.0.0 taken\nas  \u00fc 4711")
    book.heard(8, 451, "")
    book.close()
    assert journal.read(path) == JournalRecord(
        "sender-1", "boot-1", {7, 8}, {7: (250, "2.0.0 taken as \u00fc 4711"), 8: (451, "")}
    )


def test_it_grows_and_keeps_what_lies_across_two_windows(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(journal, "_WINDOW", mmap.PAGESIZE)
    book = Journal(tmp_path / "a", "s", "b")
    words = {number: (250, f"2.0.0 taken as {number:040}") for number in range(300)}
    for number, (code, text) in words.items():
        book.said(number)
        book.heard(number, code, text)
    open_ = journal.read(tmp_path / "a")
    book.close()
    assert (tmp_path / "a").stat().st_size > 4 * mmap.PAGESIZE
    assert not (tmp_path / "a").read_bytes().endswith(b"\0")
    assert open_ == journal.read(tmp_path / "a") == JournalRecord("s", "b", set(words), words)


def test_it_is_there_before_anything_is_said_and_gone_when_removed(tmp_path: Path) -> None:
    path = tmp_path / "a.journal"
    book = Journal(path, "s", "b")
    assert journal.read(path) == JournalRecord("s", "b")
    assert os.listdir(tmp_path) == ["a.journal"]
    assert path.stat().st_mode & 0o777 == 0o600
    book.remove()
    assert os.listdir(tmp_path) == []
    with pytest.raises(OSError):  # noqa: PT011
        book.said(1)


@pytest.mark.parametrize("torn", ["D", "D 1", "D 12", "R 1 2", "R 1 250 tak"])
def test_a_torn_last_line_is_passed_over(tmp_path: Path, torn: str) -> None:
    path = tmp_path / "a.journal"
    book = Journal(path, "s", "b")
    book.said(3)
    book.close()
    with path.open("a") as file:
        file.write(torn)
    assert journal.read(path) == JournalRecord("s", "b", {3}, {})


@pytest.mark.parametrize("text", ["", "hello\n", "pressferry-journal-1 only\n", "\x00\x00\n"])
def test_another_file_is_no_journal(tmp_path: Path, text: str) -> None:
    path = tmp_path / "a.journal"
    path.write_text(text)
    with pytest.raises(ValueError, match="no journal"):
        journal.read(path)


def test_a_second_journal_of_the_same_name_is_refused(tmp_path: Path) -> None:
    book = Journal(tmp_path / "a", "s", "b")
    with pytest.raises(FileExistsError):
        Journal(tmp_path / "a", "s", "b")
    assert os.listdir(tmp_path) == ["a"]
    book.close()


def test_it_survives_a_killed_process_and_says_that_it_was_abandoned(tmp_path: Path) -> None:
    path = tmp_path / "a.journal"
    writer = subprocess.Popen(
        [sys.executable, "-c", WRITER, str(path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    assert writer.stdout is not None
    assert writer.stdin is not None
    assert writer.stdout.readline() == b"written\n"
    assert not journal.is_abandoned(path)
    assert not journal.is_abandoned(path)
    writer.send_signal(signal.SIGKILL)
    writer.wait()
    writer.stdout.close()
    writer.stdin.close()
    assert journal.is_abandoned(path)
    assert journal.read(path) == JournalRecord(
        "sender-1", "boot-1", {1, 2}, {1: (250, "2.0.0 taken")}
    )


def test_a_journal_that_is_not_there_is_abandoned(tmp_path: Path) -> None:
    assert journal.is_abandoned(tmp_path / "none")


def test_after_a_failed_write_nothing_more_is_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A half line must stay the last one, or it would garble the next."""
    monkeypatch.setattr(journal, "_WINDOW", mmap.PAGESIZE)
    book = Journal(tmp_path / "a", "s", "b")
    write = os.pwrite
    monkeypatch.setattr(os, "pwrite", lambda file, data, at: write(file, data[:3], at))
    with pytest.raises(OSError, match="disk is full"):
        for number in range(mmap.PAGESIZE):
            book.said(number)
    monkeypatch.undo()
    with pytest.raises(OSError, match="disk is full"):
        book.said(999_999)
    book.close()
    said = journal.read(tmp_path / "a").said
    assert said == set(range(len(said)))
    assert 500 < len(said) < mmap.PAGESIZE / 5


def test_a_boot_has_a_name(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(journal, "_BOOT_ID", tmp_path / "none")
    assert journal.boot_id().startswith("unknown-")
    assert journal.boot_id() != journal.boot_id()
    (tmp_path / "none").write_text("4711\n")
    assert journal.boot_id() == journal.boot_id() == "4711"
