"""What an e-mail address is, and when two of them are the same person."""

import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache

_LOCAL = re.compile(r"[^\s@\"(),:;<>\[\]\\\x00-\x1f\x7f\ud800-\udfff]{1,64}")
_LABEL = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?")
#: Nearly every address there is; of these it can be told without looking at each part.
_USUAL = re.compile(
    r"(?:[A-Za-z0-9_+-]+\.)*[A-Za-z0-9_+-]+"
    r"@(?:[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.)+[A-Za-z]{2,63}"
)


@dataclass(frozen=True, slots=True)
class EmailAddress:
    """An address that can be written to.

    ``email``: as given, trimmed. ``address``: the normal form that identifies a person here:
    NFC, lower case, domain in IDNA A-labels. Plus-tags stay: ``a+b@c.d`` is another mailbox.
    """

    email: str
    address: str

    @property
    def local(self) -> str:
        """The part before the @ of the normal form."""
        return self.address.rpartition("@")[0]

    @property
    def domain(self) -> str:
        """The domain in A-labels."""
        return self.address.rpartition("@")[2]


def is_usual(email: str) -> bool:
    """Whether it is an address as nearly all are: plain ASCII, of which nothing has to be looked
    at again.
    """
    usual = _USUAL.fullmatch(email) is not None
    return usual and len(email) <= 254 and email.index("@") <= 64


def parse(value: str) -> EmailAddress | None:
    """The address in ``value``, or None when nobody can be written to there.

    RFC 5321 mailboxes without quoted local parts and without address literals; local part up
    to 64 and the whole up to 254 octets; internationalised ones (RFC 6531) are fine.
    """
    email = value.strip()
    if is_usual(email):
        return EmailAddress(email, email.lower())
    email = unicodedata.normalize("NFC", email)
    local, at, host = email.rpartition("@")
    if not at or not _LOCAL.fullmatch(local) or len(local.encode()) > 64:
        return None
    if local.startswith(".") or local.endswith(".") or ".." in local:
        return None
    domain = _a_labels(host)
    if domain is None or len(local.encode()) + 1 + len(domain) > 254:
        return None
    return EmailAddress(email, f"{local.lower()}@{domain}")


def normal(value: str) -> str | None:
    """The normal form of the address in ``value``, None when nobody can be written to there."""
    email = value.strip()
    if is_usual(email):
        return email.lower()
    found = parse(email)
    return found.address if found else None


@lru_cache(maxsize=4096)
def _a_labels(host: str) -> str | None:
    try:
        domain = host.lower().encode("idna").decode("ascii")
    except UnicodeError:
        return None
    labels = domain.split(".")
    if len(labels) < 2 or not all(_LABEL.fullmatch(label) for label in labels):
        return None
    return None if labels[-1].isdigit() else domain
