"""A small mail that pressferry writes itself: a test of a relay, or an alert."""

from datetime import datetime
from email import policy
from email.message import EmailMessage
from email.utils import format_datetime
from uuid import UUID

from app.rules.mail import headers


def written(
    *,
    from_name: str,
    sender: str,
    recipient: str,
    subject: str,
    text: str,
    html: str = "",
    number: UUID,
    now: datetime,
) -> bytes:
    """The mail; ``sender`` and ``recipient`` are ready for the wire. ``number`` makes its
    Message-ID: whoever gets it twice can see that.
    """
    made = EmailMessage(policy=policy.SMTP.clone(cte_type="7bit"))
    made.set_content(text)
    if html:
        made.add_alternative(html, subtype="html")
    head = (
        headers.token("Date", format_datetime(now.replace(microsecond=0))),
        headers.mailbox("From", from_name, sender),
        headers.mailbox("To", "", recipient),
        headers.text("Subject", subject),
        headers.token("Message-ID", f"<{number}@{sender.rpartition('@')[2]}>"),
        headers.token("Auto-Submitted", "auto-generated"),
    )
    return b"".join(head) + made.as_bytes()
