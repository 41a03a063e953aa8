"""Reads the mailboxes that are due: each mail once, what it says and how far in one commit."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice
from uuid import UUID

import structlog
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from app.db import Database
from app.errors import Conflict
from app.rules.replies.returned import Returned, Said, read, said
from app.sending import ledger
from app.sending.ledger import Event
from app.sending.mailboxes import way_in
from app.sending.mailboxes.matching import Keys, match
from app.sending.models import Mailbox
from app.vault import Vault
from app.wire import imap
from app.wire.imap import Trouble

log = structlog.get_logger(__name__)

#: A mailbox is looked at this often; a failing one after as many minutes as it failed, at most 60.
EVERY = timedelta(minutes=2)
#: Whoever reads a mailbox has it for so long; then somebody else may take it over.
LEASE = timedelta(minutes=10)
#: Mails in one turn, and how much of each: reports quote the mail, and its end says nothing.
TURN = 200
MOST_BYTES = 262_144
#: Of a mailbox that was never read, mails from so many days count.
FIRST_DAYS = 7


class _Over(Exception):
    """The settings were changed, or another reader has taken over."""


@dataclass(frozen=True)
class Reader:
    """What reading needs. ``stop``: whether there is no time for another mail."""

    database: Database
    vault: Vault
    now: Callable[[], datetime]
    allow_private: bool = False
    stop: Callable[[], bool] = lambda: False

    def read_due(self) -> None:
        """Reads every mailbox whose time has come, one after the other."""
        while not self.stop() and (mailbox := self._claim()) is not None:
            self.read_one(mailbox)

    def read_one(self, mailbox: Mailbox) -> None:
        """Reads a claimed mailbox, and says when it is read again."""
        try:
            place = way_in.place(mailbox, self.vault, allow_private=self.allow_private)
            more = self._turn(mailbox, place)
        except (Trouble, Conflict) as error:
            log.warning("a mailbox could not be read", mailbox=mailbox.name, why=str(error))
            self._note(mailbox, str(error))
        except _Over:
            return
        else:
            self._note(mailbox, "", soon=more)

    def _claim(self) -> Mailbox | None:
        now = self.now()
        due = (
            select(Mailbox.id)
            .where(Mailbox.enabled.is_(True), Mailbox.due_at <= now)
            .order_by(Mailbox.due_at, Mailbox.id)
            .limit(1)
        )
        with self.database.transaction() as session:
            return session.scalar(
                update(Mailbox)
                .where(Mailbox.id.in_(due.with_for_update(skip_locked=True)), Mailbox.due_at <= now)
                .values(due_at=now + LEASE)
                .returning(Mailbox)
                .execution_options(synchronize_session=False, populate_existing=True)
            )

    def _turn(self, mailbox: Mailbox, place: imap.Place) -> bool:
        """Reads what is new; whether there was more than fits into one turn."""
        with imap.opened(place) as box:
            folder = box.open(mailbox.folder)
            if folder.validity != mailbox.uid_validity:
                mailbox.uid_validity, mailbox.last_uid = folder.validity, 0
            uids = self._wanted(box, mailbox)
            for uid in islice(uids, TURN):
                if self.stop():
                    return True
                if self._take(mailbox, uid, box.fetch(uid, MOST_BYTES)):
                    _put_away(box, mailbox, uid)
            return next(uids, None) is not None

    def _wanted(self, box: imap.Mailbox, mailbox: Mailbox) -> Iterator[int]:
        """The mails that were not read yet; of a mailbox that never was, those of some days."""
        last = mailbox.last_uid
        day = None if last else (self.now() - timedelta(days=FIRST_DAYS)).date()
        while part := box.after(last):
            last = part[-1]
            young = box.young(part, day) if day else part
            yield from young
            if not young:
                self._pass_over(mailbox, last)

    def _pass_over(self, mailbox: Mailbox, uid: int) -> None:
        """Mails that are too old are not looked for again. Raises _Over."""
        with self.database.transaction() as session:
            _advanced(session, mailbox, uid)

    def _take(self, mailbox: Mailbox, uid: int, raw: bytes) -> bool:
        """What the mail says is written down together with how far was read; whether it was ours.
        Raises _Over.
        """
        mail = read(raw)
        with self.database.transaction() as session:
            row = _advanced(session, mailbox, uid)
            told = self._tell(session, row.workspace_id, mail)
            _count(row, mail, told)
        return told is not None

    def _tell(self, session: Session, workspace_id: UUID, mail: Returned) -> Said | None:
        if mail.nature not in ("report", "complaint"):
            return None
        found = match(session, workspace_id, mail, Keys.of(self.vault))
        what = said(mail, found.address) if found else None
        if found is None or what is None:
            return None
        event = Event(what.kind, found.about, what.words, what.hard, what.soft)
        heard = ledger.hear(session, workspace_id, event, now=self.now())
        return what if heard else None

    def _note(self, mailbox: Mailbox, failure: str, *, soon: bool = False) -> None:
        now = self.now()
        with self.database.transaction() as session:
            row = session.get(Mailbox, mailbox.id, with_for_update=True)
            if row is None or row.updated_at != mailbox.updated_at:
                return
            row.failures = row.failures + 1 if failure else 0
            row.last_failure = failure[:500]
            rest = timedelta(minutes=min(row.failures, 60)) if failure else EVERY
            row.due_at = now if soon else now + rest
            if not failure:
                row.read_at = now


def _advanced(session: Session, mailbox: Mailbox, uid: int) -> Mailbox:
    """The mailbox, read up to ``uid``. Raises _Over."""
    row = session.get(Mailbox, mailbox.id, with_for_update=True)
    if row is None or row.updated_at != mailbox.updated_at or not _is_next(row, mailbox, uid):
        raise _Over
    row.uid_validity, row.last_uid = mailbox.uid_validity, uid
    return row


def _is_next(row: Mailbox, mailbox: Mailbox, uid: int) -> bool:
    """Not read by anybody yet; in a folder that was made anew all numbers begin again."""
    return row.uid_validity != mailbox.uid_validity or uid > row.last_uid


def _put_away(box: imap.Mailbox, mailbox: Mailbox, uid: int) -> None:
    """Only mails that were ours: in a mailbox that people read too, theirs stay as they are."""
    if mailbox.after == "seen":
        box.mark_read(uid)
    elif mailbox.after == "move":
        box.move(uid, mailbox.move_to)


def _count(row: Mailbox, mail: Returned, told: Said | None) -> None:
    row.mails += 1
    row.matched += told is not None
    row.bounces += told is not None and told.kind == "bounced"
    row.complained += told is not None and told.kind == "complained"
    row.not_ours += told is None and mail.nature in ("report", "complaint")
