"""The bytes of a file, kept in pieces, packed and encrypted, where every worker finds them."""

import zlib
from collections.abc import Iterator
from itertools import count
from typing import IO
from uuid import UUID

from sqlalchemy import delete, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from app.errors import Conflict
from app.runtime import Runtime
from app.sources.uploads.models import Upload, UploadPiece
from app.vault import speaking_of

PIECE = 256 * 1024
#: So many pieces are removed in one transaction.
_AT_ONCE = 10


def read(stream: IO[bytes]) -> Iterator[bytes]:
    """A file from its beginning, in pieces."""
    stream.seek(0)
    while piece := stream.read(PIECE):
        yield piece


def keep(runtime: Runtime, upload_id: UUID, digest: str, stream: IO[bytes]) -> None:
    """Stores a file, each piece by itself: nobody waits for all. It counts once it is whole.

    Raises Conflict when it was removed, or brought by somebody else, meanwhile.
    """
    with runtime.database.transaction() as session:
        _still(session, upload_id, digest).used_at = runtime.now()
    drop(runtime, upload_id)
    try:
        _store(runtime, upload_id, stream)
    except IntegrityError:
        raise _overtaken() from None
    with runtime.database.transaction() as session:
        found = _still(session, upload_id, digest)
        found.is_kept, found.used_at = True, runtime.now()


def _store(runtime: Runtime, upload_id: UUID, stream: IO[bytes]) -> None:
    for number, piece in enumerate(read(stream)):
        secret = runtime.vault.close_bytes(zlib.compress(piece, 6))
        with runtime.database.transaction(durable=False) as session:
            session.add(UploadPiece(upload_id=upload_id, number=number, secret=secret))


def _still(session: Session, upload_id: UUID, digest: str) -> Upload:
    """The upload, as long as nobody removes it. Raises Conflict."""
    mine = select(Upload).where(Upload.id == upload_id, Upload.digest == digest)
    found = session.scalar(mine.with_for_update())
    if found is None:
        raise _overtaken()
    return found


def _overtaken() -> Conflict:
    return Conflict("The same file was brought, or removed, while this one came: bring it again.")


def pieces(runtime: Runtime, upload_id: UUID) -> Iterator[bytes]:
    """The file again. Raises Conflict when it is not here any more."""
    with runtime.database.reading() as session:
        upload = session.get(Upload, upload_id)
        if upload is None or not upload.is_kept:
            raise gone()
    for number in count():
        with runtime.database.reading() as session:
            piece = session.get(UploadPiece, (upload_id, number))
        if piece is None:
            return
        yield _opened(runtime, piece)


def _opened(runtime: Runtime, piece: UploadPiece) -> bytes:
    with speaking_of("The file", "bring the file again"):
        return zlib.decompress(runtime.vault.open_bytes(piece.secret))


def gone() -> Conflict:
    """What is said of a file that was forgotten, as it is after some days."""
    return Conflict("The file is not kept any more: bring it again, its settings are still here.")


def drop(runtime: Runtime, upload_id: UUID) -> None:
    """Removes the pieces of a file, some at a time."""
    mine = UploadPiece.upload_id == upload_id
    some = select(UploadPiece.number).where(mine).order_by(UploadPiece.number).limit(_AT_ONCE)
    while True:
        with runtime.database.transaction(durable=False) as session:
            numbers = session.scalars(some).all()
            session.execute(delete(UploadPiece).where(mine, UploadPiece.number.in_(numbers)))
        if len(numbers) < _AT_ONCE:
            return
