"""What form plugins have in common: submissions out of which a person has to be read."""

import re
from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import Any

from connectors import Consent, Incoming, Option, Pull, SourceField
from connectors.reading.frozen import frozen
from connectors.reading.values import first_address, is_address, listed, mapping
from connectors.reading.walk import Noticed

FIELDS = (
    SourceField("first_name", "First name", "first_name"),
    SourceField("last_name", "Last name", "last_name"),
    SourceField("phone", "Phone", "phone"),
    SourceField("company", "Company", "company"),
    SourceField("address_line_1", "Address line 1", "address_line_1"),
    SourceField("address_line_2", "Address line 2", "address_line_2"),
    SourceField("city", "City", "city"),
    SourceField("state", "State", "state"),
    SourceField("postal_code", "Postal code", "postal_code"),
    SourceField("country", "Country", "country"),
    SourceField("form", "Form"),
    SourceField("submitted_at", "Submitted (UTC)"),
    SourceField("consent", "Consent given to"),
)
OPTIONS = (
    Option("require_consent", "Leave out who did not tick a form's consent field", True),
    Option("tag_forms", "Tag people with the name of the form", False),
)
#: What is offered where a plugin keeps nothing that could be read.
BY_MAIL = (
    "What its forms send is also in the mails that it writes to the owner: let us read that "
    "mailbox (see Notification mails in our documentation)."
)
#: When nothing says when it was said.
LONG_AGO = "1970-01-01T00:00:00Z"

#: What fields are called in the languages that sites are mostly written in.
_NAMES = (
    ("first_name", r"first[ _-]?name|given[ _-]?name|vorname|pr[ée]nom|nombre|voornaam"),
    ("last_name", r"last[ _-]?name|surname|family[ _-]?name|nachname|familienname|apellidos?"),
    ("phone", r"phone|telefon|t[ée]l[ée]phone|mobile|handy|\btel\b"),
    ("company", r"company|organi[sz]ation|firma|unternehmen|entreprise|empresa"),
)
_WHOLE_NAME = r"(?:(?:your|full|ihr|complete|vollst\w+)[ _-]*)*name\W*"
_PARTS = {
    "first_name": "first_name",
    "last_name": "last_name",
    "first": "first_name",
    "last": "last_name",
    "address_line_1": "address_line_1",
    "address_line_2": "address_line_2",
    "city": "city",
    "state": "state",
    "zip": "postal_code",
    "postal": "postal_code",
    "country": "country",
}


@frozen
class Said:
    """One field of a submission; ``kind``: email, name, phone, address, consent, or "".

    ``text``: the words beside a consent field, where they are more than its label.
    """

    key: str
    label: str
    value: Any
    kind: str = ""
    text: str = ""


@frozen
class Submission:
    """What somebody sent; ``is_out``: it lies in the trash, or is spam."""

    number: int
    form: str
    form_name: str
    at: str
    said: Sequence[Said]
    is_out: bool = False


def incoming(sent: Submission, pull: Pull, noticed: Noticed) -> Incoming:
    """A submission as a row: who, what of her is known, and whether she consented."""
    fields = {"form": sent.form_name, "submitted_at": sent.at}
    noticed.meet(sent.form, sent.form_name)
    consents, agreed = list[Consent](), list[str]()
    for one in sent.said:
        value = listed(one.value)
        if one.kind == "consent":
            consents.append(_consent(one, value, sent.at))
            agreed += [one.label] if value else []
        fields |= _parts(one, value)
        if value:
            label = f"{sent.form_name}: {one.label}"
            fields[noticed.see(f"{sent.form}.{one.key}", label)] = value
    fields["consent"] = ", ".join(agreed)
    refused = bool(pull.options.get("require_consent", True)) and consents and not agreed
    skip = "trashed_or_spam" if sent.is_out else "no_consent" if refused else ""
    tags = frozenset([sent.form_name] if pull.options.get("tag_forms") else ())
    return Incoming(
        str(sent.number),
        address_in(sent.said),
        {key: value for key, value in fields.items() if value},
        skip=skip,
        said_at=sent.at or LONG_AGO,
        tags=tags,
        form=sent.form,
        consents=tuple(consents),
    )


def _consent(one: Said, value: str, at: str) -> Consent:
    """What the form asked, and what she said to it."""
    return Consent("checkbox", one.key, one.text or one.label, value, bool(value), at)


def address_in(said: Iterable[Said]) -> str:
    """The e-mail address: by the type of the field, then by the value."""
    said = list(said)
    typed = first_address(one.value for one in said if one.kind == "email")
    if typed:
        return typed
    values = (one.value for one in said if isinstance(one.value, str))
    return next((value.strip() for value in values if is_address(value)), "")


def _parts(one: Said, value: str) -> dict[str, str]:
    """What a field says about the person; ``value``: all that stands in it."""
    kind = one.kind
    if type(one.value) is not str and kind in ("name", "address", "") and mapping(one.value):
        whole = mapping(one.value)
        named = {_PARTS[part]: listed(value) for part, value in whole.items() if part in _PARTS}
        return {name: value for name, value in named.items() if value}
    if not value or kind in ("email", "consent") or len(value) > 200:
        return {}
    kind = kind if kind in ("name", "phone") else guessed(one)
    return split_name(value) if kind == "name" else {kind: value} if kind else {}


def guessed(one: Said) -> str:
    """What a field is about, by its key or its label; "" when they do not tell."""
    return _guessed(one.key, one.label)


@lru_cache(maxsize=2048)
def _guessed(key: str, label: str) -> str:
    """The same fields come with every submission: each is looked at once."""
    for text in (key, label):
        for about, pattern in _NAMES:
            if re.search(pattern, text, re.I):
                return about
        if re.fullmatch(_WHOLE_NAME, text.strip(), re.I):
            return "name"
    return ""


def split_name(name: str) -> dict[str, str]:
    """A whole name: its first word is the first name, the rest the last."""
    first, _, last = name.strip().partition(" ")
    return {"first_name": first, "last_name": last.strip()} if last else {"first_name": first}
