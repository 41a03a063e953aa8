"""Every row of the table of replies: our own submission, HTTP APIs, and the next hop's view."""

import pytest

from app.providers import presets
from app.rules.replies import reply as meanings
from app.rules.replies.meaning import PHASES, RULES, Reply, classify, is_about_login, judge

ROWS = [
    ("connect", None, "connection refused", "refused"),
    ("dns", None, "no such host", "refused"),
    ("starttls", None, "certificate verify failed", "refused"),
    ("greeting", 421, "4.3.2 service not available", "refused"),
    ("greeting", 421, "Too many concurrent SMTP connections", "throttled"),
    ("ehlo", 421, "4.7.0 Try again later, closing connection", "refused"),
    ("mail_from", 421, "4.3.0 Temporary System Problem", "refused"),
    ("mail_from", 454, "Throttling failure: Maximum sending rate exceeded", "throttled"),
    ("final_dot", 454, "Throttling failure: Maximum sending rate exceeded.", "throttled"),
    ("final_dot", 454, "Throttling failure: Daily message quota exceeded.", "quota"),
    ("auth", 454, "4.7.0 Too many login attempts, please try again later", "logins"),
    ("auth", 454, "4.7.0 Cannot authenticate due to temporary system problem", "refused"),
    ("auth", 535, "5.7.8 Username and Password not accepted", "refused"),
    ("auth", 534, "5.7.9 Application-specific password required", "refused"),
    ("mail_from", 530, "5.7.0 Authentication Required", "refused"),
    ("mail_from", 530, "5.7.0 Must issue a STARTTLS command first", "refused"),
    ("final_dot", 550, "5.4.5 Daily user sending limit exceeded", "quota"),
    ("rcpt_to", 550, "5.4.5 Daily SMTP relay limit exceeded", "quota"),
    ("rcpt_to", 550, "5.1.90 Your message can't be sent because of daily recipients limit", "quota"),
    ("rcpt_to", 450, "4.2.1 Peak SMTP relay limit exceeded for customer", "throttled"),
    ("rcpt_to", 450, "4.2.1 The user is receiving mail too quickly", "deferred"),
    ("rcpt_to", 452, "4.2.2 The email account is over quota", "deferred"),
    ("rcpt_to", 552, "5.2.2 mailbox full", "full"),
    ("rcpt_to", 451, "4.7.1 Greylisting in action, please come back later", "deferred"),
    ("mail_from", 451, "4.3.0 local error", "refused"),
    ("data", 451, "4.3.0 local error", "refused"),
    ("final_dot", 451, "4.3.0 local error in processing", "refused"),
    ("final_dot", 421, "4.3.2 shutting down", "refused"),
    ("final_dot", 451, "4.7.1 Greylisted, try again", "deferred"),
    ("rcpt_to", 550, "5.1.1 The email account that you tried to reach does not exist", "bounced"),
    ("rcpt_to", 550, "5.1.1 User unknown", "bounced"),
    ("rcpt_to", 550, "5.1.10 RESOLVER.ADR.RecipientNotFound; Recipient not found", "bounced"),
    ("rcpt_to", 550, "5.2.1 mailbox disabled", "bounced"),
    ("rcpt_to", 550, "5.7.1 user unknown in virtual table", "bounced"),
    ("rcpt_to", 554, "delivery error: dd Not a valid recipient", "bounced"),
    ("rcpt_to", 553, "5.1.2 Domain not found", "bounced"),
    ("rcpt_to", 550, "No such user here", "bounced"),
    ("rcpt_to", 501, "5.1.3 Bad recipient address syntax", "invalid"),
    ("rcpt_to", 553, "5.1.3 The recipient address is not a valid RFC 5321 address", "invalid"),
    ("rcpt_to", 550, "computer says no", "undetermined"),
    ("rcpt_to", 554, "5.7.1 Relay access denied", "refused"),
    ("rcpt_to", 550, "5.7.1 Unable to relay", "refused"),
    ("rcpt_to", 550, "5.7.64 TenantAttribution; Relay Access Denied", "refused"),
    ("rcpt_to", 554, "5.7.1 Service unavailable; Client host blocked using zen.spamhaus.org", "blocked"),
    ("final_dot", 550, "5.7.1 our system has detected very low reputation of the sending IP", "blocked"),
    ("final_dot", 550, "5.7.1 Our system has detected that this message is likely unsolicited mail", "rejected"),
    ("final_dot", 554, "5.7.1 message detected as spam", "rejected"),
    ("final_dot", 550, "5.7.26 This mail is unauthenticated", "unauthorized"),
    ("final_dot", 550, "5.7.515 Access denied, sending domain example.com does not meet", "unauthorized"),
    ("final_dot", 554, "5.2.252 SendAsDenied; a@b.c not allowed to send as d@e.f", "unauthorized"),
    ("final_dot", 554, "Message rejected: Email address is not verified.", "unauthorized"),
    ("mail_from", 553, "5.7.1 Sender address rejected: not owned by user", "unauthorized"),
    ("mail_from", 501, "5.1.7 bad sender", "unauthorized"),
    ("mail_from", 552, "5.3.4 Message size exceeds fixed limit", "rejected"),
    ("final_dot", 552, "5.3.4 message too big", "rejected"),
    ("final_dot", 554, "5.6.0 message malformed", "rejected"),
    ("rcpt_to", 553, "5.6.7 this relay does not offer SMTPUTF8", "rejected"),
    ("final_dot", 552, "5.7.0 illegal attachment", "rejected"),
    ("rcpt_to", 503, "5.5.1 bad sequence of commands", "refused"),
    ("data", 502, "command not implemented", "refused"),
    ("data", 554, "no valid recipients", "rejected"),
    ("final_dot", 250, "2.0.0 queued as 12345", "accepted"),
    ("final_dot", None, "the connection was lost", "unknown"),
    ("final_dot", 354, "go ahead", "unknown"),
    ("data", None, "the connection was lost", "refused"),
    ("rcpt_to", None, "timed out", "refused"),
]  # fmt: skip


