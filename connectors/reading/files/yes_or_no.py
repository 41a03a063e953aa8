"""What the words for "may be written to" in somebody's export mean here."""

from collections.abc import Mapping

_WORDS = {
    "": (
        *("subscribed", "active", "confirmed", "enabled", "opted in", "opt-in", "aktiv"),
        *("angemeldet", "bestätigt", "abonné", "suscrito", "yes", "verified"),
    ),
    "pending": (
        *("pending", "unconfirmed", "non-subscribed", "nonsubscribed", "not subscribed"),
        *("transactional", "unverified", "unbestätigt", "en attente", "pendiente"),
        *("never subscribed", "never_subscribed"),
    ),
    "unsubscribed": (
        *("unsubscribed", "unsub", "opted out", "opt-out", "optout", "blocklisted", "blacklisted"),
        *("blocked", "disabled", "inactive", "abgemeldet", "désinscrit", "désabonné", "baja"),
    ),
    "bounced": ("bounced", "cleaned", "bounce", "hard bounced", "hard bounce", "undeliverable"),
    "complained": ("complained", "complaint", "spam", "spammed", "abuse", "spam complaint"),
}
#: Word -> status; "" says nothing: a yes opens nothing.
MEANINGS: Mapping[str, str] = {word: status for status, words in _WORDS.items() for word in words}
#: Columns (in lower case) whose row is a "no" as soon as they say anything.
CLOSING: Mapping[str, str] = {
    "unsub_time": "unsubscribed",
    "unsubscribed at": "unsubscribed",
    "unsubscribed_at": "unsubscribed",
    "clean_time": "bounced",
}


def meaning(word: str) -> str:
    """The status that a word means; "" for a yes and for nothing. A word that is not known is no
    yes: who has it waits.
    """
    said = word.strip().casefold()
    return MEANINGS.get(said, "pending") if said else ""
