"""A mail -> what somebody sent with a form, if that is what the mail tells."""

import re
from dataclasses import dataclass

from app.rules import email_address
from app.rules.notifications import html, lines, tables
from app.rules.notifications.entries import Entry, is_from, is_subject, judged, unique
from app.rules.notifications.mail import Mail

_LONGEST_NAME = 100
#: A subject as plugins write it by themselves, in some languages, and the form's name in it.
_NAMED = (
    re.compile(
        r"(?:new entry|neuer eintrag|nouvelle (?:entrée|saisie)|nueva entrada|nieuwe (?:inzending|"
        r"invoer)|nuova (?:voce|immissione)|nova entrada|nowy wpis|новая запись)\s*: ?(.+)",
        re.IGNORECASE,
    ),
    re.compile(r"new (.+) entry", re.IGNORECASE),
    re.compile(
        r"(?:new form submission|neue formular\w*|nouvelle soumission[^-–]*|nuevo envío[^-–]*"
        r"|nieuwe formulier\w*|nuovo invio[^-–]*)\s+[-–] (.+)",
        re.IGNORECASE,
    ),
)
#: The last line of Contact Form 7's own templates.
_SIGNED = re.compile(
    r"(?:contact form|kontaktformular|formulaire de contact|formulario de contacto|contactformulier"
    r"|modulo di contatto|formulário de contato|formularz)[^\n]{0,120}\(https?://[^\s()]+\)",
    re.IGNORECASE,
)
#: Pages of shops: orders and accounts, no forms.
_SHOP = frozenset({"template_header", "template_body"})
_OTHER = "Other forms"


@dataclass(frozen=True, slots=True)
class Notification:
    """What a form's mail tells. ``form``: its name, or its plugin's, where the mail has no name.
    ``email``: of who filled it in, as it stands there, "" when there is none.
    """

    form: str
    email: str
    entries: tuple[Entry, ...]


def notification(
    mail: Mail, *, by_subject: bool = False, otherwise: str = ""
) -> Notification | None:
    """What a mail tells, None when it is no form's. ``by_subject``: its subject is the form.
    ``otherwise``: what a form is called whose mails do not say.
    """
    page = tables.read(mail.html) if mail.html else tables.Page([], frozenset())
    if page.names >= _SHOP:
        return None
    entries = _entries(page, mail)
    plugin = _plugin(page, mail, entries)
    if not entries or not _is_told(entries, plugin):
        return None
    if by_subject and mail.subject:
        form = mail.subject
    else:
        named = _form(mail.subject) if plugin in ("WPForms", "SureForms") else ""
        form = named or otherwise or plugin
    return Notification(form[:_LONGEST_NAME], _email(mail, entries), tuple(entries))


def _entries(page: tables.Page, mail: Mail) -> list[Entry]:
    """The fields, from where they are told best: a table, the page's text, the text beside it."""
    table, texts = html.fields(page)
    found = unique((one for entry in table for one in judged(entry)), again=True)
    for more in (texts, lines.fields(mail.text) if mail.text else []):
        if len(found) < 2 and not any(one.kind == "email" for one in found):
            found = unique([*found, *(one for entry in more for one in judged(entry))])
    return found


def _plugin(page: tables.Page, mail: Mail, entries: list[Entry]) -> str:
    if "ff_all_data" in page.names:
        return "Fluent Forms"
    if any(name.startswith("srfm_") for name in page.names):
        return "SureForms"
    if {"field-name", "field-value"} <= page.names or "x-wpflite-sender" in mail.marks:
        return "WPForms"
    if re.search(r"^--- .{1,200} ---\s*$", mail.text, re.MULTILINE):
        return "WPForms"
    labels = [entry.label for entry in entries[:3]]
    begins = any(map(is_subject, labels)) and any(is_from(label) for label in labels)
    if begins or "x-wpcf7-content-type" in mail.marks or _SIGNED.search(mail.text):
        return "Contact Form 7"
    return _OTHER


def _is_told(entries: list[Entry], plugin: str) -> bool:
    """A plugin's own mail says so; of another mail only fields like those of a form."""
    return plugin != _OTHER or len(entries) > 1 or entries[0].kind == "email"


def _form(subject: str) -> str:
    """The form's name in a subject that the plugin wrote by itself."""
    for pattern in _NAMED:
        if found := pattern.fullmatch(subject.strip()):
            return found[1].strip().strip("\"'")
    return ""


def _email(mail: Mail, entries: list[Entry]) -> str:
    """Hers: by the field's type or label, then by a value, then whom an answer would go to. What
    the site itself writes from is nobody's.
    """
    told = [one.value for one in entries if one.kind == "email" and one.value]
    theirs = [value for value in told if _address(value) not in mail.own]
    if theirs:
        return next((value for value in theirs if _address(value)), theirs[0])
    others = mail.own | mail.recipients
    values = (entry.value for entry in entries if "@" in entry.value)
    found = next((value for value in values if _address(value) not in {*others, ""}), "")
    return found or next((one for one in mail.reply_to if one not in others), "")


def _address(value: str) -> str:
    """The normal form of an address, "" for what is none."""
    found = email_address.parse(value) if len(value) <= 320 else None
    return found.address if found else ""
