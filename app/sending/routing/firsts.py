"""Who is asked first for each delivery of a dispatch, where rules look at the people."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, Protocol
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.contacts.models import ContactList, ContactTag, MailingList, Tag
from app.rules.mail import message
from app.rules.routing import mail_facts
from app.rules.routing.rule import PERSONAL
from app.rules.templates.template import Template, TemplateError, given
from app.sending.ledger import Claimed, OpenDispatch
from app.sending.models import Content
from app.sending.routing.fleet import Fleet


class Firsts:
    """The primary of all deliveries (``common``), or of each one (``by_person``)."""

    def __init__(
        self, session: Session, ships: Fleet, dispatch: OpenDispatch, share: UUID | None
    ) -> None:
        self._session, self._ships, self._dispatch = session, ships, dispatch
        self.by_person = dispatch.pin is None and share is None and bool(ships.asks & set(PERSONAL))
        self.common, _ = ships.primary(dispatch, share)
        self._groups: Mapping[UUID, Mapping[str, Sequence[str]]] = {}
        self._words: Words | None = None

    def look_up(self, contacts: Iterable[UUID]) -> None:
        """Reads what rules want to know about these people, all at once."""
        if not self.by_person:
            return
        if self._ships.asks & {"list", "tag"}:
            self._groups = groups_of(self._session, contacts)
        if self._words is None and self._ships.asks & {"subject", "message"}:
            content = self._session.get_one(Content, self._dispatch.content_id)
            self._words = Words(content, self._ships.asks)

    def of(self, claimed: Claimed, contact: Mapping[str, Any], now: datetime) -> UUID | None:
        """The primary of one delivery."""
        if not self.by_person:
            return self.common
        personal = {
            **(self._words.read_by(contact, now) if self._words else {}),
            **about(claimed.address),
            **self._groups.get(claimed.contact_id, {}),
        }
        first, _ = self._ships.primary(self._dispatch, None, personal)
        return first


class Said(Protocol):
    """What a campaign or its frozen content says."""

    @property
    def subject(self) -> str: ...
    @property
    def html(self) -> str: ...
    @property
    def text(self) -> str: ...


class Words:
    """Subject and text of a campaign as rules see them; what they do not ask for is not made."""

    def __init__(self, said: Said, asks: Collection[str] = PERSONAL) -> None:
        self._templates: dict[str, Template] = {}
        if "subject" in asks:
            self._templates["subject"] = Template(said.subject, html=False)
        if "message" in asks:
            words = message.text_of(said.html, said.text)
            self._templates["message"] = Template(words, html=False)

    def read_by(self, contact: Mapping[str, Any], now: datetime) -> dict[str, Sequence[str]]:
        """As this person reads them; "" where that cannot be made."""
        return {name: [_rendered(one, contact, now)] for name, one in self._templates.items()}


def about(address: str) -> dict[str, Sequence[str]]:
    """What an address says to a rule."""
    return {"to": [address], "recipient_domain": [address.rpartition("@")[2]]}


def about_message(
    mail: bytes,
    address: str,
    *,
    subject: str,
    from_name: str,
    reply_to: str,
    groups: Mapping[str, Sequence[str]],
    asks: Collection[str],
) -> dict[str, Sequence[str]]:
    """What a finished mail says to a rule, as ``address`` gets it; ``groups`` as by groups_of."""
    return {
        "subject": [subject],
        "from_name": [from_name],
        "reply_to": [reply_to],
        **about(address),
        **mail_facts.facts(mail, address, asks),
        **groups,
    }


def _rendered(words: Template, contact: Mapping[str, Any], now: datetime) -> str:
    try:
        return words.render(given(contact, "", now))
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
