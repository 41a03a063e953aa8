"""Interleaved rounds: machines drift, so everybody is measured again and again in turns."""

from collections.abc import Callable, Mapping
from statistics import median

import click

Run = Callable[[], float]


def interleaved(runs: Mapping[str, Run], rounds: int) -> dict[str, float]:
    """The median of what each run gives over ``rounds`` rounds."""
    found: dict[str, list[float]] = {name: [] for name in runs}
    for number in range(rounds):
        for name, run in runs.items():
            found[name].append(run())
            shown = f"{found[name][-1]:,.1f}"
            click.echo(f"  round {number + 1}/{rounds}  {name}: {shown}", err=True)
    return {name: median(values) for name, values in found.items()}
