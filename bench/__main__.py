"""The way in: `./run bench list`, `./run bench NAME [--json FILE]`."""

import os
import sys
from collections.abc import Callable, Sequence
from importlib import import_module
from pathlib import Path

import click

from bench.claims import Claim, show, write
from bench.missing import Missing
from bench.rounds import Size

#: Name -> what it measures; the module has the same name, and a function run().
BENCHES = {
    "end-to-end": "a whole campaign through the real sender, beside what others send with",
    "transport": "ready messages over ten connections, beside smtp-source and aiosmtplib",
    "latency": "one connection with a round trip of 20 and 40 ms, beside what is possible",
    "ledger": "claim, begin and finish on SQLite and PostgreSQL, per message",
    "ingest": "users of a site into the contacts table, beside what WordPress serves",
    "sources": "every source that is pulled into the contacts table, beside what serves it",
    "sweep": "memory of a pull of 100 thousand users of a site, beside 10 thousand",
    "compose": "content and contact to bytes, beside a template engine and EmailMessage",
    "transactional": "how long a single mail waits while a campaign goes out",
    "memory": "one sender with a campaign of a million recipients",
    "growth": "the cost of a message with 10 thousand and with a million waiting",
}


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.argument("name", type=click.Choice(["list", *BENCHES]))
@click.option("--json", "file", type=click.Path(path_type=Path), help="Write the result there.")
@click.option("--quick", is_flag=True, help="A hundredth of the size, once: does it run at all?")
@click.option("--cores", type=click.IntRange(min=1), help="Use so many cores, for all together.")
def main(name: str, file: Path | None, quick: bool, cores: int | None) -> None:
    """Measure one claim about speed; 1 when a goal is not reached."""
    if cores is not None:
        os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:cores])
    if name == "list":
        for one, about in BENCHES.items():
            click.echo(f"{one:13} {about}")
        return
    run: Callable[[Size], Sequence[Claim]] = import_module(f"bench.{name.replace('-', '_')}").run
    try:
        claims = run(Size(quick))
    except Missing as error:
        click.echo(f"bench: {error}", err=True)
        sys.exit(2)
    show(claims)
    if file is not None:
        write(name, claims, file)
    sys.exit(0 if quick or all(one.holds for one in claims) else 1)


if __name__ == "__main__":
    main(prog_name="./run bench")
