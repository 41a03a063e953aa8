"""What a bench sends: 10 KB, HTML and text, seven variables, five links."""

SUBJECT = "News for {{ contact.first_name }}"

_STORY = (
    '<tr><td style="padding:16px 24px;font:15px/1.5 Arial,sans-serif;color:#222">'
    "<h2>What is new in the harbour this week</h2><p>{text}</p>"
    '<p><a href="https://shop.example.com/news/{number}?from=letter">Read on</a></p></td></tr>'
)
_TEXT = "The ferry leaves at dawn with everything that was brought to the quay the night before. "

HTML = (
    '<html><body><table width="100%"><tr><td>Dear {{ contact.first_name }} '
    "{{ contact.last_name }} of {{ contact.company }} in {{ contact.city }},</td></tr>"
    + "".join(_STORY.format(text=_TEXT * 14, number=number) for number in range(5))
    + "<tr><td>Written to {{ contact.email }}, {{ contact.country }}. "
    '<a href="{{ unsubscribe_url }}">Unsubscribe</a></td></tr></table></body></html>'
)
TEXT = (
    "Dear {{ contact.first_name }},\n\n"
    + "\n\n".join(_TEXT * 4 for _ in range(5))
    + "\n\nUnsubscribe: {{ unsubscribe_url }}\n"
)


def person(number: int) -> dict[str, str]:
    """The fields of one made-up contact."""
    return {
        "email": f"person{number}@people.example.com",
        "first_name": f"Ada {number}",
        "last_name": "Löfgren",
        "company": "Harbour & Sons",
        "city": "Malmö",
        "country": "Sweden",
    }


def prebuilt(size: int = 10_000) -> bytes:
    """A message that is ready to go, of about ``size`` bytes."""
    head = b"From: a@example.com\r\nTo: b@example.com\r\nSubject: bench\r\n\r\n"
    line = b"x" * 76 + b"\r\n"
    return head + line * ((size - len(head)) // len(line))
