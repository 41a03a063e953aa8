"""A file is read: what becomes of its people is said with it, above all who may be written to."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.db import Page, page
from app.errors import Invalid
from app.runtime import Runtime
from app.sources import connections
from app.sources.models import Connection, SyncRun
from app.sources.runs import control
from app.sources.uploads import keeping, receiving
from app.sources.uploads.kinds import KINDS, Portrait
from app.sources.uploads.models import Upload
from sync.mapping import storable

#: What is said about the connection; the rest is about the run.
_SETTINGS = ("mapping", "create_fields", "options", "add_lists", "add_tags", "policy", "policies")
#: So many rows are shown, and so much of each cell.
_SHOWN, _LONGEST = 5, 200


def start(
    runtime: Runtime, workspace_id: UUID, upload_id: UUID, values: Mapping[str, Any]
) -> SyncRun:
    """Queues a run through all of a file. ``values``: what the connection does with people, of
    which ``consent`` must be said (None: nobody agreed yet, so new contacts wait), and ``dry`` and
    ``force``.

    Raises NotFound, Invalid, Conflict when the file is gone or a run is open.
    """
    now = runtime.now()
    with runtime.database.transaction() as session:
        upload = receiving.get(session, workspace_id, upload_id)
        if not upload.is_kept:
            raise keeping.gone()
        settings = {name: values[name] for name in _SETTINGS if name in values}
        consent = values["consent"]
        settings |= {"consent": consent, "new_contact_status": "active" if consent else "pending"}
        which = upload.connection_id
        connection = connections.change(session, workspace_id, which, settings, now=now)
        _require_address(connection)
        connection.cursor = None  # where another run was left, other settings held
        upload.used_at = now
        how = {"dry": values["dry"], "force": values["force"]}
        return control.start(session, workspace_id, which, full=True, now=now, **how)


def listed(
    session: Session, workspace_id: UUID, *, number: int, per_page: int
) -> Page[dict[str, Any]]:
    """The files of a workspace, newest first, as they are shown in a list."""
    query = select(Upload).where(Upload.workspace_id == workspace_id).order_by(Upload.id.desc())
    return page(session, query, page=number, per_page=per_page).map(_portrait)


def shown(runtime: Runtime, workspace_id: UUID, upload_id: UUID) -> dict[str, Any]:
    """A file with its connection's settings and its first rows, as far as it is kept."""
    with runtime.database.reading() as session:
        upload = receiving.get(session, workspace_id, upload_id)
        connection = connections.get(session, workspace_id, upload.connection_id)
        settings = connections.portraits(session, workspace_id, [connection])[0]
    found: Portrait | None = None
    if upload.is_kept:
        found = KINDS[upload.kind].look(lambda: keeping.pieces(runtime, upload_id), upload.layout)
    rows = found.sample[:_SHOWN] if found else []
    return {
        **_portrait(upload),
        "options": settings["options"],
        "fields": settings["fields"],
        "sample": [{key: storable(cell)[:_LONGEST] for key, cell in row.items()} for row in rows],
        "consent_fields": found.consents if found else [],
    }


def _portrait(upload: Upload) -> dict[str, Any]:
    return {column.key: getattr(upload, column.key) for column in Upload.__table__.columns}


def _require_address(connection: Connection) -> None:
    """Raises Invalid when an option names no part of the file, or none holds the address."""
    known = {field["key"] for field in connection.learned}
    for key, said in connections.options(connection).items():
        place = f"options.{key}"
        if isinstance(said, str) and said and said not in known:
            raise Invalid.at(place, "The file has no such column: it has " + ", ".join(known) + ".")
        if key == "email" and not said:
            raise Invalid.at(place, "Say which column holds the e-mail address.")
