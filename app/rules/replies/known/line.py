"""About the relay itself: it cannot be reached, will not let us in, or does not work."""

from app.rules.replies.known.phases import JUDGED, LOGIN, SPOKEN
from app.rules.replies.reply import BOUNCED, LOGINS, REFUSED, THROTTLED
from app.rules.replies.rule import Rule

#: Nothing before MAIL is about a message.
BEFORE_MAIL = (
    Rule("too many logins", "auth", "4", r"too many login|4\.7\.0 .*too many", LOGINS),
    Rule("too many connections", "greeting ehlo", "4", r"too many|rate|concurrent", THROTTLED),
    Rule("before MAIL", LOGIN, "", "", REFUSED),
)

_RELAYING = (
    r"unable to relay|relay(ing)? (access )?(denied|not permitted|is not allowed)|mail relay"
    r" denied|not permitted to relay|5\.7\.64\b|tenantattribution"
)

RULES = (
    Rule("out of step", SPOKEN, "500 502 503", "", REFUSED),
    Rule("leaving", SPOKEN, "421", "", REFUSED),
    Rule("wants login or TLS", SPOKEN, "530", "", REFUSED),
    Rule("relaying denied elsewhere", "event", "5", _RELAYING, BOUNCED),
    Rule("relaying denied", JUDGED, "4 5", _RELAYING, REFUSED),
    Rule(
        "temporary trouble of the service",
        SPOKEN,
        "4",
        r"temporary (server error|system problem)|\bPRX\d",
        REFUSED,
    ),
    Rule(
        "trouble of its own",
        "mail_from data final_dot",
        "4",
        r"\b4\.3\.[0-35-9]\b|\b4\.4\.\d",
        REFUSED,
    ),
    Rule(
        "account not allowed to send",
        "http",
        "4",
        r"errorcode.{0,3}(10|405|412|413)\b|\bMS4030\d\b|not allowed to send\b|account (is )?"
        r"(pending|suspended|disabled)|account may not send|(invalid|bad|missing) api (key|token)",
        REFUSED,
    ),
    Rule("maintenance of the service", "http", "4 5", r"errorcode.{0,3}100\b|maintenance", REFUSED),
)
