"""Too much for the relay: it works, and wants to be asked less."""

from app.rules.replies.known.phases import JUDGED
from app.rules.replies.reply import QUOTA, THROTTLED
from app.rules.replies.rule import Rule

RULES = (
    Rule(
        "quota of a day",
        JUDGED,
        "4 5",
        r"daily message quota|daily (user )?sending (limit|quota)|daily smtp relay limit"
        r"|daily recipients? limit|5\.1\.90\b|submission quota|(daily|monthly|hourly) (limit|quota)"
        r"|exceeded .{0,40}(limit|quota) .{0,20}(day|hour|month)",
        QUOTA,
    ),
    Rule(
        "sending rate",
        JUDGED,
        "4 5",
        r"throttl|maximum sending rate|sending rate exceeded|rate.?limit|too many (concurrent )?"
        r"(smtp )?(connections|messages|requests)|peak smtp relay limit|\b4\.5\.3\b|slow down",
        THROTTLED,
    ),
    Rule("too many requests", "http", "429", "", THROTTLED),
)
