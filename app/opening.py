"""What an operator's settings speak of: the database, the vault, and a running pressferry."""

from collections.abc import Callable

from app import clock
from app.db import Database
from app.rules.health.breaker import BreakerSettings
from app.rules.retention import Kept
from app.runtime import Runtime
from app.vault import Vault, opened
from config.settings import Settings
from migrations import run as migrations


def open_database(settings: Settings) -> Database:
    """The database of these settings, in its newest shape."""
    settings.data_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
    database = Database(settings.database_url)
    migrations.upgrade(database.engine)
    if not database.is_sqlite:
        from app.jobs import schema  # what only PostgreSQL needs is imported only for it

        schema.upgrade(database)
    return database


def open_vault(settings: Settings) -> Vault:
    """The vault of these settings; the master key is made when there is none yet."""
    return opened(settings.master_key, settings.master_key_file, settings.old_master_keys)


def open_runtime(settings: Settings, database: Database, poke: Callable[[], None]) -> Runtime:
    """What every face and every job is handed."""
    return Runtime(
        database=database,
        vault=open_vault(settings),
        now=clock.now,
        base_url=settings.base_url,
        allow_http=settings.allow_http,
        allow_private=settings.allow_private,
        largest_message=settings.largest_message,
        largest_upload=settings.sync.largest_upload,
        kept_uploads=settings.sync.kept_uploads,
        kept_upload_bytes=settings.sync.kept_upload_bytes,
        guard_share=settings.sync.guard_share,
        hello_name=settings.sending.hello_name,
        metrics_token=settings.metrics_token,
        kept=Kept(**settings.kept_days),
        breaker=BreakerSettings(
            settings.sending.breaker_threshold, settings.sending.breaker_seconds
        ),
        poke=poke,
    )
