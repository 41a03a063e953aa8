"""`serve`: web application, jobs and sender wired together, and taken apart in good order."""

from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import replace

import structlog
from flask import Flask

from app import logs
from app.db import Database
from app.garbage import spare_what_is_loaded
from app.opening import open_database, open_runtime
from app.runtime import Runtime
from app.sending.senders import waking
from app.sources.runs import running
from app.worker import turns
from app.worker.alone import alone_in
from app.worker.child import SenderProcess
from app.worker.receiving import ReceiverProcess
from app.worker.signals import leave, on_signals
from app.worker.web import Listener, Web
from config.settings import Settings, child_environment
from config.submission import address

log = structlog.get_logger(__name__)


def serve(
    settings: Settings,
    create_app: Callable[[Runtime], Flask],
    *,
    host: str,
    port: int,
    sends: bool = True,
    works: bool = True,
    ready: Callable[[str], None],
) -> None:
    """Runs everything until SIGINT or SIGTERM, and brings all of it to an end.

    ``sends`` and ``works``: with a sender and with jobs. ``ready`` is told the base URL once
    requests are answered. Raises Busy when the address or the data dir is taken.
    """
    logs.configure(settings.log_level, settings.log_format)
    stop, jobs = on_signals(), None
    with ExitStack() as stack:
        stack.enter_context(alone_in(settings.data_dir))
        listener = stack.enter_context(Listener(host, port))
        settings = _known_at(settings, listener)
        database = open_database(settings)
        stack.callback(database.close)
        sender = SenderProcess(child_environment(settings)) if sends else None
        runtime = open_runtime(settings, database, _poke(database, sender))
        running.recover(runtime)
        # Left in the opposite order: jobs first, then the sender, the web application last.
        web = stack.enter_context(Web(create_app(runtime), listener, failed=stop.set))
        if sender is not None:
            stack.enter_context(sender)
        _take_mail_in(settings, stack, runtime.poke)
        if works:
            jobs = turns.engine(database, threads=settings.sync.parallel + 5)
            turns.register(jobs, runtime, settings.sync.parallel, stop)
            stack.enter_context(jobs)
        spare_what_is_loaded()
        ready(settings.base_url)
        stop.wait()
        crashed = web.crashed
        log.info("stopping: nothing new is begun, what is in flight is finished")
    if crashed:
        log.error("the web application ended by itself: this serve gives up")
    leave(jobs, int(crashed))


def _take_mail_in(settings: Settings, stack: ExitStack, stored: Callable[[], None]) -> None:
    """Where an address is set for it, programs may hand in mail by SMTP."""
    if settings.submission.listen:
        listener = stack.enter_context(Listener(*address(settings.submission.listen)))
        environment = child_environment(settings)
        stack.enter_context(ReceiverProcess(environment, listener.socket, stored=stored))


def _poke(database: Database, sender: SenderProcess | None) -> Callable[[], None]:
    """Wakes the sender of this process; on PostgreSQL every sender hears it."""
    return sender.wake if sender and database.is_sqlite else waking.waker(database)


def _known_at(settings: Settings, listener: Listener) -> Settings:
    return replace(
        settings,
        base_url=settings.base_url or listener.url,
        allow_private=settings.allow_private or listener.is_loopback,
    )
