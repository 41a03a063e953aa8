"""A mailbox as a source: its mails are read, oldest first, and stay there as they are."""

from collections.abc import Iterator, Sequence
from datetime import date
from hashlib import blake2b
from typing import Any
from uuid import UUID

from sqlalchemy import select

from app.errors import Conflict
from app.rules import notifications
from app.rules.notifications import Door
from app.runtime import Runtime
from app.sending.mailboxes import way_in
from app.sources.notifications import rows, troubles, walking
from app.sources.notifications.models import NotificationMailbox
from app.wire import imap
from app.wire.imap import Folder, Mailbox, Place, Trouble
from connectors import Cursor, Incoming, Mark, Needs, Option, Page, Pull, Site, SourceField
from connectors.reading import forms
from connectors.reading.walk import Noticed

#: Of a mail so much is read; first only so much, which is all of most, and tells who sent it.
MOST_BYTES = 400_000
_FIRST_BYTES = 32_768


class NotificationMails:
    """The mails of one mailbox. ``is_kept``: it is only tried, so nothing is marked as read.
    ``is_newest_first``: somebody wants to see how a mail of today is read.
    """

    key = "notification_mails"
    title = "Notification mails"
    needs = Needs("", "", "")
    fields: tuple[SourceField, ...] = forms.FIELDS
    options: tuple[Option, ...] = (
        *forms.OPTIONS,
        Option("mark_as_read", "Mark mails as read that told of a form", False),
        Option("form_by_subject", "Take a mail's subject for the form's name", False),
        Option("form_name", "What a form is called whose mails do not say", ""),
    )

    def __init__(
        self,
        runtime: Runtime | None = None,
        connection_id: UUID | None = None,
        *,
        is_kept: bool = False,
        is_newest_first: bool = False,
    ) -> None:
        self._runtime = runtime
        self._connection_id = connection_id
        self._is_kept = is_kept
        self._is_newest_first = is_newest_first

    def look(self, site: Site) -> int | None:
        """Nothing is asked of a site."""
        return None

    def pages(self, site: Site, pull: Pull) -> Iterator[Page]:
        """Every mail that counts, or those that came since the mark. Raises as a site does."""
        mailbox = self._mailbox()
        assert self._runtime is not None
        try:
            with imap.opened(_place(mailbox, self._runtime)) as box:
                yield from self._read(box, mailbox, pull)
        except Trouble as trouble:
            raise troubles.told(trouble, mailbox.host, mailbox.folder) from None

    def _mailbox(self) -> NotificationMailbox:
        assert self._runtime is not None
        query = select(NotificationMailbox)
        with self._runtime.database.reading() as session:
            mine = query.where(NotificationMailbox.connection_id == self._connection_id)
            found = session.scalar(mine)
        if found is None:
            raise Conflict("The mailbox of this connection was removed.")
        return found

    def _read(self, box: Mailbox, mailbox: NotificationMailbox, pull: Pull) -> Iterator[Page]:
        noticed, place_print = Noticed(self.fields), _print(mailbox)
        folder = box.open(mailbox.folder)
        last = _last(pull.cursor, folder, place_print) or _last(pull.since, folder, place_print)
        for some in walking.walk(box, last, _day(mailbox), newest=self._is_newest_first):
            told = self._rows(box, some.uids, _door(mailbox), pull, noticed)
            here = _at(folder, some.upto, place_print)
            yield Page(
                _once(list(told.values())),
                None if some.is_last else here,
                mark={**here, "lasts": True} if some.is_last else None,
                fields=noticed.fresh(),
                forms=noticed.fresh_forms(),
            )
            self._mark_as_read(box, told, pull)

    def _rows(
        self, box: Mailbox, uids: Sequence[int], through: Door, pull: Pull, noticed: Noticed
    ) -> dict[int, Incoming]:
        assert self._runtime is not None
        found: dict[int, Incoming] = {}
        for uid in uids:
            raw = box.fetch(uid, _FIRST_BYTES)
            if not raw:
                continue  # it was removed meanwhile
            now = self._runtime.now()
            mail = notifications.read(raw, now)
            if len(raw) == _FIRST_BYTES and not notifications.objection(mail, through):
                mail = notifications.read(box.fetch(uid, MOST_BYTES), now)
            found[uid] = rows.incoming(mail, through, pull, noticed)
        return found

    def _mark_as_read(self, box: Mailbox, told: dict[int, Incoming], pull: Pull) -> None:
        """Once they are stored; mails of others are nobody's business here."""
        if self._is_kept or not pull.options.get("mark_as_read"):
            return
        for uid, row in told.items():
            if row.form:
                box.mark_read(uid)


def _day(mailbox: NotificationMailbox) -> date | None:
    """The day before which mails are left alone. A mail may come from another folder: it is new
    here, and old all the same.
    """
    return date.fromisoformat(mailbox.since) if mailbox.since else None


def _once(told: Sequence[Incoming]) -> tuple[Incoming, ...]:
    """A mail that came twice (to two addresses of the mailbox) is one row."""
    return tuple({row.source_id: row for row in told}.values())


def _print(mailbox: NotificationMailbox) -> str:
    """In another place the numbers of mails mean something else."""
    where = (mailbox.host.lower(), str(mailbox.port), mailbox.username, mailbox.folder)
    return blake2b("\0".join(where).encode(), digest_size=8).hexdigest()


def _at(folder: Folder, uid: int, place_print: str) -> dict[str, Any]:
    return {"place": place_print, "validity": folder.validity, "uid": uid}


def _last(at: Cursor | Mark | None, folder: Folder, place_print: str) -> int:
    """The number of the last mail that was read, 0 when nothing of this folder was."""
    known = at or {}
    if (known.get("place"), known.get("validity")) != (place_print, folder.validity):
        return 0
    return int(known["uid"])


def _place(mailbox: NotificationMailbox, runtime: Runtime) -> Place:
    return way_in.place(mailbox, runtime.vault, allow_private=runtime.allow_private)


def _door(mailbox: NotificationMailbox) -> Door:
    """Which of its mails count."""
    return Door(
        mailbox.senders,
        mailbox.recipients,
        mailbox.subject,
        mailbox.authentication,
        mailbox.server,
    )
