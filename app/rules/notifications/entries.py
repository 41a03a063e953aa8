"""A field as a mail tells it, and what labels and values say about it in many languages."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace

#: More fields no form has, and no label is longer.
MOST = 200
LONGEST_LABEL = 120
_LONGEST_VALUE = 4_000
_EMAIL = re.compile(
    r"e-?mail|e-?post\b|courriel|correo|(?:^|\s)mail(?:$|\s|-?adress)|m[ée]l\b|имейл|почт"
    r"|邮箱|电子邮件|電子郵件|メール|이메일|البريد|بريد|דוא|אימייל|ईमेल|อีเมล",
    re.IGNORECASE,
)
#: Who a mail is from, as form plugins' own templates begin.
_FROM = re.compile(
    r"from|von|de|da|van|fra|från|od|от|від|lähettäjä|kimden|差出人|发件人|寄件者|من|מאת",
    re.IGNORECASE,
)
_SUBJECT = re.compile(
    r"subject|betreff|objet|sujet|asunto|assunto|oggetto|onderwerp|emne|ämne|temat|předmět|тема"
    r"|aihe|konu|題名|主题|主旨|الموضوع|נושא",
    re.IGNORECASE,
)
_MESSAGE = re.compile(
    r"message|nachricht|comment|kommentar|mensaje|mensagem|messaggio|bericht|opmerking|wiadomo"
    r"|сообщ|повідомл|meddelande|melding|besked|anfrage|anliegen|enquiry|inquiry|question|frage"
    r"|bemerkung|remarque|cuerpo|corps|\bbody\b|notes?\b|zpráva|viesti|mesaj|メッセージ|本文|留言"
    r"|الرسالة|رسالة|הודעה",
    re.IGNORECASE,
)
_CONSENT = re.compile(
    r"newsletter|consent|gdpr|dsgvo|rgpd|avg-|einwillig|einverstanden|zustimm|i agree|opt-?in"
    r"|j'accepte|consens|consentimiento|consentimento|toestemming|akkoord|zgod|соглас",
    re.IGNORECASE,
)
_PERSONAL = re.compile(
    r"(?:your |first |last |full |ihr |vor|nach|familien)?name|surname|nom|pr[ée]nom|nombre"
    r"|apellidos?|voornaam|achternaam|nome|cognome|imi[ęe]|nazwisko|имя"
    r"|(?:tele|mobile |cell )?(?:phone|fon)(?: number)?|mobile|handy"
    r"|t[ée]l[ée]phone|tel[ée]fono|telefone|telefoon|telefono|tel\.?"
    r"|company|firma|unternehmen|entreprise|empresa|bedrijf|azienda|телефон|الاسم|هاتف|שם|טלפון"
    r"|お名前|姓名|电话",
    re.IGNORECASE,
)
_YES = frozenset(
    re.findall(
        r"\S+",
        "yes ja oui sí si sim tak да true on 1 x ✓ ✔ ☑ checked accepted agreed akzeptiert "
        "zugestimmt evet áno ano kyllä はい 是 نعم כן",
    )
)
_NO = frozenset(
    re.findall(
        r"\S+", "no nein non não nie нет false off 0 unchecked nee nej ei hayır ne いいえ 否 لا לא"
    )
)
#: What plugins write for a field that was left empty.
_EMPTY = re.compile(r"\((?:empty|leer|vide|vacío|vazio|vuoto|leeg|pusty|пусто)\)", re.IGNORECASE)
_PERSON = re.compile(
    r"\"?(?P<name>[^<>\"]*?)\"?\s*[<(]?(?P<address>[^\s<>()\"]+@[^\s<>()\"]+)[>)]?"
)
_DIRECTION = re.compile("[\u200b-\u200f\u202a-\u202e\u2066-\u2069\ufeff]")


@dataclass(frozen=True, slots=True)
class Entry:
    """A field: ``kind`` is email, name, phone, address, consent, or "" for anything."""

    label: str
    value: str
    kind: str = ""


def cleaned(label: str) -> str:
    """A label without what only stands around it."""
    return " ".join(_DIRECTION.sub("", label).split()).rstrip(":：*").strip(" *-–—•|\t")


def is_email(label: str) -> bool:
    """Whether a field so called holds an e-mail address."""
    return bool(_EMAIL.search(label))


def is_from(label: str) -> bool:
    """Whether it says who wrote."""
    return bool(_FROM.fullmatch(label))


def is_subject(label: str) -> bool:
    """Whether it says what a message is about."""
    return bool(_SUBJECT.fullmatch(label))


def is_personal(label: str) -> bool:
    """Whether it is what every form asks for: a name, a telephone number, a company."""
    return bool(_PERSONAL.fullmatch(label))


def is_message(label: str) -> bool:
    """Whether people write whole paragraphs into a field so called."""
    return bool(_MESSAGE.search(label)) and not is_email(label)


def judged(entry: Entry) -> list[Entry]:
    """An entry with its kind; who wrote, told as name and address, is two."""
    label, value = entry.label, _bounded(entry.value)
    if entry.kind:
        return [replace(entry, value=value)]
    if is_from(label) or is_email(label):
        return _person(label, value)
    if _CONSENT.search(label) and (said := _ticked(label, value)) is not None:
        return [Entry(label, said, "consent")]
    return [Entry(label, value)]


def unique(entries: Iterable[Entry], *, again: bool = False) -> list[Entry]:
    """The first of each label; ``again``: later ones get a number instead of being dropped.

    A person may write "E-mail: ..." into a message of hers: what the form says comes first.
    """
    found: dict[str, Entry] = {}
    for entry in entries:
        name, number = entry.label.casefold(), 2
        while again and name in found:
            name = f"{entry.label.casefold()} {number}"
            number += 1
        if name not in found and entry.label and len(found) < MOST:
            label = entry.label if name == entry.label.casefold() else f"{entry.label} {number - 1}"
            found[name] = replace(entry, label=label)
    return list(found.values())


def _bounded(value: str) -> str:
    value = _DIRECTION.sub("", value[:_LONGEST_VALUE]).strip()
    return "" if _EMPTY.fullmatch(value) else value


def _person(label: str, value: str) -> list[Entry]:
    found = _PERSON.fullmatch(value) if len(value) <= 500 else None
    if found is None:
        return [Entry(label, value, "email" if is_email(label) else "")]
    entries = [Entry(label if is_email(label) else f"{label}: e-mail", found["address"], "email")]
    if name := found["name"].strip():
        # A field called e-mail keeps its label; a plugin's "From" is a name first.
        named = f"{label}: name" if is_email(label) else label
        entries.insert(0, Entry(named, name, "name"))
    return entries


def _ticked(label: str, value: str) -> str | None:
    """What a box says: its words, "" when it was left empty; None when it is no box."""
    said = value.casefold().strip(" .!")
    if said in _NO or not said:
        return ""
    return value if said in _YES or said == label.casefold().strip(" .!") else None
