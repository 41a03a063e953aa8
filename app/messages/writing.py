"""What is asked for becomes a finished mail, before anything is stored."""

from base64 import b64decode
from binascii import Error
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from app.errors import Invalid
from app.rules.mail import attachments, headers, message, own_headers
from app.rules.mail.attachments import Attachment
from app.rules.mail.transfer import Body
from app.rules.templates.template import Template, TemplateError


@dataclass(frozen=True, slots=True)
class Written:
    """A finished mail without the headers of its sender, and its subject."""

    subject: str
    mail: bytes


def write(values: Mapping[str, Any], *, largest: int, now: datetime) -> Written:
    """Fills ``subject``, ``html`` and ``text`` from ``data`` and puts them together with the
    ``headers`` and the ``attachments``. Raises Invalid, for a template with line and column.

    ``largest``: how many bytes the mail may have.
    """
    given = {**values.get("data", {}), "now": now, "today": now.date()}
    subject = headers.one_line(_filled("subject", values, given), headers.SUBJECT_LIMIT)
    html, text = _filled("html", values, given), _text(values, given)
    if not subject:
        raise Invalid.at("subject", "The subject is empty: say what the mail is about.")
    if not (html + text).strip():
        raise Invalid.at("html", "There is nothing to send: give html, text or both.")
    mail = b"".join(
        (
            headers.text("Subject", subject),
            own_headers.lines(_own_headers(values.get("headers", {}))),
            b"MIME-Version: 1.0\r\n",
            attachments.assembled(_words(html, text), _files(values.get("attachments", []))),
        )
    )
    if len(mail) > largest:
        raise Invalid(f"The mail would have {len(mail)} bytes: at most {largest} are taken.")
    return Written(subject, mail)


def _filled(part: str, values: Mapping[str, Any], given: Mapping[str, Any]) -> str:
    try:
        return Template(values.get(part, ""), html=part == "html").render(given)
    except TemplateError as error:
        place = f"line {error.line}, column {error.column}: {error.sentence}"
        raise Invalid(f"{part}, {place}", {part: [place]}) from None


def _text(values: Mapping[str, Any], given: Mapping[str, Any]) -> str:
    if values.get("text", "").strip():
        return _filled("text", values, given)
    try:
        made = message.text_of(values.get("html", ""), "")
        return Template(made, html=False).render(given)
    except TemplateError as error:
        sentence = f"No text part can be made from this ({error}): give the text, too."
        raise Invalid.at("html", sentence) from None


def _words(html: str, text: str) -> bytes:
    parts = [("plain", text), ("html", html)]
    encoded = []
    for subtype, words in parts:
        if words.strip():
            body = Body([words])
            encoded.append((message.content_headers(subtype, body), body.fill([])))
    return message.alternative(encoded)


def _own_headers(given: Mapping[str, str]) -> Mapping[str, str]:
    wrong = {
        f"headers.{name}": [why]
        for name, value in given.items()
        if (why := own_headers.fault(name, value))
    }
    if wrong:
        where, (sentence,) = next(iter(wrong.items()))
        raise Invalid(f"{where}: {sentence}", wrong)
    return given


def _files(given: Sequence[Mapping[str, Any]]) -> list[Attachment]:
    return [_file(number, one) for number, one in enumerate(given)]


def _file(number: int, given: Mapping[str, Any]) -> Attachment:
    where = f"attachments.{number}"
    try:
        content = b64decode("".join(given["content"].split()), validate=True)
    except (Error, ValueError):
        raise Invalid.at(f"{where}.content", "Is not base64.") from None
    made = Attachment(given["name"], given["type"].lower(), content, given["content_id"])
    if why := attachments.faults(made):
        field, _, sentence = why.partition(": ")
        raise Invalid.at(f"{where}.{field}", sentence)
    return made
