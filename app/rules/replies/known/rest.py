"""What is done with words that nobody knows: phase and code decide."""

from app.rules.replies.known.phases import LATE
from app.rules.replies.reply import DEFERRED, REFUSED, REJECTED, UNAUTHORIZED, UNDETERMINED, Verdict
from app.rules.replies.rule import Rule


def _rest(name: str, phases: str, codes: str, verdict: Verdict, text: str = "") -> Rule:
    return Rule(name, phases, codes, text, verdict, known=False)


RULES = (
    _rest("sender, by its code", "mail_from", "501 553", UNAUTHORIZED, r"\b5\.1\.7\b|sender"),
    _rest("anything else to MAIL", "mail_from", "", REFUSED),
    _rest("any other no to RCPT", "rcpt_to", "5", UNDETERMINED),
    _rest("any other later to RCPT", "rcpt_to", "4", DEFERRED),
    _rest("any other later to the message", LATE, "4", REFUSED),
    _rest("any other no to the message", LATE, "5", REJECTED),
    _rest("anything else to DATA", "data", "", REFUSED),
    Rule("the service refuses our key or account", "http", "401 402 403", "", REFUSED),
    Rule("the service is out of order", "http", "500 502 503 504", "", REFUSED),
    _rest("the service refuses the request", "http", "400 413 422", REJECTED),
    _rest("the service refuses us", "http", "", REFUSED),
    _rest("later, says the next hop", "event", "4", DEFERRED),
    _rest("no, says the next hop", "event", "5", UNDETERMINED),
)
