"""About the recipient: the address is none, its mailbox is full, or its server wants to wait."""

from app.rules.replies.known.phases import JUDGED, LATE, RECIPIENT
from app.rules.replies.reply import BOUNCED, DEFERRED, FULL, INVALID
from app.rules.replies.rule import Rule

RULES = (
    Rule(
        "no address",
        "rcpt_to event",
        "501 553 513 550",
        r"\b5\.1\.3\b|not a valid (rfc|address)|bad (recipient )?address syntax",
        INVALID,
    ),
    Rule("no address by its code", "rcpt_to", "501 513", "", INVALID),
    Rule(
        "no address for the service",
        "http",
        "400 422",
        r"\b(recipient|to)\b.{0,40}(invalid|not a valid|malformed)|invalid ['\"`]?(recipient|to)\b",
        INVALID,
    ),
    Rule(
        "suppressed by the service",
        "http event",
        "",
        r"errorcode.{0,3}406\b|inactive recipient|suppress-bounce|(is|was|already) suppressed"
        r"|suppressed sending|bounced address",
        BOUNCED,
    ),
    Rule(
        "mailbox full for good",
        JUDGED,
        "552 550 554 522",
        r"\b5\.2\.2\b|mailbox (is )?full|over ?quota|out of storage",
        FULL,
    ),
    Rule(
        "no such mailbox",
        RECIPIENT,
        "5",
        r"\b5\.1\.(1|2|6|10)\b|\b5\.2\.1\b|user unknown|unknown user|no such"
        r" (user|recipient|mailbox)"
        r"|(user|recipient|mailbox|account|address) (does not|doesn't) exist"
        r"|(mailbox|recipient|user) (not found|unavailable|unknown|disabled|inactive)"
        r"|not a valid (recipient|mailbox)"
        r"|invalid (recipient|mailbox)|recipient (address )?rejected|no mailbox|domain not found"
        r"|account (is )?(disabled|inactive)",
        BOUNCED,
    ),
    Rule(
        "later, says the mailbox",
        f"rcpt_to event {LATE}",
        "4",
        r"\b4\.2\.\d\b|gr[ae]y ?list|over ?quota|mailbox (is )?(full|busy)|out of storage"
        r"|receiving mail (too quickly|at a rate)",
        DEFERRED,
    ),
)
