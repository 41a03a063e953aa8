"""What is logged, and how: one line per happening on stderr, as text or JSON, never a secret."""

import logging
import sys

import structlog
from structlog.typing import EventDict, Processor, WrappedLogger

#: Values under a name that contains one of these never reach a log.
_SECRET = ("password", "secret", "token", "authorization", "api_key", "master_key", "cookie")
#: Libraries whose everyday lines are noise beside ours.
_QUIET = ("apscheduler", "procrastinate", "waitress.queue", "alembic", "urllib3", "mail.log")


def hide_secrets(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """Blots out values whose name says that they are secret."""
    return {
        name: "***" if any(word in name.lower() for word in _SECRET) else value
        for name, value in event.items()
    }


def configure(level: str, form: str) -> None:
    """Sends everything that is logged, by us or by libraries, to stderr.

    ``level``: debug, info, warning or error; ``form``: text or json.
    """
    shared: list[Processor] = [
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.StackInfoRenderer(),
        hide_secrets,
    ]
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=False,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(foreign_pre_chain=shared, processors=_ending(form))
    )
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(level.upper())
    for name in _QUIET:
        logging.getLogger(name).setLevel(logging.ERROR)


def _ending(form: str) -> list[Processor]:
    drop = structlog.stdlib.ProcessorFormatter.remove_processors_meta
    if form == "json":
        return [
            drop,
            structlog.processors.format_exc_info,
            structlog.processors.JSONRenderer(ensure_ascii=False),
        ]
    # Not the usual traceback, which shows the values of variables where `rich` is installed.
    plain = structlog.dev.plain_traceback
    colors = sys.stderr.isatty()
    return [
        drop,
        structlog.dev.ConsoleRenderer(colors=colors, sort_keys=False, exception_formatter=plain),
    ]
