"""`serve`: web application, jobs and sender wired together, and taken apart in good order."""

import os
import signal
import threading
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import replace

import structlog
from flask import Flask

from app import clock, logs
from app.campaigns import lateness, lifecycle
from app.db import Database
from app.jobs import Jobs
from app.messages import once
from app.rules.breaker import BreakerSettings
from app.runtime import Runtime
from app.sources import running
from app.watching import keeping
from app.worker.alone import alone_in
from app.worker.child import SenderProcess
from app.worker.opening import open_database, open_vault
from app.worker.web import Listener, Web
from config.settings import Settings, child_environment

log = structlog.get_logger(__name__)


def serve(
    settings: Settings,
    create_app: Callable[[Runtime], Flask],
    *,
    host: str,
    port: int,
    ready: Callable[[str], None],
) -> None:
    """Runs everything until SIGINT or SIGTERM, and brings all of it to an end.

    ``ready`` is told the base URL once requests are answered. Raises Busy when the address or
    the data dir is taken.
    """
    logs.configure(settings.log_level, settings.log_format)
    stop = _on_signals(threading.Event())
    with ExitStack() as stack:
        stack.enter_context(alone_in(settings.data_dir))
        listener = stack.enter_context(Listener(host, port))
        settings = replace(
            settings,
            base_url=settings.base_url or listener.url,
            allow_private=settings.allow_private or listener.is_loopback,
        )
        database = open_database(settings)
        stack.callback(database.close)
        sender = SenderProcess(child_environment(settings))
        runtime = _runtime(settings, database, sender)
        running.recover(runtime)
        # Left in the opposite order: jobs first, then the sender, the web application last.
        web = stack.enter_context(Web(create_app(runtime), listener, failed=stop.set))
        stack.enter_context(sender)
        jobs = stack.enter_context(_jobs(runtime, settings.sync_parallel, stop))
        ready(settings.base_url)
        stop.wait()
        crashed = web.crashed
        log.info("stopping: nothing new is begun, what is in flight is finished")
    if crashed:
        log.error("the web application ended by itself: this serve gives up")
    if jobs.under_way or crashed:
        os._exit(
            int(crashed)
        )  # a thread cannot be ended otherwise; its run is taken up again at its page


def _runtime(settings: Settings, database: Database, sender: SenderProcess) -> Runtime:
    return Runtime(
        database=database,
        vault=open_vault(settings),
        now=clock.now,
        base_url=settings.base_url,
        allow_http=settings.allow_http,
        allow_private=settings.allow_private,
        largest_message=settings.largest_message,
        guard_share=settings.sync_guard_share,
        hello_name=settings.sending.hello_name,
        metrics_token=settings.metrics_token,
        breaker=BreakerSettings(
            settings.sending.breaker_threshold, settings.sending.breaker_seconds
        ),
        poke=sender.wake,
    )


def _jobs(runtime: Runtime, sync_parallel: int, stop: threading.Event) -> Jobs:
    jobs = Jobs(threads=sync_parallel + 2)
    for number in range(sync_parallel):
        jobs.every(1, f"syncs {number + 1}", lambda: running.run_due(runtime, stop=stop.is_set))
    jobs.every(1, "campaigns that are due", lambda: lifecycle.launch_due(runtime))
    jobs.every(1, "campaigns that are late", lambda: lateness.pause_late(runtime))
    jobs.every(1, "campaigns that are done", lambda: lifecycle.finish_done(runtime))
    jobs.every(3600, "keys of old requests", lambda: once.forget_old(runtime))
    jobs.every(10, "figures of the relays", lambda: keeping.keep(runtime.database, runtime.now()))
    return jobs


def _on_signals(stop: threading.Event) -> threading.Event:
    """SIGINT and SIGTERM set ``stop``; whoever asks a second time does not want to wait."""

    def asked(_number: int, _frame: object) -> None:
        if stop.is_set():
            os._exit(1)
        stop.set()

    signal.signal(signal.SIGINT, asked)
    signal.signal(signal.SIGTERM, asked)
    return stop
