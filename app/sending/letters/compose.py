"""Content and one contact make the bytes of one message."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from email.utils import format_datetime
from functools import lru_cache
from typing import Any, NamedTuple, Protocol

from app.contacts.models import CONTACT_FIELDS, Contact
from app.rules import email_address
from app.rules.mail import headers, message
from app.rules.mail.transfer import Body
from app.rules.templates.template import Template, TemplateError, given
from app.sending.letters.press import Words, press


@dataclass(frozen=True, slots=True)
class Identity:
    """Whose name a message bears; empty fields are left out."""

    from_email: str
    from_name: str
    reply_to_email: str
    reply_to_name: str


class CannotCompose(Exception):
    """This contact's data breaks the template, or cannot be written to; says why."""


@dataclass(frozen=True, slots=True)
class Rendered:
    """A message as a person reads it; ``html`` or ``text`` is empty when there is no such part."""

    subject: str
    html: str
    text: str


class Composer:
    """One content, compiled once. Raises TemplateError when it does not parse."""

    def __init__(self, subject: str, preheader: str, html: str, text: str) -> None:
        self._subject = Template(subject, html=False)
        self._html = _Part("html", html, preheader) if html.strip() else None
        text = message.text_of(html, text)
        self._text = _Part("plain", text, "") if text.strip() or not html.strip() else None
        parts = [part for part in (self._text, self._html) if part]
        self._press = press(self._subject, [part.ways[0] for part in parts])

    def compose(
        self,
        *,
        identity: Identity,
        to_email: str,
        contact: Mapping[str, Any],
        unsubscribe_url: str,
        message_id: str,
        date: datetime,
        list_id: str,
        dispatch_id: str,
    ) -> "Draft":
        """What the message of RFC 5322 is put together from. Raises CannotCompose.

        ``list_id`` is ``<workspace>.<domain>``, without brackets. ``contact`` as made by
        contact_values().
        """
        common = common_headers(identity, list_id, dispatch_id, date)
        return self.draft(common, to_email, contact, unsubscribe_url, message_id, date)

    def draft(
        self,
        common: bytes,
        to_email: str,
        contact: Mapping[str, Any],
        unsubscribe_url: str,
        message_id: str,
        date: datetime,
    ) -> "Draft":
        """The same with its ``common`` headers. Raises CannotCompose."""
        address = on_the_wire(to_email)
        if self._press:
            short = self._press.pressed(common, address, contact, unsubscribe_url, message_id)
            if short:
                return short
        values = given(contact, unsubscribe_url, date)
        try:
            subject = self._subject.render(values)
            parts = [part.filled(values) for part in (self._text, self._html) if part]
        except TemplateError as error:
            raise CannotCompose(f"the template fails for this contact: {error}") from error
        name = f"{contact.get('first_name', '')} {contact.get('last_name', '')}"
        head = (
            common,
            headers.mailbox("To", name, address),
            headers.text("Subject", subject),
            headers.token("Message-ID", message_id),
            headers.token("List-Unsubscribe", f"<{unsubscribe_url}>"),
        )
        return _Written(head, parts)

    def render(self, contact: Mapping[str, Any], unsubscribe_url: str, date: datetime) -> Rendered:
        """The message to look at. Raises CannotCompose."""
        values = given(contact, unsubscribe_url, date)
        try:
            return Rendered(
                headers.one_line(self._subject.render(values), headers.SUBJECT_LIMIT),
                self._html.rendered(values) if self._html else "",
                self._text.rendered(values) if self._text else "",
            )
        except TemplateError as error:
            raise CannotCompose(f"the template fails for this contact: {error}") from error


class Draft(Protocol):
    """A message of which everything is known; its bytes are made when they are wanted, because
    thousands of whole messages waiting for their turn cost more than putting them together.
    """

    def whole(self) -> bytes:
        """The message: lines end with CRLF, and none begins with a dot."""


class _Written(NamedTuple):
    head: tuple[bytes, ...]
    parts: "Sequence[_Filled]"

    def whole(self) -> bytes:
        return b"".join((*self.head, message.alternative([one.encoded() for one in self.parts])))


