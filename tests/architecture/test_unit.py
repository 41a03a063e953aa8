"""The systemd unit that the pages show is one that systemd takes."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.architecture import house
from tests.waiting import PATIENCE

_PAGE = house.ROOT / "docs/recipes/agent.md"
_PROGRAM = "/opt/pressferry/run"


def _unit() -> str:
    (found,) = re.findall(r"```ini\n(\[Unit\].*?)```", _PAGE.read_text("utf-8"), re.DOTALL)
    return str(found)


def _verified(unit: str, tmp_path: Path) -> str:
    """What systemd has against the unit; "" when nothing."""
    tool = shutil.which("systemd-analyze")
    if tool is None:
        pytest.skip("systemd-analyze is not here (Debian: apt install systemd)")
    program = tmp_path / "run"
    program.write_text("#!/bin/sh\n")
    program.chmod(0o755)
    file = tmp_path / "pressferry-agent.service"
    file.write_text(unit.replace(_PROGRAM, str(program)))
    command = [tool, "verify", "--man=no", str(file)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE, check=False)
    told = [line for line in done.stderr.splitlines() if file.name in line]
    return "\n".join(told) or ("" if done.returncode == 0 else done.stderr)


def test_the_agent_s_unit_is_taken(tmp_path: Path) -> None:
    assert _PROGRAM in _unit()
    assert _verified(_unit(), tmp_path) == ""


@pytest.mark.parametrize(
    ("right", "wrong"), [("Restart=always", "Restart=allways"), ("ProtectSystem", "ProtectSytem")]
)
def test_a_slip_in_it_is_noticed(tmp_path: Path, right: str, wrong: str) -> None:
    assert _verified(_unit().replace(right, wrong), tmp_path)
