"""The sending window of a dispatch: whether it is open, and for whom."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo, available_timezones

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from app.contacts.models import Contact
from app.rules.pace import windows
from app.sending.models import Delivery

#: How many that wait for an opening are put off together.
_AT_ONCE = 5_000


def is_open(words: Mapping[str, Any] | None, zone: str, now: datetime) -> bool:
    """Whether anybody of a dispatch may be written to now. Where the recipient's clock counts,
    that is asked for each one.
    """
    if not words:
        return True
    window = windows.from_words(words)
    return window.recipient or windows.is_open(window, now, ZoneInfo(zone))


def opens(words: Mapping[str, Any] | None, zone: str, contact_zone: str, now: datetime) -> datetime:
    """When a contact may be written to: ``now``, or when the window opens for her. ``zone`` is
    the workspace's; it counts where she names none that there is.
    """
    if not words:
        return now
    window = windows.from_words(words)
    hers = window.recipient and contact_zone in available_timezones()
    return windows.next_opening(window, now, ZoneInfo(contact_zone if hers else zone))


class Hours:
    """The recipients' clocks in one look at the ledger; each zone is asked once."""

    def __init__(self, words: Mapping[str, Any] | None, zone: str, now: datetime) -> None:
        self._words, self._zone, self._now = words, zone, now
        self._known: dict[str, datetime] = {}
        self.closed: dict[str, datetime] = {}

    def opens(self, contact: Mapping[str, Any]) -> datetime:
        """When she may be written to; what is closed now is remembered."""
        if not self._words or self._words["zone"] != "recipient":
            return self._now
        zone = str(contact.get("timezone", ""))
        if zone not in self._known:
            self._known[zone] = opens(self._words, self._zone, zone, self._now)
            if self._known[zone] > self._now:
                self.closed[zone] = self._known[zone]
        return self._known[zone]

    def put_off(self, session: Session, dispatch_id: UUID) -> None:
        """Others for whom it is closed wait for the opening, too: else they would be claimed in
        vain, one wave after another.
        """
        for zone, moment in self.closed.items():
            waiting = (
                select(Delivery.id)
                .join(Contact, Contact.id == Delivery.contact_id)
                .where(
                    Delivery.dispatch_id == dispatch_id,
                    Delivery.state == "queued",
                    Delivery.due_at <= self._now,
                    Contact.timezone == zone,
                )
                .order_by(Delivery.due_at, Delivery.id)
                .limit(_AT_ONCE)
                .with_for_update(skip_locked=True, of=Delivery)
            )
            session.execute(
                update(Delivery)
                .where(Delivery.id.in_(select(waiting.cte("waiting").c.id)))
                .values(due_at=moment)
                .execution_options(synchronize_session=False)
            )
