"""The demo as a newcomer runs it: it ends well, it is quick, and it leaves nothing behind."""

import re
import subprocess
import sys
from pathlib import Path

from config.settings import fresh_environment
from tests.journeys.serving import children, lives
from tests.waiting import PATIENCE, until


def _demo(tmp_path: Path, *arguments: str, **settings: str) -> subprocess.Popen[str]:
    environment = {**fresh_environment(**settings), "TMPDIR": str(tmp_path)}
    return subprocess.Popen(
        [sys.executable, "-P", "-m", "app", "demo", *arguments],
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def test_once_keeps_the_promise_and_leaves_nothing(tmp_path: Path) -> None:
    precious = f"sqlite:///{tmp_path}/precious.db"
    drawn = tmp_path / "demo.svg"
    demo = _demo(tmp_path, "--once", "--drawn", str(drawn), DATABASE__URL=precious)
    said, _ = demo.communicate(timeout=2 * PATIENCE)
    assert demo.returncode == 0, said
    assert "POST /api/v1/sites" in said
    assert "the breaker is open" in said
    audience, sent = (
        int(re.search(rf"{word}\D+(\d+)", said)[1])  # type: ignore[index]
        for word in ("│ audience", "│ sent")
    )
    assert audience == sent
    assert "NO " not in said
    assert "abcd efgh" not in said
    assert list(tmp_path.iterdir()) == [drawn]
    assert not re.search(r"url\((?!#)|href", drawn.read_text("utf-8")), "it loads something"


def test_it_stays_up_until_it_is_told_to_end(tmp_path: Path) -> None:
    demo = _demo(tmp_path)
    assert demo.stdout is not None
    try:
        lines = []
        for line in demo.stdout:
            lines.append(line)
            if "until Ctrl-C" in line:
                break
        assert demo.poll() is None, "".join(lines)
        started = children(demo.pid)
        assert started
        demo.terminate()
        demo.stdout.read()
        assert demo.wait(PATIENCE) == 0
    finally:
        demo.kill()
        demo.wait()
        demo.stdout.close()
    until(lambda: not any(map(lives, started)), "a process was left behind")
    assert list(tmp_path.iterdir()) == []
