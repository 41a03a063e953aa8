"""The life of a sender: its lease, and what it does for those that died before it."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path
from uuid import UUID

import structlog
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from app import ids
from app.db import Database
from app.sending import ledger
from app.sending.engine.books import Patience
from app.sending.models import Sender
from app.wire import journal

log = structlog.get_logger()

#: A sender that was not heard of for this long has lost its lease.
LEASE = timedelta(seconds=30)
#: How often it says that it is alive.
HEARTBEAT = timedelta(seconds=5)
#: Others wait this much longer before they settle what it left.
GRACE = timedelta(seconds=10)


def register(database: Database, *, host: str, boot_id: str, now: datetime) -> UUID:
    """A new sender with a fresh lease."""
    sender = Sender(
        id=ids.new_id(), host=host, boot_id=boot_id, started_at=now, lease_until=now + LEASE
    )
    with database.transaction() as session:
        session.add(sender)
    return sender.id


def keep_alive(database: Database, sender_id: UUID, now: datetime) -> bool:
    """Extends the lease; False when others have already settled what this sender left."""
    with database.transaction() as session:
        kept = session.execute(
            update(Sender)
            .where(Sender.id == sender_id, Sender.stopped_at.is_(None))
            .values(lease_until=now + LEASE)
            .returning(Sender.id)
        )
        return kept.first() is not None


def alive(session: Session, now: datetime) -> Sequence[Sender]:
    """Who keeps a lease, longest first."""
    living = select(Sender).where(Sender.stopped_at.is_(None), Sender.lease_until > now - GRACE)
    return session.scalars(living.order_by(Sender.id)).all()


def journal_path(folder: Path, sender_id: UUID) -> Path:
    """Where a sender's journal lies."""
    return folder / f"{sender_id}.journal"


def settle_dead(
    database: Database,
    folder: Path,
    me: UUID,
    *,
    alone: bool,
    patience: Patience,
    now: datetime,
) -> Sequence[UUID]:
    """Settles what dead senders left; gives back who they were.

    Dead is: its journal here is locked by nobody, or it is known that no other sender can live
    on this database (``alone``: we hold the lock beside it), or its lease ran out long ago.
    """
    with database.reading() as session:
        others = session.scalars(
            select(Sender).where(Sender.stopped_at.is_(None), Sender.id != me)
        ).all()
    dead = [one for one in others if _is_dead(one, folder, alone=alone, now=now)]
    for one in dead:
        _settle(database, folder, one, patience, now)
    return [one.id for one in dead]


def _is_dead(sender: Sender, folder: Path, *, alone: bool, now: datetime) -> bool:
    path = journal_path(folder, sender.id)
    if path.exists():
        return journal.is_abandoned(path)
    return alone or sender.lease_until + GRACE < now


def _settle(
    database: Database, folder: Path, sender: Sender, patience: Patience, now: datetime
) -> None:
    """What its journal proves counts, if it was written since this machine started."""
    path = journal_path(folder, sender.id)
    record = _read(path)
    proves = record is not None and record.boot_id == journal.boot_id() == sender.boot_id
    with database.transaction() as session:
        left = ledger.recover(
            session,
            sender.id,
            said=record.said if record is not None and proves else None,
            heard=record.heard if record is not None else {},
            now=now,
            breaker=patience.breaker,
            give_up=patience.give_up,
        )
    path.unlink(missing_ok=True)
    log.warning(
        "settled what a dead sender left",
        sender=str(sender.id),
        void=left.void,
        finished=left.finished,
        unknown=left.unknown,
    )


def _read(path: Path) -> journal.JournalRecord | None:
    """What a journal says; None when it is missing or damaged: then it proves nothing."""
    try:
        return journal.read(path)
    except FileNotFoundError:
        return None
    except ValueError:
        log.exception("a journal cannot be read: what its sender had begun is unknown")
        return None
