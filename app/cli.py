"""The commands: each parses, calls one verb and prints. What imports slowly waits until asked."""

import json
import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from app import __version__, operating
from app.agent.command import agent
from app.operating import refusals

if TYPE_CHECKING:
    from config.settings import Settings

PORT = click.IntRange(0, 65535)


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="pressferry")
def cli() -> None:
    """Ferries contacts out of WordPress sites and mail out through many relays."""


for command in (operating.worker, operating.status, operating.go, agent):
    cli.add_command(command)


@cli.command()
@click.option("--email", required=True, help="The owner's address: the login.")
@click.option("--organization", default="My organization", show_default=True)
@click.option("--workspace", default="My workspace", show_default=True)
@click.option("--password-stdin", is_flag=True, help="Read the password from the standard input.")
@refusals
def init(email: str, organization: str, workspace: str, password_stdin: bool) -> None:
    """Make the database, the owner, a workspace and an API key; print them as JSON.

    On a terminal the password is asked for; otherwise it is made up and printed.
    """
    from app import clock
    from app.opening import open_database, open_vault
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


def _address(host_and_port: str) -> str:
    from config.submission import address

    address(host_and_port)
    return host_and_port


@cli.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="The address to listen on.")
@click.option("--port", type=PORT, default=8080, show_default=True, help="0 takes a free one.")
@click.option("--submission", type=_address, metavar="HOST:PORT", help="Take in mail by SMTP.")
@click.option("--no-sender", is_flag=True, help="Senders run elsewhere (PostgreSQL).")
@click.option("--no-jobs", is_flag=True, help="Syncs and schedules run elsewhere (PostgreSQL).")
@refusals
def serve(host: str, port: int, submission: str | None, no_sender: bool, no_jobs: bool) -> None:
    """Run everything: the API, the syncs and the sender. Ctrl-C stops it in peace."""
    from app.worker import serving
    from app.wsgi import create_app
    from config import settings

    loaded = settings.load()
    if submission is not None:
        loaded = replace(loaded, submission=replace(loaded.submission, listen=submission))
    serving.serve(
        loaded,
        create_app,
        host=host,
        port=port,
        sends=not no_sender,
        works=not no_jobs,
        ready=lambda url: _say_where(url, loaded),
    )


def _say_where(url: str, settings: "Settings") -> None:
    click.echo(f"pressferry {__version__} is ready (Ctrl-C stops it)")
    click.echo(f"  address   {url}")
    click.echo(f"  API docs  {url}/api/docs")
    if settings.submission.listen:
        click.echo(f"  SMTP in   {settings.submission.listen}")
    click.echo(f"  data      {settings.data_dir}")


@cli.command()
@refusals
def migrate() -> None:
    """Bring the database to its newest shape (`serve` and `init` do that by themselves)."""
    from app.opening import open_database
    from config import settings

    database = open_database(settings.load())
    click.echo(f"{database.engine.url.render_as_string(hide_password=True)} is up to date")
    database.close()


@cli.command()
@click.option("--once", is_flag=True, help="End after the balance; 0 only when it closes.")
@click.option("--no-color", is_flag=True, help="Plain lines.")
@click.option("--drawn", type=click.Path(path_type=Path), help="Write a picture there (SVG).")
@refusals
def demo(once: bool, no_color: bool, drawn: Path | None) -> None:
    """Watch contacts come in and a campaign go out; all real, all on this machine."""
    from app.dev.demo import main as run

    sys.exit(run(once=once, color=not no_color, drawn=drawn))


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
@refusals
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
@refusals
def inbox(smtp_port: int, http_port: int) -> None:
    """An SMTP server whose inbox can be looked at in the browser."""
    from app.dev.inbox import main as run

    run(smtp_port=smtp_port, http_port=http_port)


def main() -> None:
    """The console script."""
    cli(prog_name="pressferry")
