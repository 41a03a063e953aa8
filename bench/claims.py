"""A claim about speed: ours beside a peer's, the ratio of the two, and the ratio to hold."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from rich.console import Console
from rich.table import Table


@dataclass(frozen=True, slots=True)
class Claim:
    """``ratio`` is how many times better ``ours`` is than ``peer``; a budget is a peer too."""

    name: str
    unit: str
    ours: float
    peer: float
    ratio: float
    goal: float

    @property
    def holds(self) -> bool:
        """Whether the goal is reached."""
        return self.ratio >= self.goal

    def values(self) -> dict[str, object]:
        """As it is written to a file."""
        shown = asdict(self)
        return shown | {"ratio": round(self.ratio, 3), "holds": self.holds}


def faster(name: str, ours: float, peer: float, goal: float, unit: str = "msg/s") -> Claim:
    """More is better."""
    return Claim(name, unit, ours, peer, ours / peer, goal)


def within(name: str, ours: float, budget: float, unit: str) -> Claim:
    """Less is better, and ``budget`` is the most there may be."""
    return Claim(name, unit, ours, budget, budget / ours, 1.0)


def cheaper(name: str, ours: float, peer: float, goal: float, unit: str) -> Claim:
    """Less is better, beside what a peer takes."""
    return Claim(name, unit, ours, peer, peer / ours, goal)


def show(claims: Sequence[Claim]) -> None:
    """Prints the table."""
    table = Table()
    for heading in ("claim", "ours", "peer or budget", "unit", "ratio", "goal", "holds"):
        table.add_column(heading, justify="left" if heading == "claim" else "right")
    for one in claims:
        numbers = [_number(one.ours), _number(one.peer), one.unit]
        ratios = [f"{one.ratio:.2f}", f"{one.goal:.2f}", "yes" if one.holds else "NO"]
        table.add_row(one.name, *numbers, *ratios)
    Console(width=120, soft_wrap=True).print(table)


def write(bench: str, claims: Sequence[Claim], path: Path) -> None:
    """One JSON object: the claim closest to its limit speaks for the bench, ``claims`` has all."""
    worst = min(claims, key=lambda one: one.ratio / one.goal)
    everything = {"claims": [one.values() for one in claims]}
    whole = worst.values() | {"name": bench, "claim": worst.name} | everything
    path.write_text(json.dumps(whole, indent=2) + "\n")


def _number(value: float) -> str:
    return f"{value:,.0f}" if value >= 1000 else f"{value:.1f}"