#: The same words where they come from elsewhere than our own submission, and other services.
ELSEWHERE = [
    ("greeting", 421, "4.4.5 Server busy, try again later", "refused"),
    ("rcpt_to", 451, "4.7.0 Temporary server error. Please try again later. PRX2", "refused"),
    ("event", 451, "4.7.0 Temporary server error. Please try again later. PRX2", "deferred"),
    ("event", 421, "4.7.0 very low reputation of the sending domain", "blocked"),
    ("final_dot", 421, "4.7.28 Our system has detected an unusual rate of unsolicited mail originating from your IP address. Mail has been temporarily rate limited", "blocked"),
    ("event", 421, "4.7.28 unusual rate", "blocked"),
    ("event", 421, "4.7.0 [TSS04] Messages from 192.0.2.1 temporarily deferred due to unexpected volume or user complaints", "slowed"),
    ("rcpt_to", 421, "4.7.0 [TSS04] Messages from 192.0.2.1 temporarily deferred", "slowed"),
    ("event", 421, "4.7.0 [TS01] Messages temporarily deferred", "slowed"),
    ("event", 421, "4.7.1 [TS03] All messages from 192.0.2.1 will be permanently deferred", "blocked"),
    ("event", 553, "5.7.1 [BL21] Connections will not be accepted, because the ip is in Spamhaus's list", "blocked"),
    ("event", 553, "5.7.2 [TSS07] Connection refused", "blocked"),
    ("rcpt_to", 454, "4.7.1 Service unavailable; Client host [192.0.2.1] blocked using dnsbl", "blocked"),
    ("event", 451, "4.7.650 The mail server [192.0.2.1] has been temporarily rate limited due to IP reputation.", "slowed"),
    ("rcpt_to", 451, "4.7.500 Server busy. Please try again later", "slowed"),
    ("event", 451, "4.7.551 Access denied, please try again later", "slowed"),
    ("event", 550, "5.7.1 part of their network is on our block list (S3150)", "blocked"),
    ("event", 550, "5.7.606 Access denied, banned sending IP [192.0.2.1]", "blocked"),
    ("event", 550, "5.7.649 Access denied, banned sending IP", "blocked"),
    ("event", 550, "5.7.511 Access denied, banned sender", "blocked"),
    ("event", 554, "5.7.1 Service unavailable; blocked using zen.spamhaus.org", "blocked"),
    ("mail_from", 454, "4.7.0 Temporary authentication failure", "refused"),
    ("auth", 454, "Temporary authentication failure", "refused"),
    ("auth", 535, "5.7.9 Application-specific password required", "refused"),
    ("auth", 534, "5.7.14 Please log in with your browser", "refused"),
    ("auth", 530, "5.7.0 Authentication Required", "refused"),
    ("auth", 535, "Authentication Credentials Invalid", "refused"),
    ("event", 421, "4.7.29 requires TLS", "unauthorized"),
    ("event", 550, "5.7.29 This message was not sent over TLS", "unauthorized"),
    ("data", 550, "5.7.1 Daily SMTP relay limit exceeded", "quota"),
    ("final_dot", 554, "5.2.2 submission quota exceeded", "quota"),
    ("event", 450, "4.2.1 The user you are trying to contact is receiving mail at a rate that", "deferred"),
    ("event", 452, "4.2.2 over quota", "deferred"),
    ("event", 552, "5.2.2 The email account is out of storage and inactive", "full"),
    ("rcpt_to", 452, "4.5.3 Too many recipients", "throttled"),
    ("rcpt_to", 450, "4.7.1 Greylisted, try again later", "deferred"),
    ("event", 451, "4.3.0 local error", "deferred"),
    ("event", 451, "4.4.1 connection timed out", "deferred"),
    ("mail_from", 451, "4.4.2 timeout", "refused"),
    ("rcpt_to", 550, "5.1.6 The recipient has moved", "bounced"),
    ("rcpt_to", 550, "5.4.1 Recipient address rejected: Access denied", "bounced"),
    ("event", 550, "5.1.1 user unknown", "bounced"),
    ("event", 550, "5.7.1 unable to relay", "bounced"),
    ("event", 554, "5.7.1 Relay access denied", "bounced"),
    ("rcpt_to", 550, "5.7.0 Mail relay denied", "refused"),
    ("event", 550, "5.7.1 likely unsolicited mail", "rejected"),
    ("rcpt_to", 550, "5.7.133 RESOLVER.RST.SenderNotAuthenticatedForGroup", "unwanted"),
    ("event", 550, "5.7.1 The recipient has a policy that prohibited the mail", "unwanted"),
    ("event", 550, "5.7.1 sender is not authorized to send to the recipient list", "unwanted"),
    ("event", 421, "4.7.26 This mail is unauthenticated", "unauthorized"),
    ("event", 550, "5.7.27 SPF did not pass", "unauthorized"),
    ("event", 550, "5.7.30 DKIM did not pass", "unauthorized"),
    ("event", 421, "4.7.32 From header is not aligned", "unauthorized"),
    ("event", 550, "5.7.509 Access denied, sending domain does not pass DMARC", "unauthorized"),
    ("event", 550, "5.7.23 SPF validation failed", "unauthorized"),
    ("event", 550, "5.7.25 no PTR record", "unauthorized"),
    ("event", 451, "4.7.23 no PTR record", "unauthorized"),
    ("mail_from", 550, "5.1.8 Access denied, bad outbound sender", "unauthorized"),
    ("final_dot", 550, "5.7.1 this message is not RFC 5322 compliant", "rejected"),
    ("final_dot", 552, "5.2.3 message too large", "rejected"),
    ("data", 555, "5.5.2 Syntax error", "rejected"),
    ("rcpt_to", 500, "unrecognised command", "refused"),
    ("http", 429, "Too Many Requests", "throttled"),
    ("http", 429, "API key ratelimit exceeded", "throttled"),
    ("http", 400, "ThrottlingException: Maximum sending rate exceeded.", "throttled"),
    ("http", 400, "TooManyRequestsException: Daily message quota exceeded.", "quota"),
    ("http", 401, "ErrorCode 10: Bad or missing API token", "refused"),
    ("http", 422, "ErrorCode 10: Bad or missing API token", "refused"),
    ("http", 403, "forbidden", "refused"),
    ("http", 422, "MS40303: your account cannot send", "refused"),
    ("http", 422, "ErrorCode 405: Not allowed to send", "refused"),
    ("http", 422, "ErrorCode 412: Account is pending approval", "refused"),
    ("http", 422, "ErrorCode 413: Account may not send", "refused"),
    ("http", 402, "payment required", "refused"),
    ("http", 422, "ErrorCode 406: Inactive recipient", "bounced"),
    ("event", None, "no code was told", "unknown"),
    ("event", 550, "the address is suppressed", "bounced"),
    ("event", 550, "suppress-bounce: not delivering to previously bounced address", "bounced"),
    ("event", 550, "suppressed sending to this address", "bounced"),
    ("http", 422, "ErrorCode 300: Invalid 'To' address: 'x'", "invalid"),
    ("http", 422, "ErrorCode 300: Invalid email request", "rejected"),
    ("http", 422, "ErrorCode 403: a field is invalid", "rejected"),
    ("http", 422, "MS42201: the subject field is required", "rejected"),
    ("http", 400, "the content field is empty", "rejected"),
    ("http", 413, "too large", "rejected"),
    ("http", 403, "The from address does not match a verified Sender Identity", "unauthorized"),
    ("http", 422, "ErrorCode 400: Sender signature not found", "unauthorized"),
    ("http", 422, "ErrorCode 401: Sender signature not confirmed", "unauthorized"),
    ("http", 400, "sender unverified", "unauthorized"),
    ("http", 500, "oops", "refused"),
    ("http", 503, "maintenance", "refused"),
    ("http", 422, "ErrorCode 100: Maintenance", "refused"),
    ("http", 200, "accepted", "accepted"),
    ("http", None, "the connection was lost after the body", "unknown"),
    ("connect", None, "timed out before anything was sent", "refused"),
]  # fmt: skip


