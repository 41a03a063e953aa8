"""Plain Python: Jinja2, EmailMessage, aiosmtplib; no ledger, no limits, no retries."""

import asyncio
import time
from email.message import EmailMessage
from functools import cache

import aiosmtplib
from jinja2 import Environment, Template

from bench import letters


@cache
def _templates() -> tuple[Template, Template, Template]:
    html, plain = Environment(autoescape=True), Environment(autoescape=False)
    return (
        plain.from_string(letters.SUBJECT),
        plain.from_string(letters.TEXT),
        html.from_string(letters.HTML),
    )


def letter(number: int) -> bytes:
    """The message for one person."""
    subject, text, html = _templates()
    person = letters.person(number)
    values = {"contact": person, "unsubscribe_url": f"https://mail.example.com/u/{number:060}"}
    message = EmailMessage()
    message["From"] = "Shop <news@shop.example.com>"
    message["To"] = person["email"]
    message["Subject"] = subject.render(values)
    message["Message-ID"] = f"<{number}@shop.example.com>"
    message.set_content(text.render(values))
    message.add_alternative(html.render(values), subtype="html")
    return message.as_bytes()


def campaign(port: int, *, messages: int, connections: int) -> float:
    """Messages per second."""
    return asyncio.run(_campaign(port, messages, connections))


async def _campaign(port: int, messages: int, connections: int) -> float:
    numbers = iter(range(messages))

    async def work() -> None:
        client = aiosmtplib.SMTP(hostname="127.0.0.1", port=port, use_tls=False, start_tls=False)
        await client.connect()
        for number in numbers:
            to = letters.person(number)["email"]
            await client.sendmail("news@shop.example.com", [to], letter(number))
        await client.quit()

    start = time.perf_counter()
    await asyncio.gather(*(work() for _ in range(connections)))
    return messages / (time.perf_counter() - start)
