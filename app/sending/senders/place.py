"""Where a sender and its database are: the machine, the path, the server and its timeline."""

from pathlib import Path

from sqlalchemy import make_url, text
from sqlalchemy.orm import Session

from app.rules.copies import Place

_MACHINE_ID = Path("/etc/machine-id")
_LONGEST_PATH = 100
#: An operator may have taken these from everybody; what cannot be asked stays unknown.
_READABLE = text(
    "SELECT has_function_privilege('pg_control_system()', 'EXECUTE'),"
    " has_function_privilege('pg_walfile_name(pg_lsn)', 'EXECUTE')"
    " AND has_function_privilege('pg_current_wal_lsn()', 'EXECUTE')"
)
_SYSTEM = "(SELECT system_identifier::text FROM pg_control_system())"
_TIMELINE = "left(pg_walfile_name(pg_current_wal_lsn()), 8)"
_PLACE = (
    "SELECT {system}, (SELECT oid::text FROM pg_database WHERE datname = current_database()),"
    " {timeline}, current_setting('synchronous_standby_names') <> ''"
    " AND current_setting('synchronous_commit') NOT IN ('off', 'local')"
)


def home(url: str) -> str:
    """The machine, where it can be told, and the path of an SQLite database."""
    try:
        machine = _MACHINE_ID.read_text("ascii").strip()[:12]
    except OSError:
        machine = ""
    parsed = make_url(url)
    if parsed.get_backend_name() != "sqlite":
        return machine
    path = str(Path(parsed.database or "").resolve())
    return f"{machine} {path[-_LONGEST_PATH:]}".strip()


class Whereabouts:
    """Asks a database server where it is."""

    def __init__(self) -> None:
        self._question = ""

    def now(self, session: Session) -> Place:
        """The place of the session's database; nothing is known of SQLite's."""
        if session.get_bind().dialect.name != "postgresql":
            return Place()
        if not self._question:
            system, timeline = session.execute(_READABLE).one()
            self._question = _PLACE.format(
                system=_SYSTEM if system else "''", timeline=_TIMELINE if timeline else "''"
            )
        return Place(*session.execute(text(self._question)).one())
