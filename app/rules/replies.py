"""What a relay's reply means: whom it is about, and so what happens next."""

import re
from dataclasses import dataclass
from typing import Literal

#: Where in a conversation a reply was heard, in order.
PHASES = (
    "dns",
    "connect",
    "greeting",
    "ehlo",
    "starttls",
    "auth",
    "mail_from",
    "rcpt_to",
    "data",
    "final_dot",
)

Outcome = Literal[
    "accepted",
    "throttled",
    "deferred",
    "bounced",
    "rejected",
    "refused",
    "blocked",
    "unauthorized",
    "unknown",
]


@dataclass(frozen=True, slots=True)
class Reply:
    """What was heard, also when it was silence.

    ``phase``: one of PHASES: what the reply answers. ``code``: the SMTP code, None when the line
    was lost, refused or timed out instead. ``text``: the server's words without codes, or ours
    about the silence.
    """

    phase: str
    code: int | None
    text: str


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a reply means.

    ``quota``: a throttling that lasts for hours: other relays may help. ``logins``: too many
    log in: leave the relay alone for minutes. ``suppress``: the reason for which the address is
    never written to again, or "".
    """

    outcome: Outcome
    quota: bool = False
    logins: bool = False
    suppress: str = ""


@dataclass(frozen=True, slots=True)
class _Rule:
    """Fits when the phase is one of ``phases`` ("" = any), the code starts with one of
    ``codes`` and the text, enhanced code included, matches ``text``.
    """

    phases: str
    codes: str
    text: str
    verdict: Verdict

    def fits(self, reply: Reply) -> bool:
        return (
            (not self.phases or reply.phase in self.phases.split())
            and str(reply.code).startswith(tuple(self.codes.split()))
            and re.search(self.text, reply.text, re.IGNORECASE) is not None
        )


_LOGIN = "dns connect greeting ehlo starttls auth"
_LATE = "data final_dot"
_ABOUT = "mail_from rcpt_to data final_dot"

_ACCEPTED = Verdict("accepted")
_REFUSED = Verdict("refused")
_THROTTLED = Verdict("throttled")
_QUOTA = Verdict("throttled", quota=True)
_DEFERRED = Verdict("deferred")
_BOUNCED = Verdict("bounced", suppress="bounced")
_INVALID = Verdict("bounced", suppress="invalid")
_SOFT = Verdict("bounced")
_REJECTED = Verdict("rejected")
_BLOCKED = Verdict("blocked")
_UNAUTHORIZED = Verdict("unauthorized")
_UNKNOWN = Verdict("unknown")

#: First fit wins: what a provider's text says, then the phase, then the code. Texts and codes
#: are those of Amazon SES, Gmail, Microsoft 365, Yahoo and Postfix.
_RULES = (
    # login and before: always about the line
    _Rule("auth", "4", r"too many login|4\.7\.0 .*too many", Verdict("throttled", logins=True)),
    _Rule("greeting ehlo", "4", r"too many|rate|concurrent", _THROTTLED),
    _Rule(_LOGIN, "", "", _REFUSED),
    # throttling, also where it comes as 5xx
    _Rule(
        _ABOUT,
        "4 5",
        r"daily message quota|daily (user )?sending (limit|quota)|daily smtp relay limit"
        r"|daily recipients? limit|5\.1\.90|submission quota|(daily|monthly|hourly) (limit|quota)"
        r"|exceeded .{0,40}(limit|quota) .{0,20}(day|hour|month)",
        _QUOTA,
    ),
    _Rule(
        _ABOUT,
        "4 5",
        r"throttl|maximum sending rate|sending rate exceeded|rate.?limit|too many (concurrent )?"
        r"(smtp )?(connections|messages)|peak smtp relay limit|4\.7\.28|4\.5\.3|slow down",
        _THROTTLED,
    ),
    # the conversation itself went wrong, or the server is leaving
    _Rule(_ABOUT, "500 502 503", "", _REFUSED),
    _Rule(_ABOUT, "421", "", _REFUSED),
    _Rule(_ABOUT, "530", "", _REFUSED),
    _Rule(
        _ABOUT,
        "4 5",
        r"unable to relay|relay(ing)? (access )?(denied|not permitted|is not allowed)|mail relay"
        r" denied|not permitted to relay|5\.7\.64|tenantattribution",
        _REFUSED,
    ),
    # about the sender
    _Rule(
        _ABOUT,
        "4 5",
        r"sendasdenied|not allowed to send as|(address|identity|sender|domain) (is )?not verified"
        r"|not verified|5\.1\.8\b|5\.2\.252|bad outbound sender|not owned by (the )?user|does not"
        r" match a verified|sender (address )?(rejected|unverified|denied|not allowed)"
        r"|not authorized to send (as|from)",
        _UNAUTHORIZED,
    ),
    _Rule(
        _ABOUT,
        "4 5",
        r"[45]\.7\.(2[35-7]|29|30|32)\b|5\.7\.5(09|15)\b|(spf|dkim|dmarc).{0,60}(fail|did not pass"
        r"|not pass|reject)|unauthenticated (email|mail)|reverse dns|ptr record",
        _UNAUTHORIZED,
    ),
    # about this relay's reputation at the recipient's
    _Rule(
        _ABOUT,
        "4 5",
        r"blocked using|block ?list|black ?list|dnsbl|spamhaus|very low reputation|\[(TSS|TS|BL)\d"
        r"|poor reputation|5\.7\.6(0[6-9]|[1-4]\d)|5\.7\.511|banned send",
        _BLOCKED,
    ),
    # about the message
    _Rule(
        _ABOUT,
        "552 554 555 550 523",
        r"5\.3\.4|5\.2\.3\b|message (size|too (large|big))",
        _REJECTED,
    ),
    _Rule(
        _ABOUT, "5", r"5\.6\.\d|illegal attachment|not rfc ?(5322|2822|822) compliant", _REJECTED
    ),
    _Rule(_ABOUT, "5", r"\bspam\b|unsolicited|virus|content (was )?(reject|not accept)", _REJECTED),
    # about the recipient
    _Rule(
        "rcpt_to",
        "501 553 513 550",
        r"5\.1\.3\b|not a valid (rfc|address)|bad (recipient )?address syntax",
        _INVALID,
    ),
    _Rule("rcpt_to", "501 513", "", _INVALID),
    _Rule(
        _ABOUT, "552 550 554 522", r"5\.2\.2\b|mailbox (is )?full|over ?quota|out of storage", _SOFT
    ),
    _Rule(
        "rcpt_to data final_dot",
        "5",
        r"5\.1\.(1|2|6|10)\b|5\.2\.1\b|user unknown|unknown user|no such (user|recipient|mailbox)"
        r"|(user|recipient|mailbox|account|address) (does not|doesn't) exist"
        r"|(mailbox|recipient|user) (not found|unavailable|unknown|disabled|inactive)"
        r"|not a valid (recipient|mailbox)"
        r"|invalid (recipient|mailbox)|recipient (address )?rejected|no mailbox|domain not found"
        r"|account (is )?(disabled|inactive)",
        _BOUNCED,
    ),
    _Rule("rcpt_to", "5", "", _SOFT),
    _Rule("rcpt_to", "4", "", _DEFERRED),
    _Rule(
        _LATE,
        "4",
        r"4\.2\.[0-9]\b|gr[ae]y ?list|over ?quota|mailbox (is )?(full|busy)|out of storage",
        _DEFERRED,
    ),
    # what is left
    _Rule("mail_from", "501 553", r"5\.1\.7\b|sender", _UNAUTHORIZED),
    _Rule("mail_from", "", "", _REFUSED),
    _Rule(_LATE, "4", "", _REFUSED),
    _Rule(_LATE, "5", "", _REJECTED),
    _Rule("data", "", "", _REFUSED),
)


def classify(reply: Reply) -> Verdict:
    """What ``reply``, the answer to our own submission, means (RFC 5321, RFC 3463).

    Only a complete reply in the dot's slot decides over a message that was handed over; silence
    there is unknown, whatever the reason for it.
    """
    if reply.phase == "final_dot":
        if reply.code is None:
            return _UNKNOWN
        if 200 <= reply.code < 300:
            return _ACCEPTED
        if not 400 <= reply.code < 600:
            return _UNKNOWN
    elif reply.code is None:
        return _REFUSED
    return next((rule.verdict for rule in _RULES if rule.fits(reply)), _REFUSED)


def is_about_login(reply: Reply) -> bool:
    """Whether the relay refused our credentials: somebody must mend them."""
    return reply.phase == "auth" and reply.code in (530, 534, 535, 538)
