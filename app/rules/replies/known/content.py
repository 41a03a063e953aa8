"""About the message: what it is or what it says, whoever gets it."""

from app.rules.replies.known.phases import JUDGED
from app.rules.replies.reply import REJECTED, UNWANTED
from app.rules.replies.rule import Rule

RULES = (
    Rule(
        "too large",
        JUDGED,
        "413 552 554 555 550 523",
        r"\b5\.3\.4\b|\b5\.2\.3\b|message (size|too (large|big))",
        REJECTED,
    ),
    Rule(
        "malformed",
        JUDGED,
        "5",
        r"\b5\.6\.\d|illegal attachment|not rfc ?(5322|2822|822) compliant",
        REJECTED,
    ),
    Rule("not understood", "mail_from data final_dot", "555", r"\b5\.5\.\d\b|syntax", REJECTED),
    Rule(
        "taken for spam",
        JUDGED,
        "5",
        r"\bspam\b|unsolicited|virus|content (was )?(reject|not accept)",
        REJECTED,
    ),
    Rule(
        "not from strangers",
        JUDGED,
        "5",
        r"\b5\.7\.13[0-9]\b|not authorized to send to|polic(y|ies) that prohibit",
        UNWANTED,
    ),
)