@pytest.mark.parametrize(("phase", "code", "text", "meaning"), ROWS + ELSEWHERE)
def test_what_a_reply_means(phase: str, code: int | None, text: str, meaning: str) -> None:
    assert classify(Reply(phase, code, text)) == getattr(meanings, meaning.upper())


@pytest.mark.parametrize("text", ["4.7.28 unusual rate", "4.7.0 likely unsolicited mail"])
def test_a_service_speaks_otherwise_as_our_relay(text: str) -> None:
    """Gmail's view of its own mailbox is about the relay, not about one destination."""
    reply = Reply("final_dot", 421, text)
    gmail = presets.find()["gmail"]
    assert judge(reply).verdict == meanings.BLOCKED
    assert judge(reply, service=gmail.replies).verdict == meanings.THROTTLED


@pytest.mark.parametrize(
    ("phase", "code", "text", "known"),
    [
        ("rcpt_to", 550, "5.1.1 user unknown", True),
        ("rcpt_to", 550, "computer says no", False),
        ("final_dot", 451, "not on Sundays", False),
        ("auth", 535, "whatever it says", True),
        ("final_dot", 250, "whatever it says", True),
        ("rcpt_to", None, "timed out", True),
    ],
)
def test_words_that_nobody_knows(phase: str, code: int | None, text: str, known: bool) -> None:
    assert judge(Reply(phase, code, text)).known is known


def test_rules_have_names_of_their_own() -> None:
    names = [rule.name for rule in RULES]
    assert len(set(names)) == len(names)


@pytest.mark.parametrize("phase", PHASES)
@pytest.mark.parametrize("code", [None, *range(200, 600, 7), 421, 450, 550, 554])
def test_only_a_complete_reply_to_the_dot_is_success_or_doubt(phase: str, code: int | None) -> None:
    outcome = classify(Reply(phase, code, "")).outcome
    if outcome == "accepted":
        assert phase == "final_dot"
        assert code is not None
        assert 200 <= code < 300
    if outcome == "unknown":
        assert phase == "final_dot"
        assert code is None or not 400 <= code < 600


@pytest.mark.parametrize("phase", PHASES[:6])
def test_nothing_before_the_envelope_is_about_the_recipient(phase: str) -> None:
    for text in ("5.1.1 user unknown", "spam", "sender rejected", ""):
        assert classify(Reply(phase, 550, text)).outcome == "refused"


def test_refused_credentials_are_recognised() -> None:
    assert is_about_login(Reply("auth", 535, "5.7.8 no"))
    assert not is_about_login(Reply("auth", 454, "later"))
    assert not is_about_login(Reply("connect", None, "refused"))
