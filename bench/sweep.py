"""How much memory it takes to read 100 thousand users of a site, beside 10 thousand."""

import subprocess
import sys
from pathlib import Path

from bench import ingest, stage
from bench.claims import Claim, within
from bench.rounds import Size
from bench.stage import Stage

_FEW, _MANY = 10_000, 100_000
#: The most that ten times the users may take beyond what the tenth takes.
_MORE_MB = 5.0


def run(size: Size) -> list[Claim]:
    """The most that a process of its own had in memory: a first pull, and one without changes."""
    few, many = _peak_mb(size.of(_FEW)), _peak_mb(size.of(_MANY))
    return [within("SQLite, 100 thousand users", many, few + _MORE_MB, "MB")]


def _peak_mb(rows: int) -> float:
    done = subprocess.run(
        [sys.executable, "-P", "-m", "bench.sweep", str(rows)],
        cwd=Path(__file__).parents[1],
        env={"PYTHONPATH": str(Path(__file__).parents[1])},
        capture_output=True,
        check=True,
        text=True,
    )
    return float(done.stdout)


def _pull(rows: int) -> None:
    with stage.sqlite() as url:
        one = Stage(url)
        connection_id = ingest.connect(one)
        for _ in range(2):
            ingest.pull(one, connection_id, rows)
        one.database.close()
    status = Path("/proc/self/status").read_text().splitlines()
    (peak,) = (line for line in status if line.startswith("VmHWM:"))
    print(int(peak.split()[1]) / 1024)


if __name__ == "__main__":
    _pull(int(sys.argv[1]))
