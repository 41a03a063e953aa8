"""Mails as they come back, each written after the format of a kind of server."""

OURS = "<42.0123456789abcdef0123456789abcdef@shop.example.com>"
TO = "ann@people.example.com"


def report(
    fields: str,
    *,
    action: str = "failed",
    status: str = "5.1.1",
    recipient: str = TO,
    human: str = "Your message could not be delivered.",
    copy_type: str = "message/rfc822",
) -> str:
    """A report as RFC 3464 wants it."""
    return f"""\
Return-Path: <>
From: Mail Delivery System <MAILER-DAEMON@mx.example.net>
To: bounces@bounces.example.com
Subject: Undelivered Mail Returned to Sender
Auto-Submitted: auto-replied
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="=_b"

--=_b
Content-Type: text/plain; charset=us-ascii

{human}

--=_b
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.example.net
Arrival-Date: Sun, 22 Nov 2026 12:00:00 +0000

Final-Recipient: rfc822; {recipient}
Original-Recipient: rfc822;{recipient}
Action: {action}
Status: {status}
{fields}

--=_b
Content-Type: {copy_type}

From: Shop <news@shop.example.com>
To: Ann <{TO}>
Subject: Hello
Message-ID: {OURS}

Hello Ann
--=_b--
"""


POSTFIX = report(
    "Diagnostic-Code: smtp; 550 5.1.1 <ann@people.example.com>: Recipient address\n"
    "    rejected: User unknown in virtual mailbox table",
    copy_type="text/rfc822-headers",
)
FULL = report("Diagnostic-Code: smtp; 552 5.2.2 Mailbox full", status="5.2.2")
SPAM = report(
    "Diagnostic-Code: smtp; 550 5.7.1 Our system has detected that this message is likely "
    "unsolicited mail",
    status="5.7.1",
)
EXPIRED = report("Diagnostic-Code: smtp; 451 4.4.1 no answer from host", status="4.4.7")
DELAYED = report("Diagnostic-Code: smtp; 451 4.7.1 Greylisted", action="delayed", status="4.7.1")
DELIVERED = report("Diagnostic-Code: smtp; 250 2.0.0 OK", action="delivered", status="2.0.0")
RELAYED = report("Remote-MTA: dns; mx.people.example.com", action="relayed", status="2.0.0")
NO_DIAGNOSTIC = report("Remote-MTA: dns; mx.people.example.com")
EXCHANGE = report(
    "Diagnostic-Code: smtp;550 5.1.10 RESOLVER.ADR.RecipientNotFound; Recipient not found by "
    "SMTP address lookup\nX-Display-Name: ann",
    status="5.1.10",
)
GMAIL = report(
    "Remote-MTA: dns; gmail-smtp-in.l.example.com.\n"
    "Diagnostic-Code: smtp; 550-5.1.1 The email account that you tried to reach does not exist. "
    "Please try\n 550-5.1.1 double-checking the recipient's email address. 550 5.1.1 gsmtp",
)

TWO_GROUPS = report(
    "Diagnostic-Code: smtp; 550 5.1.1 user unknown\n\n"
    "Final-Recipient: rfc822; bea@people.example.com\nAction: delivered\nStatus: 2.1.5"
)
#: ann@ is an alias of two people whom only the report knows.
ALIAS = report(
    "Diagnostic-Code: smtp; 550 5.1.1 user unknown\n\n"
    "Final-Recipient: rfc822; bea@elsewhere.example.com\nAction: delivered\nStatus: 2.1.5",
    recipient="old@elsewhere.example.com",
)

QMAIL = f"""\
Return-Path: <>
From: MAILER-DAEMON@mail.example.net
To: bounces@bounces.example.com
Subject: failure notice

Hi. This is the qmail-send program at mail.example.net.
I'm afraid I wasn't able to deliver your message to the following addresses.
This is a permanent error; I've given up. Sorry it didn't work out.

<{TO}>:
203.0.113.9 does not like recipient.
Remote host said: 550 5.1.1 User unknown
Giving up on 203.0.113.9.

--- Below this line is a copy of the message.

Return-Path: <bounces@bounces.example.com>
Message-ID: {OURS}
To: Ann <{TO}>
Subject: 452 ways to be full

Hello
"""

