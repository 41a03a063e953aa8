"""About the sender: who the message claims to be from, and whether that holds."""

from app.rules.replies.known.phases import JUDGED
from app.rules.replies.reply import UNAUTHORIZED
from app.rules.replies.rule import Rule

RULES = (
    Rule(
        "not allowed as sender",
        JUDGED,
        "4 5",
        r"sendasdenied|not allowed to send as|(address|identity|sender|domain) (is )?not verified"
        r"|not verified|\b5\.1\.8\b|\b5\.2\.252\b|bad outbound sender|not owned by (the )?user|does"
        r" not match a verified|sender (address )?(rejected|unverified|denied|not allowed)"
        r"|not authorized to send (as|from)|sender signature|errorcode.{0,3}40[01]\b",
        UNAUTHORIZED,
    ),
    Rule(
        "not authenticated",
        JUDGED,
        "4 5",
        r"\b[45]\.7\.(2[35-7]|29|30|32)\b|\b5\.7\.5(09|15)\b|(spf|dkim|dmarc).{0,60}(fail|did not"
        r" pass|not pass|reject)|unauthenticated (email|mail)|reverse dns|ptr record",
        UNAUTHORIZED,
    ),
)
