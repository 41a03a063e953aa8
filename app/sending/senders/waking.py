"""Wakes senders on other machines: NOTIFY says look now, and a poll every second is the truth."""

import threading
from collections.abc import Callable

import structlog
from sqlalchemy import make_url, text
from sqlalchemy.exc import SQLAlchemyError

from app.db import Database

log = structlog.get_logger(__name__)

CHANNEL = "pressferry_wake"
_REST_SECONDS = 5.0


def waker(database: Database) -> Callable[[], None]:
    """What wakes every sender of a PostgreSQL database; nothing on SQLite. It never fails."""

    def wake() -> None:
        try:
            with database.transaction() as session:
                session.execute(text(f"NOTIFY {CHANNEL}"))
        except SQLAlchemyError:
            log.warning("the senders could not be woken; they look by themselves soon")

    return (lambda: None) if database.is_sqlite else wake


def listen(database: Database, heard: Callable[[], None]) -> None:
    """Calls ``heard`` in a thread whenever senders are woken, as long as this process lives."""
    if not database.is_sqlite:
        url = make_url(database.url).set(drivername="postgresql")
        arguments = (url.render_as_string(hide_password=False), heard)
        threading.Thread(target=_listen, args=arguments, name="listener", daemon=True).start()


def _listen(url: str, heard: Callable[[], None]) -> None:
    import psycopg

    rest = threading.Event()
    while True:
        try:
            with psycopg.connect(url, autocommit=True) as connection:
                connection.execute(f"LISTEN {CHANNEL}")
                heard()
                for _ in connection.notifies():
                    heard()
        except psycopg.Error:
            log.warning("nobody can wake this sender for now; it looks by itself every second")
        rest.wait(_REST_SECONDS)
