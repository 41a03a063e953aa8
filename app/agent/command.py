"""`pressferry agent`: work, say how it stands, look at a site. What imports slowly waits."""

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, NoReturn, TypeVar

import click

Command = TypeVar("Command", bound=Callable[..., Any])
Chosen = TypeVar("Chosen")
#: Exit codes beside 0: a person must mend something; settings; the server is absent, all is kept.
REFUSED, WRONG, ABSENT = 1, 2, 3
_FILE = click.Path(dir_okay=False, path_type=Path)


def _configured(context: click.Context, _parameter: click.Parameter, path: Path | None) -> None:
    """What a file says counts where neither an option nor the environment says it."""
    from config.agent import from_file
    from config.given import SettingsError

    if path is None:
        return
    try:
        values = from_file(path)
    except SettingsError as error:
        _give_up(str(error), WRONG)
    context.default_map = {**values, "status": values, "doctor": values}


def _option(name: str, help: str, **more: Any) -> Callable[[Command], Command]:
    variable = "PRESSFERRY_AGENT_" + name.removeprefix("--").upper().replace("-", "_")
    return click.option(name, envvar=variable, help=help, **more)


def _options(*options: Callable[[Command], Command]) -> Callable[[Command], Command]:
    def decorate(command: Command) -> Command:
        for option in reversed(options):
            command = option(command)
        return command

    return decorate


_FROM_FILE = _option(
    "--config",
    "A TOML file with the same settings (site, server, key_file, ...).",
    type=_FILE,
    is_eager=True,
    expose_value=False,
    callback=_configured,
)
_SITE = _options(
    _option("--site", "The address of the WordPress site."),
    _option("--username", "The account of the application password.", default=""),
    _option("--password-file", "A file with the application password.", type=_FILE),
    _option("--password", "The same, open to everybody who lists processes.", default=""),
    _option("--consumer-key", "The key of its shop (ck_...), instead or besides.", default=""),
    _option("--consumer-secret-file", "A file with the secret of that key.", type=_FILE),
    _option("--consumer-secret", "The same, open to everybody who lists processes.", default=""),
    _option("--allow-http", "Send secrets over plain http to public addresses.", is_flag=True),
)
_STATE = _options(
    _option("--state-dir", "Where batches wait.", default="./var/agent", show_default=True),
    _option(
        "--spool-mb",
        "How much waits at most; then nothing more is read.",
        default=256,
        show_default=True,
        type=click.IntRange(1, 100_000),
    ),
)


@click.group(invoke_without_command=True)
@_FROM_FILE
@_SITE
@_option("--server", "The address of the pressferry to bring contacts to.")
@_option("--key-file", "A file with the agent's key (POST /api/v1/agents).", type=_FILE)
@_option("--key", "The same, open to everybody who lists processes.", default="")
@_STATE
@click.option("--once", is_flag=True, help="Read everything once, bring it, and end: for cron.")
@click.pass_context
def agent(context: click.Context, /, once: bool, **options: Any) -> None:
    """Read a site from near it, and bring its contacts to a pressferry elsewhere."""
    if context.invoked_subcommand is None:
        _work(options, once=once)
    context.obj = {name: value for name, value in options.items() if _is_given(context, name)}


@agent.command()
@_FROM_FILE
@_STATE
@click.pass_context
def status(context: click.Context, /, **options: Any) -> None:
    """Say what was sent, what waits, and what went wrong last."""
    from app.agent import record
    from app.agent.choosing import bytes_of
    from app.agent.spool import Spool

    options = _merged(context, options)
    folder = Path(options["state_dir"])
    for line in record.described(record.load(folder), Spool(folder, bytes_of(options))):
        click.echo(line)


@agent.command()
@_FROM_FILE
@_SITE
@click.pass_context
def doctor(context: click.Context, /, **options: Any) -> None:
    """Look what can be read at a site, and say what to do about the rest. Needs no server."""
    from app.agent.choosing import access
    from app.agent.doctor import look

    lines, is_readable = look(_chosen(access, _merged(context, options)))
    for line in lines:
        click.echo(line)
    sys.exit(0 if is_readable else REFUSED)


def _is_given(context: click.Context, name: str) -> bool:
    source = context.get_parameter_source(name)
    return source is not None and source is not click.core.ParameterSource.DEFAULT


def _merged(context: click.Context, options: dict[str, Any]) -> dict[str, Any]:
    """An option may stand before the word `status` or `doctor`, or behind it."""
    given = {name: value for name, value in options.items() if _is_given(context, name)}
    return {**options, **(context.obj or {}), **given}


def _chosen(choose: Callable[[dict[str, Any]], Chosen], options: dict[str, Any]) -> Chosen:
    from config.given import SettingsError

    try:
        return choose(options)
    except SettingsError as error:
        _give_up(str(error), WRONG)


def _work(options: dict[str, Any], *, once: bool) -> None:
    from app.agent.choosing import settings
    from app.agent.server import Absent, Rejected
    from app.agent.spool import Busy
    from app.agent.starting import start

    chosen = _chosen(settings, options)
    try:
        trouble = start(chosen, once=once)
    except (Busy, Rejected) as error:
        _give_up(str(error), REFUSED)
    except Absent as absent:
        _give_up(f"{absent.sentence} What was read is kept for the next time.", ABSENT)
    except OSError as error:
        _give_up(f"{chosen.state_dir}: {error.strerror}", REFUSED)
    if trouble:
        _give_up(trouble, REFUSED)


def _give_up(sentence: str, code: int) -> NoReturn:
    click.echo(f"pressferry: {sentence}", err=True)
    sys.exit(code)
