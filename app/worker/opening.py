"""The database and the vault that an operator's settings speak of."""

from app.db import Database
from app.vault import Vault, opened
from config.settings import Settings
from migrations import run as migrations


def open_database(settings: Settings) -> Database:
    """The database of these settings, in its newest shape."""
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    database = Database(settings.database_url)
    migrations.upgrade(database.engine)
    return database


def open_vault(settings: Settings) -> Vault:
    """The vault of these settings; the master key is made when there is none yet."""
    return opened(settings.master_key, settings.master_key_file, settings.old_master_keys)
