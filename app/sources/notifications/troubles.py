"""What a mailbox's trouble means for a run: try again later, or ask its owner."""

from app.wire.imap import Trouble
from wp_bridge.errors import AskTheOwner, TryLater

#: A server that says one of these (RFC 5530) has nothing against the password.
_PASSING = ("[UNAVAILABLE]", "[INUSE]", "[LIMIT]", "[SERVERBUG]")


def told(trouble: Trouble, host: str, folder: str) -> TryLater | AskTheOwner:
    """The trouble as a run understands it."""
    words = trouble.words
    is_passing = any(code in words.upper() for code in _PASSING)
    if trouble.step == "login" and trouble.is_refused and not is_passing:
        return AskTheOwner(
            "needs_permission",
            f"The mailbox at {host} does not take the login: {words}. Enter the password again "
            "(PATCH of the connection's mailbox); some providers want one made for programs.",
        )
    if trouble.step == "folder" and trouble.is_refused and not is_passing:
        return AskTheOwner(
            "unreachable",
            f"The mailbox at {host} does not open the folder {folder}: {words}. Upper and lower "
            "case count, and on some servers folders lie below INBOX, as in INBOX.Forms.",
        )
    if trouble.step == "tls":
        return AskTheOwner(
            "unreachable",
            f"The mailbox at {host} cannot be talked to safely: {words}. Use the name that its "
            "certificate is for, and the encryption that goes with its port.",
        )
    return TryLater(f"The mailbox at {host} cannot be read now ({trouble.step}): {words}.")
