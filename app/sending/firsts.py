"""Who is asked first for each delivery of a dispatch, where rules look at the people."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.contacts.models import ContactList, ContactTag, MailingList, Tag
from app.rules import message
from app.rules.smart_rules import PERSONAL
from app.rules.template import Template, TemplateError, given
from app.sending.fleet import Fleet
from app.sending.ledger import Claimed, OpenDispatch
from app.sending.models import Content


class Firsts:
    """The primary of all deliveries (``common``), or of each one (``by_person``)."""

    def __init__(
        self, session: Session, ships: Fleet, dispatch: OpenDispatch, share: UUID | None
    ) -> None:
        self._session, self._ships, self._dispatch = session, ships, dispatch
        self.by_person = dispatch.pin is None and share is None and bool(ships.asks & set(PERSONAL))
        self.common, _ = ships.primary(dispatch, share)
        self._groups: Mapping[UUID, Mapping[str, Sequence[str]]] = {}
        self._subject: Template | None = None
        self._words: Template | None = None

    def look_up(self, contacts: Iterable[UUID]) -> None:
        """Reads what rules want to know about these people, all at once."""
        if not self.by_person:
            return
        if self._ships.asks & {"list", "tag"}:
            self._groups = groups_of(self._session, contacts)
        if self._ships.asks & {"subject", "message"} and self._subject is None:
            content = self._session.get_one(Content, self._dispatch.content_id)
            self._subject = Template(content.subject, html=False)
            self._words = Template(message.text_of(content.html, content.text), html=False)

    def of(self, claimed: Claimed, contact: Mapping[str, Any], now: datetime) -> UUID | None:
        """The primary of one delivery."""
        if not self.by_person:
            return self.common
        personal = {
            "subject": [rendered(self._subject, contact, now)],
            "message": [self._text(contact, now)],
            **about(claimed.address),
            **self._groups.get(claimed.contact_id, {}),
        }
        first, _ = self._ships.primary(self._dispatch, None, personal)
        return first

    def _text(self, contact: Mapping[str, Any], now: datetime) -> str:
        asked = "message" in self._ships.asks
        return rendered(self._words, contact, now) if asked else ""


def about(address: str) -> dict[str, Sequence[str]]:
    """What an address says to a rule."""
    return {"to": [address], "recipient_domain": [address.rpartition("@")[2]]}


def rendered(words: Template | None, contact: Mapping[str, Any], now: datetime) -> str:
    """Subject or text as this person reads it; "" where it cannot be made."""
    try:
        return words.render(given(contact, "", now)) if words is not None else ""
    except TemplateError:
        return ""


def groups_of(
    session: Session, contacts: Iterable[UUID]
) -> Mapping[UUID, Mapping[str, Sequence[str]]]:
    """Contact -> the names of the lists and tags it is on."""
    wanted = set(contacts)
    found: defaultdict[UUID, defaultdict[str, list[str]]] = defaultdict(lambda: defaultdict(list))
    lists = select(ContactList.contact_id, MailingList.name).join(MailingList)
    tags = select(ContactTag.contact_id, Tag.name).join(Tag)
    for contact, name in session.execute(lists.where(ContactList.contact_id.in_(wanted))):
        found[contact]["list"].append(name)
    for contact, name in session.execute(tags.where(ContactTag.contact_id.in_(wanted))):
        found[contact]["tag"].append(name)
    return found
