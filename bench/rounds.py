"""How much is measured, and how often: machines drift, so everybody is measured in turns."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from statistics import median

import click

Run = Callable[[], float]


@dataclass(frozen=True, slots=True)
class Size:
    """The whole of a bench; or, ``quick``, a hundredth of it once: just to see that it runs."""

    quick: bool = False

    def of(self, number: int, least: int = 20) -> int:
        """So many, or a hundredth of them but not fewer than ``least``."""
        return max(number // 100, least) if self.quick else number

    def interleaved(self, runs: Mapping[str, Run], rounds: int) -> dict[str, float]:
        """The median of what each run gives over ``rounds`` rounds."""
        found: dict[str, list[float]] = {name: [] for name in runs}
        for number in range(1 if self.quick else rounds):
            for name, run in runs.items():
                found[name].append(run())
                shown = f"{found[name][-1]:,.1f}"
                click.echo(f"  round {number + 1}  {name}: {shown}", err=True)
        return {name: median(values) for name, values in found.items()}
