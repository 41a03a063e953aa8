"""What waits is on the disk: whole, in order, alone, and bounded."""

import os
from pathlib import Path
from uuid import uuid4

import pytest

from app.agent.spool import Busy, Spool

RUN = uuid4().hex


def test_the_oldest_comes_first_and_nothing_is_dropped(tmp_path: Path) -> None:
    spool = Spool(tmp_path, 10)
    for number in range(12):
        spool.add(RUN, "wordpress_users", f"batch {number}".encode())
    assert spool.is_full
    waiting = spool.waiting()
    assert [kept.body.decode() for kept in waiting] == [f"batch {n}" for n in range(12)]
    assert {(kept.run_id, kept.source) for kept in waiting} == {(RUN, "wordpress_users")}
    for kept in waiting[:-1]:
        spool.remove(kept)
    spool.add(RUN, "wordpress_users", b"one more")
    assert [kept.body for kept in spool.waiting()] == [b"batch 11", b"one more"]


def test_it_is_full_at_its_bytes(tmp_path: Path) -> None:
    spool = Spool(tmp_path, 10)
    spool.add(RUN, "s", b"123456789")
    assert (spool.size(), spool.is_full) == (9, False)
    spool.add(RUN, "s", b"0")
    assert spool.is_full
    spool.remove(spool.waiting()[0])
    assert not spool.is_full


def test_what_was_cut_off_by_a_kill_does_not_count(tmp_path: Path) -> None:
    spool = Spool(tmp_path, 10)
    spool.add(RUN, "s", b"whole")
    (tmp_path / f"000000000002.{RUN}.s.new").write_bytes(b"ha")
    with spool.alone():
        assert [kept.body for kept in spool.waiting()] == [b"whole"]
        assert list(tmp_path.glob("*.new")) == []


def test_one_agent_per_folder(tmp_path: Path) -> None:
    with (
        Spool(tmp_path, 10).alone(),
        pytest.raises(Busy, match="another agent works"),
        Spool(tmp_path, 10).alone(),
    ):
        pass
    with Spool(tmp_path, 10).alone():
        pass


def test_nobody_else_reads_what_waits(tmp_path: Path) -> None:
    with Spool(tmp_path / "state", 10).alone():
        assert os.stat(tmp_path / "state").st_mode & 0o077 == 0
