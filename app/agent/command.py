"""`pressferry agent`: work, say how it stands, look at a site. What imports slowly waits."""

import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn, TypeVar

import click

if TYPE_CHECKING:
    import threading

    from config.agent import AgentSettings, SiteAccess

Command = TypeVar("Command", bound=Callable[..., Any])
#: Exit codes beside 0: a person must mend something; settings; the server is absent, all is kept.
REFUSED, WRONG, ABSENT = 1, 2, 3
_FILE = click.Path(dir_okay=False, path_type=Path)


def _configured(context: click.Context, _parameter: click.Parameter, path: Path | None) -> None:
    """What a file says counts where neither an option nor the environment says it."""
    from config.agent import from_file
    from config.settings import SettingsError

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
        sys.exit(_work(_settings(options), once=once))
    context.obj = {name: value for name, value in options.items() if _is_given(context, name)}


@agent.command()
@_FROM_FILE
@_STATE
@click.pass_context
def status(context: click.Context, /, **options: Any) -> None:
    """Say what was sent, what waits, and what went wrong last."""
    from app.agent import record
    from app.agent.spool import Spool

    options = _merged(context, options)
    folder = Path(options["state_dir"])
    for line in record.described(record.load(folder), Spool(folder, _bytes(options))):
        click.echo(line)


@agent.command()
@_FROM_FILE
@_SITE
@click.pass_context
def doctor(context: click.Context, /, **options: Any) -> None:
    """Look what can be read at a site, and say what to do about the rest. Needs no server."""
    from app.agent.doctor import look

    lines, is_readable = look(_access(_merged(context, options)))
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


def _access(options: dict[str, Any]) -> "SiteAccess":
    from app.rules import network
    from config.agent import SiteAccess, secret
    from config.settings import SettingsError

    if not options["site"]:
        _give_up("say which site: --site https://example.com (or PRESSFERRY_AGENT_SITE)", WRONG)
    try:
        url = network.site_url(options["site"])
        password = secret(options["password"], options["password_file"])
    except network.BadUrl as error:
        _give_up(f"--site {error.sentence}", WRONG)
    except SettingsError as error:
        _give_up(str(error), WRONG)
    return SiteAccess(url, options["username"], password, options["allow_http"])


def _settings(options: dict[str, Any]) -> "AgentSettings":
    from config.agent import AgentSettings, secret
    from config.settings import SettingsError

    server = (options["server"] or "").rstrip("/")
    if not server.startswith(("https://", "http://")):
        _give_up("say which server: --server https://mail.example.com", WRONG)
    try:
        key = secret(options["key"], options["key_file"])
    except SettingsError as error:
        _give_up(str(error), WRONG)
    folder = Path(options["state_dir"]).expanduser().absolute()
    return AgentSettings(_access(options), server, key, folder, _bytes(options))


def _bytes(options: dict[str, Any]) -> int:
    return int(options["spool_mb"]) * 1_000_000


def _work(settings: "AgentSettings", *, once: bool) -> int:
    """Runs the agent; gives back the exit code."""
    from contextlib import closing

    from app import clock, logs
    from app.agent.server import Absent, Rejected, Server
    from app.agent.spool import Busy, Spool
    from app.agent.working import Agent
    from app.rules import signing

    if (parts := signing.agent_key_parts(settings.key)) is None:
        _give_up("give the agent's key, pfa_...: --key-file FILE (POST /api/v1/agents)", WRONG)
    logs.configure("info", "text")
    key = (parts[0].hex, parts[1])
    spool = Spool(settings.state_dir, settings.spool_bytes)
    plainly = settings.site.allow_http
    try:
        with (
            spool.alone(),
            closing(Server(settings.server, key, now=clock.now, allow_http=plainly)) as server,
        ):
            worker = Agent(settings, spool, server, _until_told_to_stop())
            if not once:
                worker.forever()
                return 0
            if trouble := worker.once():
                _give_up(trouble, REFUSED)
            return 0
    except (Busy, Rejected) as error:
        _give_up(str(error), REFUSED)
    except Absent as absent:
        _give_up(f"{absent.sentence} What was read is kept for the next time.", ABSENT)
    except OSError as error:
        _give_up(f"{settings.state_dir}: {error.strerror}", REFUSED)


def _until_told_to_stop() -> "threading.Event":
    """Set by the first SIGTERM or Ctrl-C; a second one does not wait."""
    import threading

    stop = threading.Event()

    def heard(number: int, _frame: object) -> None:
        signal.signal(number, signal.SIG_DFL)
        stop.set()

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, heard)
    return stop


def _give_up(sentence: str, code: int) -> NoReturn:
    click.echo(f"pressferry: {sentence}", err=True)
    sys.exit(code)
