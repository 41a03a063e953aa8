"""Files taken in: looked at from beginning to end, then kept; with a connection of their own."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import IO, Any
from uuid import UUID

from sqlalchemy import exists, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from app.db import of_workspace
from app.errors import Conflict, Invalid, Unsupported
from app.runtime import Runtime
from app.sources.models import Connection, Site, SyncRun
from app.sources.runs.control import OPEN
from app.sources.storing import noted
from app.sources.uploads import keeping, room
from app.sources.uploads.kinds import KINDS, Pieces, Portrait
from app.sources.uploads.models import Upload
from app.sources.uploads.recognizing import kind_of
from connectors.reading.files.texts import Broken

_LONGEST_NAME = 200


@dataclass(frozen=True, slots=True)
class Fingerprint:
    """By what the very same bytes are known again."""

    digest: str
    size: int


@dataclass(frozen=True, slots=True)
class Found:
    """A file as it was looked at."""

    kind: str
    fingerprint: Fingerprint
    rows: int
    portrait: Portrait


def receive(
    runtime: Runtime, workspace_id: UUID, name: str, stream: IO[bytes]
) -> tuple[Upload, bool]:
    """Keeps a file; and whether it is new. The very same bytes are the same upload, and get their
    pieces back if these were forgotten.

    Raises Unsupported for another kind of file, Invalid for one that is broken, Conflict when there
    is no room for it, or somebody brings or removes the same one at this moment.
    """
    head = next(keeping.read(stream), b"")
    if not head.strip():
        raise Invalid.at("file", "The file is empty.")
    kind, fingerprint = kind_of(head), _measured(stream)
    with runtime.database.reading() as session:
        known = _same(session, workspace_id, fingerprint.digest)
        if known and known.is_kept:
            return known, False
        room.require(session, runtime, workspace_id, fingerprint.size)
    if known:
        which = known.id
    else:
        found = _looked_at(kind, stream, fingerprint)
        try:
            which = _add(runtime, workspace_id, name, found)
        except IntegrityError:
            raise Conflict(
                "The same file is being brought at this moment: look at GET /uploads."
            ) from None
    keeping.keep(runtime, which, fingerprint.digest, stream)
    with runtime.database.reading() as session:
        return get(session, workspace_id, which), known is None


def get(session: Session, workspace_id: UUID, upload_id: UUID) -> Upload:
    """The upload. Raises NotFound."""
    return of_workspace(session, Upload, workspace_id, upload_id, "upload")


def rewrite(
    runtime: Runtime, workspace_id: UUID, upload_id: UUID, layout: Mapping[str, Any]
) -> Upload:
    """Reads a file anew, as written in another way: its columns, and what was set of them, too.

    Raises NotFound, Conflict while it is being read, Invalid when it cannot be read so.
    """
    with runtime.database.reading() as session:
        upload = get(session, workspace_id, upload_id)
    kind, pieces = KINDS[upload.kind], lambda: keeping.pieces(runtime, upload_id)
    try:
        portrait = kind.look(pieces, {**upload.layout, **layout})
        rows = kind.count(pieces, portrait.layout)
    except Broken as broken:
        raise Invalid(broken.sentence) from None
    with runtime.database.transaction() as session:
        upload = get(session, workspace_id, upload_id)
        require_rest(session, upload)
        upload.layout, upload.rows = portrait.layout, rows
        connection = session.get_one(Connection, upload.connection_id)
        connection.mapping, connection.cursor = {}, None
        connection.consent, connection.new_contact_status = None, "pending"
        _describe(connection, portrait, runtime.now())
        noted.forget(session, connection.id)
    return upload


def require_rest(session: Session, upload: Upload) -> None:
    """Raises Conflict while a run reads the file."""
    which = SyncRun.connection_id == upload.connection_id
    if session.scalar(select(exists().where(which, SyncRun.state.in_(OPEN)))):
        raise Conflict("A run reads this file: wait until it has ended, or cancel it.")


def _same(session: Session, workspace_id: UUID, digest: str) -> Upload | None:
    mine = Upload.workspace_id == workspace_id, Upload.digest == digest
    return session.scalar(select(Upload).where(*mine))


def _measured(stream: IO[bytes]) -> Fingerprint:
    digest, size = sha256(), 0
    for piece in keeping.read(stream):
        digest.update(piece)
        size += len(piece)
    return Fingerprint(digest.hexdigest(), size)


def _looked_at(kind: str, stream: IO[bytes], fingerprint: Fingerprint) -> Found:
    if kind not in KINDS:
        raise Unsupported("This is XML, which is not read here: export CSV, and bring that.")
    pieces: Pieces = lambda: keeping.read(stream)  # noqa: E731
    try:
        portrait = KINDS[kind].look(pieces, {})
        rows = KINDS[kind].count(pieces, portrait.layout)
    except Broken as broken:
        raise Invalid.at("file", broken.sentence) from None
    if not rows:
        raise Invalid.at("file", "Nobody is in the file: it has no rows.")
    return Found(kind, fingerprint, rows, portrait)


def _add(runtime: Runtime, workspace_id: UUID, name: str, found: Found) -> UUID:
    """The id of the new upload."""
    now = runtime.now()
    with runtime.database.transaction() as session:
        room.require(session, runtime, workspace_id, found.fingerprint.size)
        connection = _connect(session, workspace_id, _label(name), found, now)
        upload = Upload(
            workspace_id=workspace_id,
            connection_id=connection.id,
            name=_label(name),
            kind=found.kind,
            digest=found.fingerprint.digest,
            size=found.fingerprint.size,
            rows=found.rows,
            layout=found.portrait.layout,
            created_at=now,
            used_at=now,
        )
        session.add(upload)
    return upload.id


def _connect(
    session: Session, workspace_id: UUID, label: str, found: Found, now: datetime
) -> Connection:
    """What stands in for the site, and its connection: nobody is written to because of a file."""
    times = {"created_at": now, "updated_at": now}
    url = f"file:{label}#{found.fingerprint.digest[:12]}"
    site = Site(workspace_id=workspace_id, url=url, name=label, is_file=True, **times)
    session.add(site)
    session.flush()
    connection = Connection(
        workspace_id=workspace_id,
        site_id=site.id,
        source=found.kind,
        new_contact_status="pending",
        **times,
    )
    _describe(connection, found.portrait, now)
    session.add(connection)
    session.flush()
    return connection


def _describe(connection: Connection, portrait: Portrait, now: datetime) -> None:
    connection.learned = [
        {"key": field.key, "label": field.label, "target": field.target}
        for field in portrait.fields
    ]
    connection.options = dict(portrait.options)
    connection.updated_at = now


def _label(name: str) -> str:
    last = name.replace("\\", "/").rpartition("/")[2]
    shown = "".join(letter if letter.isprintable() else " " for letter in last).split()
    return " ".join(shown)[:_LONGEST_NAME] or "file"