EXIM = f"""\
Return-Path: <>
X-Failed-Recipients: {TO}
Auto-Submitted: auto-replied
From: Mail Delivery System <Mailer-Daemon@mail.example.net>
To: bounces@bounces.example.com
Subject: Mail delivery failed: returning message to sender

This message was created automatically by mail delivery software.

A message that you sent could not be delivered to one or more of its
recipients. This is a permanent error. The following address(es) failed:

  {TO}
    SMTP error from remote mail server after RCPT TO:<{TO}>:
    host mx.people.example.com [203.0.113.9]: 550 5.1.1 No such user here

------ This is a copy of the message, including all the headers. ------

Message-ID: {OURS}
To: Ann <{TO}>

Hello
"""

EXIM_DELAYED = f"""\
Return-Path: <>
From: Mail Delivery System <Mailer-Daemon@mail.example.net>
To: bounces@bounces.example.com
Subject: Warning: message 1abcde-000001-XY delayed 24 hours

This message was created automatically by mail delivery software.
A message that you sent has not yet been delivered to one or more of its
recipients after more than 24 hours on the queue on mail.example.net.

The message identifier is:     1abcde-000001-XY
The subject of the message is: Hello

The following address(es) have not yet been delivered:

  {TO}
    host mx.people.example.com [203.0.113.9]: 451 4.7.1 try again later

Message-ID: {OURS}
"""

OLD_EXCHANGE = f"""\
From: System Administrator <postmaster@corp.example.net>
To: bounces@bounces.example.com
Subject: Undeliverable: Hello
In-Reply-To: {OURS}

Your message

  To:      Ann
  Subject: Hello
  Sent:    Sun, 22 Nov 2026 12:00:00 +0000

did not reach the following recipient(s):

{TO} on Sun, 22 Nov 2026 12:00:05 +0000
    The recipient name is not recognized
        The MTS-ID of the original message is: c=us;a= ;p=corp
    550 5.1.1 unknown recipient
"""

COMPLAINT = f"""\
From: <feedback@isp.example.net>
To: fbl@shop.example.com
Subject: FW: Hello
MIME-Version: 1.0
Content-Type: multipart/report; report-type=feedback-report; boundary="=_b"

--=_b
Content-Type: text/plain

This is an email abuse report.

--=_b
Content-Type: message/feedback-report

Feedback-Type: abuse
User-Agent: SomeGenerator/1.0
Version: 1
Original-Mail-From: <bounces@bounces.example.com>
Original-Rcpt-To: <{TO}>

--=_b
Content-Type: message/rfc822

From: Shop <news@shop.example.com>
To: Ann <{TO}>
Message-ID: {OURS}
Subject: Hello

Hello
--=_b--
"""
NOT_SPAM = COMPLAINT.replace("Feedback-Type: abuse", "Feedback-Type: not-spam")

VACATION = f"""\
From: Ann <{TO}>
To: bounces@bounces.example.com
Subject: Out of office: Hello
Auto-Submitted: auto-replied
In-Reply-To: {OURS}

I am away until Monday. In urgent cases: 550 5.1.1 user unknown is not what I mean.
"""
SILENT_VACATION = VACATION.replace("Auto-Submitted: auto-replied\n", "")
CHALLENGE = f"""\
From: Ann <{TO}>
To: bounces@bounces.example.com
Subject: Re: Hello
In-Reply-To: {OURS}

Ann gets much spam. Please click this link to confirm that you are a real person.
"""
RECEIPT = f"""\
From: Ann <{TO}>
To: bounces@bounces.example.com
Subject: Read: Hello
Content-Type: multipart/report; report-type=disposition-notification; boundary="=_b"

--=_b
Content-Type: message/disposition-notification

Final-Recipient: rfc822;{TO}
Original-Message-ID: {OURS}
Disposition: manual-action/MDN-sent-manually; displayed

--=_b--
"""
ANSWER = f"""\
From: Ann <{TO}>
To: bounces@bounces.example.com
Subject: Re: Hello
In-Reply-To: {OURS}

Thank you! My mailbox was full yesterday, 552 5.2.2 or so, and my friend's address is rejected.
"""
