"""The operator's commands: work beside others, say how sending stands, let it go on."""

import sys
from collections.abc import Callable
from contextlib import closing
from errno import EACCES, EADDRINUSE, EDQUOT, ENOENT, ENOSPC, ENOTDIR, EPERM, EROFS
from functools import wraps
from typing import ParamSpec

import click

from app import __version__

P = ParamSpec("P")
#: What is wrong with a place on the disk, not with us.
_PLACES = (EACCES, EDQUOT, ENOENT, ENOSPC, ENOTDIR, EPERM, EROFS)


def refusals(command: Callable[P, None]) -> Callable[P, None]:
    """What the person can mend ends the command with one sentence: 2 for settings, else 1."""

    @wraps(command)
    def run(*arguments: P.args, **named: P.kwargs) -> None:
        from sqlalchemy.exc import OperationalError

        from app import outages
        from app.errors import Problem
        from app.vault import WrongKey
        from app.worker.alone import Busy
        from config.given import SettingsError

        try:
            command(*arguments, **named)
        except (SettingsError, WrongKey) as error:
            _give_up(str(error), 2)
        except (Problem, Busy) as error:
            _give_up(str(error), 1)
        except OperationalError as error:
            _give_up(outages.sentence(error), 1)
        except OSError as error:
            _give_up(_about(error), 1)

    return run


def _about(error: OSError) -> str:
    """What the system did not let us do, and how to mend it; raises it when that is not known."""
    if error.errno == EADDRINUSE:
        return f"{error.strerror}: choose another port (0 takes a free one)"
    if error.errno in _PLACES:
        return (
            f"{error.filename or 'the data dir'}: {error.strerror}. The data dir needs room, and "
            "must be this user's to write in; PRESSFERRY__DATA_DIR chooses another one"
        )
    raise error


def _give_up(sentence: str, code: int) -> None:
    click.echo(f"pressferry: {sentence}", err=True)
    sys.exit(code)


@click.command()
@click.option("--queues", default="", help="Of campaigns, syncs, watching. Default: all.")
@click.option("--concurrency", default=6, show_default=True, type=click.IntRange(1, 200))
@click.option("--no-sender", is_flag=True, help="Jobs only.")
@refusals
def worker(queues: str, concurrency: int, no_sender: bool) -> None:
    """Run jobs and a sender beside others on the same PostgreSQL. Ctrl-C stops it in peace."""
    from app.worker.working import work
    from config import settings

    work(
        settings.load(),
        queues=[one.strip() for one in queues.split(",") if one.strip()],
        concurrency=concurrency,
        sends=not no_sender,
        ready=lambda: click.echo(f"pressferry {__version__} works (Ctrl-C stops it)"),
    )


@click.command()
@refusals
def status() -> None:
    """Say who sends, what waits, and whether all sending is held."""
    from app import clock
    from app.opening import open_database
    from app.worker.standing import described
    from config import settings

    with closing(open_database(settings.load())) as database:
        for line in described(database, clock.now()):
            click.echo(line)


@click.command()
@click.option("--pause-campaigns", is_flag=True, help="Pause every campaign first.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@refusals
def go(pause_campaigns: bool, yes: bool) -> None:
    """Let sending go on that was held because the database may be an older copy."""
    from app import clock
    from app.campaigns import standstill
    from app.opening import open_database
    from app.worker.standing import at_stake
    from config import settings

    with closing(open_database(settings.load())) as database:
        for line in at_stake(database):
            click.echo(line)
        if not (yes or pause_campaigns):
            click.confirm("Send all of it?", abort=True)
        with database.transaction() as session:
            standstill.go(session, "the command line", pause=pause_campaigns, now=clock.now())
    click.echo("Sending goes on." + (" Every campaign is paused." if pause_campaigns else ""))
