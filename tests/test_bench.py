"""Benches: what they claim is written down as it was measured."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from bench import claims
from bench.__main__ import BENCHES, main
from bench.claims import Claim, faster, within


@pytest.mark.parametrize(
    ("claim", "ratio", "holds"),
    [
        (faster("a", 300, 100, 3.0), 3.0, True),
        (faster("a", 299, 100, 3.0), 2.99, False),
        (within("a", 20, 20, "us"), 1.0, True),
        (within("a", 40, 20, "us"), 0.5, False),
    ],
)
def test_a_claim_holds_from_its_goal_on(claim: Claim, ratio: float, holds: bool) -> None:
    assert (claim.ratio, claim.holds) == (ratio, holds)


def test_the_claim_closest_to_its_limit_speaks_for_the_bench(tmp_path: Path) -> None:
    file = tmp_path / "result.json"
    claims.write("wire", [faster("far", 10, 1, 1.0), faster("near", 2, 1, 4.0)], file)
    found = json.loads(file.read_text())
    said = {key: found[key] for key in ("name", "claim", "ours", "peer", "ratio", "goal", "holds")}
    assert list(said.values()) == ["wire", "near", 2, 1, 2.0, 4.0, False]
    assert [one["name"] for one in found["claims"]] == ["far", "near"]


@pytest.mark.parametrize("name", BENCHES)
def test_every_bench_runs(name: str, tmp_path: Path) -> None:
    file = tmp_path / "result.json"
    done = CliRunner().invoke(main, [name, "--quick", "--json", str(file)], catch_exceptions=False)
    assert done.exit_code == 0, done.output
    found = json.loads(file.read_text())
    assert found["name"] == name
    assert found["ours"] > 0
    assert found["peer"] > 0


def test_every_bench_is_listed_and_documented() -> None:
    listed = CliRunner().invoke(main, ["list"]).output
    page = (Path(__file__).parents[1] / "docs/performance.md").read_text("utf-8")
    assert [name for name in BENCHES if name not in listed or f"`{name}`" not in page] == []