class _Part:
    """HTML or text, with an unsubscribe link in it whatever the template does."""

    def __init__(self, subtype: str, source: str, preheader: str) -> None:
        is_html = subtype == "html"
        whole = message.with_preheader(source, preheader) if is_html else source
        ways = [message.with_html_footer(whole), message.with_html_footer(whole, at_end=True)]
        if not is_html:
            ways = [message.with_text_footer(whole)]
        if Template(source, html=is_html).shows("unsubscribe_url"):
            ways.insert(0, whole)
        self.ways = [_way(subtype, way) for way in ways]

    def filled(self, values: Mapping[str, object]) -> "_Filled":
        """The part for one contact."""
        return _Filled(*self._with_link(values))

    def rendered(self, values: Mapping[str, object]) -> str:
        """The part as text."""
        way, _ = self._with_link(values)
        return way.template.render(values)

    def _with_link(self, values: Mapping[str, object]) -> tuple[Words, list[str]]:
        """The first way in which this contact sees the link: it may stand in a branch."""
        url = str(values["unsubscribe_url"])
        for way in self.ways:
            filled = way.template.values(values)
            if url in filled or any(url in one for one in filled):
                return way, filled
        raise TemplateError("there is no place for the unsubscribe link that is always shown")


def _way(subtype: str, source: str) -> Words:
    """One source of a part, compiled and encoded around its gaps."""
    template = Template(source, html=subtype == "html")
    body = Body(template.literals)
    return Words(message.content_headers(subtype, body), template, body)


class _Filled(NamedTuple):
    """A part with what stands in its gaps."""

    way: Words
    gaps: Sequence[str]

    def encoded(self) -> tuple[bytes, bytes]:
        """Content headers and encoded body."""
        return self.way.headers, self.way.body.fill(self.gaps)


def contact_values(contact: Contact) -> dict[str, Any]:
    """What a template sees as ``contact``: built-in fields outrank custom ones of their name."""
    return values_of(contact.email, contact.fields, [getattr(contact, n) for n in CONTACT_FIELDS])


def values_of(email: str, own: Mapping[str, Any] | None, texts: Sequence[str]) -> dict[str, Any]:
    """The same from an e-mail address, custom fields, and what CONTACT_FIELDS name."""
    fields = {str(key): str(value) for key, value in own.items()} if own else {}
    values: dict[str, Any] = {**fields, **dict(zip(CONTACT_FIELDS, texts, strict=True))}
    values["full_name"] = f"{values['first_name']} {values['last_name']}".strip()
    return values | {"email": email, "fields": fields}


def common_headers(identity: Identity, list_id: str, dispatch_id: str, date: datetime) -> bytes:
    """The headers that all mails of a second have which bear one name and are of one dispatch."""
    return _common(identity, list_id, dispatch_id, date.replace(microsecond=0))


@lru_cache(maxsize=256)
def _common(identity: Identity, list_id: str, dispatch_id: str, date: datetime) -> bytes:
    workspace = list_id.partition(".")[0]
    return b"".join(
        (
            headers.token("Date", format_datetime(date)),
            _sender(identity),
            b"List-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n",
            headers.token("List-Id", f"<{list_id}>"),
            headers.token("Feedback-ID", f"{dispatch_id}:marketing:{workspace}:pressferry"),
            headers.token("X-Campaign-Dispatch", dispatch_id),
        )
    )


def _sender(identity: Identity) -> bytes:
    lines = headers.mailbox("From", identity.from_name, on_the_wire(identity.from_email))
    if identity.reply_to_email:
        address = on_the_wire(identity.reply_to_email)
        lines += headers.mailbox("Reply-To", identity.reply_to_name, address)
    return lines + b"MIME-Version: 1.0\r\n"


def on_the_wire(email: str) -> str:
    """The address with its domain as A-labels; the local part as it was given."""
    local, _, domain = email.rpartition("@")
    if email_address.is_usual(email):
        return f"{local}@{domain.lower()}"
    parsed = email_address.parse(email)
    if parsed is None:
        raise CannotCompose(f"{email!r} is not an address that can be written to")
    return f"{parsed.email.rpartition('@')[0]}@{parsed.domain}"
