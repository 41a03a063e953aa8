"""Whether a mail may be believed: anybody can send one to a mailbox."""

import re
from collections.abc import Collection
from dataclasses import dataclass

from app.rules.mail.names import covers
from app.rules.notifications.mail import Mail

#: What has to be true besides the From: nothing; no server found it forged; one found it genuine.
AUTHENTICATIONS = ("ignore", "unless_failed", "required")
_COMMENT = re.compile(r"\([^()]*\)")
_RESULT = re.compile(r"(dmarc|dkim|spf)\s*=\s*(\w+)(.*)", re.IGNORECASE | re.DOTALL)
_DOMAIN = {
    "dmarc": re.compile(r"header\.from\s*=\s*\"?(?:[^\s;@\"]*@)?([\w.-]+)", re.IGNORECASE),
    "dkim": re.compile(r"header\.(?:d|i)\s*=\s*\"?(?:[^\s;@\"]*@)?([\w.-]+)", re.IGNORECASE),
    "spf": re.compile(r"smtp\.mailfrom\s*=\s*\"?(?:[^\s;@\"]*@)?([\w.-]+)", re.IGNORECASE),
}


@dataclass(frozen=True, slots=True)
class Door:
    """Which mails count. ``senders``, ``recipients``: addresses, or ``@domain``; of recipients none
    for all. ``subject``: words in it, in any case. ``server``: whose Authentication-Results count,
    "" for the last server's.
    """

    senders: Collection[str]
    recipients: Collection[str] = ()
    subject: str = ""
    authentication: str = "unless_failed"
    server: str = ""


@dataclass(frozen=True, slots=True)
class Objection:
    """Why a mail does not count: a reason for skipping, and a sentence."""

    reason: str
    sentence: str


def objection(mail: Mail, door: Door) -> Objection | None:
    """Why a mail is not let in, None when it is."""
    sender = ", ".join(mail.senders) or "nobody"
    if len(mail.senders) != 1 or not covers(door.senders, mail.senders[0]):
        return Objection("rejected_by_mapping", f"It is from {sender}, not from a set sender.")
    if door.recipients and not any(covers(door.recipients, one) for one in mail.recipients):
        return Objection("rejected_by_mapping", "It is to none of the set recipients.")
    if door.subject.casefold() not in mail.subject.casefold():
        return Objection("rejected_by_mapping", "Its subject does not have the set words.")
    if why := _doubt(mail, door):
        return Objection("trashed_or_spam", why)
    return None


def _doubt(mail: Mail, door: Door) -> str:
    if door.authentication == "ignore":
        return ""
    results = _results(mail, door.server)
    domain = mail.senders[0].rpartition("@")[2]
    is_required = door.authentication == "required"
    if results is None:
        told = f" by {door.server}" if door.server else ""
        return f"Nothing was written into it about its authenticity{told}." if is_required else ""
    if any(way == "dmarc" and found == "fail" for way, found, _ in results):
        return f"The receiving server says that it is not from {domain} (dmarc=fail)."
    if not is_required or any(_vouches(one, domain) for one in results):
        return ""
    return f"The receiving server does not say that it is from {domain} (dmarc, dkim, spf)."


def _results(mail: Mail, server: str) -> list[tuple[str, str, str]] | None:
    """What the receiving server found: way, result, domain. Headers below its own were there when
    the mail came, so anybody may have written them.
    """
    for header in mail.results:
        name, *found = _COMMENT.sub(" ", header).split(";")
        words = name.split()
        if not server or (words and words[0].lower() == server.lower()):
            return [one for part in found if (one := _result(part))]
    return None


def _result(part: str) -> tuple[str, str, str] | None:
    found = _RESULT.search(part)
    if found is None:
        return None
    way = found[1].lower()
    domain = _DOMAIN[way].search(found[3])
    return way, found[2].lower(), domain[1].lower().strip(".") if domain else ""


def _vouches(result: tuple[str, str, str], domain: str) -> bool:
    """A pass for the domain of the From, or for one above or below it."""
    _, found, whose = result
    if found != "pass" or "." not in whose:
        return False
    return whose == domain or domain.endswith(f".{whose}") or whose.endswith(f".{domain}")
