"""Why a database did not do what it was asked for, in words that say how to mend it."""

import sqlite3

from sqlalchemy.exc import DBAPIError

#: So PostgreSQL calls it.
_DISK_FULL = "53100"


def is_full(error: BaseException) -> bool:
    """Whether nothing could be written because no room is left on the database's disk."""
    cause = error.orig if isinstance(error, DBAPIError) else error
    if isinstance(cause, sqlite3.OperationalError):
        return getattr(cause, "sqlite_errorcode", None) == sqlite3.SQLITE_FULL
    return getattr(cause, "sqlstate", None) == _DISK_FULL


def sentence(error: DBAPIError) -> str:
    """For whoever runs this server; it may quote the database, never what was asked of it."""
    if is_full(error):
        return "the disk under the database is full: free some of it, then start this again"
    said = " ".join(str(error.orig).split())
    return (
        f"the database does not answer ({said}): is it running, and is its address right "
        "(PRESSFERRY__DATABASE__URL)?"
    )
