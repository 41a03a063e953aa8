"""The commands: each parses, calls one verb and prints. What imports slowly waits until asked."""

import json
import sys
from collections.abc import Callable
from contextlib import closing
from errno import EADDRINUSE
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, ParamSpec

import click

from app import __version__

if TYPE_CHECKING:
    from config.settings import Settings

P = ParamSpec("P")
PORT = click.IntRange(0, 65535)


def _refusals(command: Callable[P, None]) -> Callable[P, None]:
    """What the person can mend ends the command with one sentence: 2 for settings, else 1."""

    @wraps(command)
    def run(*arguments: P.args, **named: P.kwargs) -> None:
        from app.errors import Problem
        from app.vault import WrongKey
        from app.worker.alone import Busy
        from config.settings import SettingsError

        try:
            command(*arguments, **named)
        except (SettingsError, WrongKey) as error:
            _give_up(str(error), 2)
        except (Problem, Busy) as error:
            _give_up(str(error), 1)
        except OSError as error:
            if error.errno != EADDRINUSE:
                raise
            _give_up(f"{error.strerror}: choose another port (0 takes a free one)", 1)

    return run


def _give_up(sentence: str, code: int) -> None:
    click.echo(f"pressferry: {sentence}", err=True)
    sys.exit(code)


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="pressferry")
def cli() -> None:
    """Ferries contacts out of WordPress sites and mail out through many relays."""


@cli.command()
@click.option("--email", required=True, help="The owner's address: the login.")
@click.option("--organization", default="My organization", show_default=True)
@click.option("--workspace", default="My workspace", show_default=True)
@click.option("--password-stdin", is_flag=True, help="Read the password from the standard input.")
@_refusals
def init(email: str, organization: str, workspace: str, password_stdin: bool) -> None:
    """Make the database, the owner, a workspace and an API key; print them as JSON.

    On a terminal the password is asked for; otherwise it is made up and printed.
    """
    from app import clock
    from app.worker.opening import open_database, open_vault
    from app.workspaces.founding import found
    from config import settings

    loaded = settings.load()
    database = open_database(loaded)
    open_vault(loaded)
    password, made_up = _password(password_stdin)
    with database.transaction() as session:
        home, owner, api_key = found(
            session,
            email=email,
            organization=organization,
            workspace=workspace,
            password=password,
            now=clock.now(),
        )
    database.close()
    click.echo(
        json.dumps(
            {
                "workspace_id": str(home.id),
                "api_key": api_key,
                "email": owner.email,
                "password": password if made_up else None,
            }
        )
    )


def _password(from_stdin: bool) -> tuple[str, bool]:
    """The password, and whether it was made up here (then it has to be shown)."""
    import secrets

    if from_stdin:
        return sys.stdin.readline().rstrip("\r\n"), False
    if sys.stdin.isatty():
        asked: str = click.prompt("Password", hide_input=True, confirmation_prompt=True, err=True)
        return asked, False
    return secrets.token_urlsafe(18), True


@cli.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="The address to listen on.")
@click.option("--port", type=PORT, default=8080, show_default=True, help="0 takes a free one.")
@_refusals
def serve(host: str, port: int) -> None:
    """Run everything: the API, the syncs and the sender. Ctrl-C stops it in peace."""
    from app.worker import serving
    from app.wsgi import create_app
    from config import settings

    loaded = settings.load()
    serving.serve(
        loaded, create_app, host=host, port=port, ready=lambda url: _say_where(url, loaded)
    )


def _say_where(url: str, settings: "Settings") -> None:
    click.echo(f"pressferry {__version__} is ready (Ctrl-C stops it)")
    click.echo(f"  address   {url}")
    click.echo(f"  API docs  {url}/api/docs")
    click.echo(f"  data      {settings.data_dir}")


@cli.command()
@_refusals
def migrate() -> None:
    """Bring the database to its newest shape (`serve` and `init` do that by themselves)."""
    from app.worker.opening import open_database
    from config import settings

    database = open_database(settings.load())
    click.echo(f"{database.engine.url.render_as_string(hide_password=True)} is up to date")
    database.close()


@cli.command()
@_refusals
def status() -> None:
    """Say who sends, what waits, and whether all sending is held."""
    from app import clock
    from app.worker.opening import open_database
    from app.worker.standing import described
    from config import settings

    with closing(open_database(settings.load())) as database:
        for line in described(database, clock.now()):
            click.echo(line)


@cli.command()
@click.option("--pause-campaigns", is_flag=True, help="Pause every campaign first.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@_refusals
def go(pause_campaigns: bool, yes: bool) -> None:
    """Let sending go on that was held because the database may be an older copy."""
    from app import clock
    from app.campaigns import standstill
    from app.worker.opening import open_database
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


@cli.command()
@click.option("--once", is_flag=True, help="End after the balance; 0 only when it closes.")
@click.option("--no-color", is_flag=True, help="Plain lines.")
@_refusals
def demo(once: bool, no_color: bool) -> None:
    """Watch contacts come in and a campaign go out; all real, all on this machine."""
    from app.dev.demo import main as run

    sys.exit(run(once=once, color=not no_color))


@cli.group()
def dev() -> None:
    """Stand-ins for trying things out on this machine."""


@dev.command()
@click.option("--port", type=PORT, default=8081, show_default=True, help="0 takes a free one.")
@click.option("--people", default=300, show_default=True, help="How many users the site has.")
@click.option(
    "--from",
    "folder",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="Answer as a recorded site did: a folder of <source>/NN-label.json.",
)
@_refusals
def wordpress(port: int, people: int, folder: Path | None) -> None:
    """A small WordPress that answers like a real one, with made-up or recorded people."""
    from app.dev import replay
    from app.dev import wordpress as made_up

    if folder:
        replay.main(folder, port=port)
    else:
        made_up.main(port=port, people=people)


@dev.command()
@click.option("--smtp-port", type=PORT, default=2525, show_default=True, help="0 takes a free one.")
@click.option("--http-port", type=PORT, default=8025, show_default=True, help="0 takes a free one.")
@_refusals
def inbox(smtp_port: int, http_port: int) -> None:
    """An SMTP server whose inbox can be looked at in the browser."""
    from app.dev.inbox import main as run

    run(smtp_port=smtp_port, http_port=http_port)


def main() -> None:
    """The console script."""
    cli(prog_name="pressferry")
