"""Every row of the table of replies that concerns our own submission."""

import pytest

from app.rules.replies import PHASES, Reply, classify, is_about_login

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
    ("rcpt_to", 552, "5.2.2 mailbox full", "soft"),
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
    ("rcpt_to", 550, "computer says no", "soft"),
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


@pytest.mark.parametrize(("phase", "code", "text", "meaning"), ROWS)
def test_what_a_reply_means(phase: str, code: int | None, text: str, meaning: str) -> None:
    verdict = classify(Reply(phase, code, text))
    expected = {
        "quota": ("throttled", True, False, ""),
        "logins": ("throttled", False, True, ""),
        "soft": ("bounced", False, False, ""),
        "bounced": ("bounced", False, False, "bounced"),
        "invalid": ("bounced", False, False, "invalid"),
    }.get(meaning, (meaning, False, False, ""))
    assert (verdict.outcome, verdict.quota, verdict.logins, verdict.suppress) == expected


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
