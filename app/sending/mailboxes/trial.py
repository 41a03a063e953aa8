"""Looks into a mailbox without reading anything: can it be read, and what is missing."""

from dataclasses import dataclass

from app.sending.mailboxes import way_in
from app.sending.mailboxes.way_in import Login
from app.vault import Vault
from app.wire import imap
from app.wire.imap import Trouble

_MEND = {
    "connect": "Nothing answers at this host and port: check both (993 goes with ssl, 143 with "
    "tls), and whether a firewall is in the way.",
    "tls": "Use the name that the server's certificate is for, and the encryption that goes with "
    "the port: 993 with ssl, 143 with tls.",
    "login": "Check user name and password. Some providers want a password made for programs, or "
    "IMAP to be switched on first.",
    "folder": "Check the name of the folder: upper and lower case count, and on some servers "
    "folders lie below INBOX, as in INBOX.Bounces.",
    "read": "Ask the provider of this mailbox, quoting these words.",
}


@dataclass(frozen=True, slots=True)
class Report:
    """Whether the mailbox can be read. ``step``, ``words`` and ``mend``: what failed, as the server
    says, and what to do; empty when all is well.
    """

    ok: bool
    mails: int = 0
    step: str = ""
    words: str = ""
    mend: str = ""


def check(
    login: Login, vault: Vault, *, allow_private: bool, other: str = "", seconds: float = 15.0
) -> Report:
    """Logs in and opens the folder, without reading; ``other`` is another folder that has to be
    there. Raises Conflict for another master key.
    """
    place = way_in.place(login, vault, allow_private=allow_private, seconds=seconds)
    try:
        with imap.opened(place) as box:
            if other and not box.has(other):
                words = f"there is no folder {other!r} to move mails to"
                return Report(False, 0, "folder", words, _MEND["folder"])
            return Report(True, box.open(login.folder).mails)
    except Trouble as trouble:
        return Report(False, 0, trouble.step, trouble.words, _MEND[trouble.step])
