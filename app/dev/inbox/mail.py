"""A mail as the inbox keeps it: the envelope, the bytes, and what can be read out of them."""

from dataclasses import dataclass
from datetime import datetime
from email import policy
from email.message import EmailMessage, MIMEPart
from email.parser import BytesParser
from functools import cached_property


@dataclass(frozen=True)
class Attachment:
    """A part of a mail that is neither its text nor its HTML."""

    name: str
    kind: str
    size: int


@dataclass
class Mail:
    """One mail that was taken.

    ``sender`` and ``to`` are those of the envelope; everything else is what the mail itself
    says, which need not be true.
    """

    number: int
    sender: str
    to: list[str]
    raw: bytes
    taken_at: datetime

    @cached_property
    def _parsed(self) -> EmailMessage:
        return BytesParser(policy=policy.default).parsebytes(self.raw)

    def header(self, name: str) -> str:
        """A header in plain words, "" when it is missing or beyond reading."""
        try:
            return " ".join(str(self._parsed.get(name, "")).split())
        except (ValueError, LookupError, AttributeError, TypeError, RecursionError):
            return ""

    @property
    def message_id(self) -> str:
        """Its Message-ID, brackets included."""
        return self.header("Message-ID")

    @property
    def subject(self) -> str:
        """Its subject."""
        return self.header("Subject")

    @property
    def author(self) -> str:
        """Its From header."""
        return self.header("From")

    @cached_property
    def html(self) -> str:
        """Its HTML part, "" when there is none."""
        return self._part("html")

    @cached_property
    def text(self) -> str:
        """Its text part, "" when there is none."""
        return self._part("plain")

    @cached_property
    def attachments(self) -> list[Attachment]:
        """Everything else that is in it."""
        found = []
        for part in self._parsed.walk():
            if not part.is_multipart() and part not in (self._body("html"), self._body("plain")):
                data = part.get_payload(decode=True)
                size = len(data) if isinstance(data, bytes) else 0
                found.append(Attachment(part.get_filename() or "", part.get_content_type(), size))
        return found

    def mentions(self, words: str) -> bool:
        """Whether ``words`` stand in one of its addresses."""
        return (
            words.casefold()
            in " ".join((self.sender, *self.to, self.author, self.header("To"))).casefold()
        )

    def _body(self, kind: str) -> MIMEPart | None:
        return self._parsed.get_body((kind,))

    def _part(self, kind: str) -> str:
        part = self._body(kind)
        if part is None:
            return ""
        data = part.get_payload(decode=True)
        charset = part.get_content_charset() or "utf-8"
        try:
            return data.decode(charset, "replace") if isinstance(data, bytes) else ""
        except LookupError:
            return data.decode("utf-8", "replace") if isinstance(data, bytes) else ""
