"""About this relay at the recipient's provider: its reputation, and how much it bears there."""

from app.rules.replies.known.phases import JUDGED, RECIPIENT
from app.rules.replies.reply import BLOCKED, SLOWED
from app.rules.replies.rule import Rule

RULES = (
    Rule(
        "blocked for its reputation",
        JUDGED,
        "4 5",
        r"blocked using|block ?list|black ?list|dnsbl|spamhaus|(low|poor) reputation|\[BL\d"
        r"|permanently deferred|\b5\.7\.6(0[6-9]|[1-4]\d)\b|\b5\.7\.511\b|banned send"
        r"|\b[45]\.7\.28\b|unusual rate",
        BLOCKED,
    ),
    Rule(
        "more than the destination bears",
        JUDGED,
        "4",
        r"unexpected volume|\[TSS?\d|ip reputation|\b4\.7\.65\d\b"
        r"|\b4\.7\.[56]\d\d\b.{0,40}(access denied|server busy|try again)",
        SLOWED,
    ),
    Rule("blocked for what it sent before", JUDGED, "5", r"\[TSS?\d", BLOCKED),
    Rule("taken for spam so far", RECIPIENT, "421", "unsolicited mail", BLOCKED),
)
