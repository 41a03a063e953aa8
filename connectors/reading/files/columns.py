"""What the columns of somebody's table are about: by name in some languages, then by value."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass

from connectors import SourceField
from connectors.reading.addresses import address_in
from connectors.reading.files.yes_or_no import CLOSING, MEANINGS
from connectors.reading.forms import Said, guessed
from connectors.reading.values import is_address

Cells = Mapping[str, str]
_EMAIL = (
    r"e[-_ ]?mail|mail|courriel|correo|posta elettronica|e-?post|indirizzo e-?mail|mel\b|"
    r"электронн|почта|メール|邮箱|电子邮件"
)
_ROLES = (
    (
        "status",
        r"(subscri\w+ |email |marketing |contact )?status|abo(nnement)?-?status|estado|statut",
    ),
    ("lists", r"lists?|mailing ?lists?|listen?|listes?|audiences?|groups?|gruppen?"),
    ("tags", r"tags?|schlagw\w+|étiquettes?|etiquetas?|labels?"),
    (
        "date",
        r"entry date|submi(tted|ssion)( at| date| time|_at)?|date submitted|submitted on|"
        r"created[ _]at \(entry\)|eingereicht( am)?|einsendedatum|zeitstempel|timestamp|horodateur",
    ),
)
_TARGETS = (
    (
        "first_name",
        r"f(irst)?[ _-]?name|name: ?first|given[ _-]?name|vorname|pr[ée]nom|nombre|nome|voornaam",
    ),
    (
        "last_name",
        r"l(ast)?[ _-]?name|name: ?last|surname|family[ _-]?name|nachname|familienname|apellidos?",
    ),
    ("phone", r"(tele)?phone( number)?|mobile|telefon(nummer)?|handy|t[ée]l[ée]phone|tel\.?"),
    ("company", r"company|organi[sz]ation|firma|unternehmen|entreprise|empresa"),
    ("job_title", r"job[ _]title|position|funktion"),
    ("prefix", r"prefix|salutation|anrede"),
    ("suffix", r"suffix|namenszusatz"),
    ("address_line_1", r"address([ _](line[ _]?)?1)?|street( address)?|stra(ß|ss)e|adresse|rue"),
    ("address_line_2", r"address[ _](line[ _]?)?2|adresszusatz"),
    ("city", r"city|town|ort|stadt|ville|ciudad"),
    ("state", r"state|region|province|bundesland"),
    ("postal_code", r"post(al)?[ _-]?code|zip([ _-]?code)?|plz|postleitzahl|code postal"),
    ("country", r"country( / region)?|land|pays|pa[ií]s"),
    ("language", r"language|locale|sprache|langue"),
    ("timezone", r"time[ _]?zone|zeitzone|fuseau horaire"),
    ("date_of_birth", r"birth(day|[ _]?date)|date[ _]of[ _]birth|geburts(tag|datum)"),
)
_WHOLE_NAME = r"(full[ _-]?|display[ _-]?|your[ _-]?|customer )?name|(vollständiger )?name|kunde"
_CONSENT = (
    r"newsletter|consent|opt[ _-]?in|gdpr|dsgvo|einwilligung|accepts?[ _](email )?marketing|"
    r"marketing permission|subscribe\b|consentement"
)
#: Parts of a whole name, as fields of their own.
FIRST, LAST = " (first word)", " (other words)"


@dataclass(frozen=True, slots=True)
class Roles:
    """Which column says what of a row; "" for none."""

    email: str = ""
    date: str = ""
    status: str = ""
    lists: str = ""
    tags: str = ""

    def words(self) -> dict[str, str]:
        """The same by the names of the options."""
        return asdict(self)


def roles(names: Sequence[str], sample: Sequence[Cells]) -> Roles:
    """What the columns are, as far as their names and some rows tell."""
    found = {"email": email_column(names, sample)}
    for role, pattern in _ROLES:
        fitting = (name for name in names if _fits(pattern, name) and name not in found.values())
        found[role] = next((name for name in fitting if _may_be(role, name, sample)), "")
    return Roles(**found)


def email_column(names: Sequence[str], sample: Sequence[Cells]) -> str:
    """The column with the address: the one with addresses in it whose name says so, else any."""
    counts = {
        name: sum(is_address(address_in(row.get(name, ""))) for row in sample) for name in names
    }
    called = [name for name in names if re.search(_EMAIL, name, re.I)]
    if any(counts[name] for name in called):
        return max(called, key=lambda name: counts[name])
    best = max(names, key=lambda name: counts[name], default="")
    if best and counts[best]:
        return best
    return called[0] if called else ""


def _may_be(role: str, name: str, sample: Sequence[Cells]) -> bool:
    """A status column holds words that we know: that of orders does not."""
    if role != "status":
        return True
    said = {row.get(name, "").strip().casefold() for row in sample} - {""}
    return bool(said) and said <= MEANINGS.keys()


def fields(names: Sequence[str], taken: Roles) -> list[SourceField]:
    """Every column as a field, with where it goes by itself; a whole name has parts."""
    targets: dict[str, str] = {}
    for name in names:
        target = "" if name in taken.words().values() or name in closing(names) else _target(name)
        targets[name] = target if target not in targets.values() else ""
    found = [SourceField(name, name, targets[name]) for name in names]
    whole = next((name for name in names if _fits(_WHOLE_NAME, name)), "")
    if whole and not {"first_name", "last_name"} & set(targets.values()):
        found.append(SourceField(whole + FIRST, whole + FIRST, "first_name"))
        found.append(SourceField(whole + LAST, whole + LAST, "last_name"))
    return found


def _target(name: str) -> str:
    plain = re.sub(r"^(billing|rechnung\w*|contact)[ _:-]+", "", name.strip(), flags=re.I)
    for target, pattern in _TARGETS:
        if _fits(pattern, plain):
            return target
    about = guessed(Said(plain, plain, "")) if len(plain) < 30 else ""
    return about if about in ("first_name", "last_name") else ""


def closing(names: Sequence[str]) -> dict[str, str]:
    """Columns in which anything at all is a "no", such as the time of it, and which one."""
    return {name: CLOSING[name.casefold()] for name in names if name.casefold() in CLOSING}


def consents(names: Sequence[str]) -> list[str]:
    """Columns that look as if they said who agreed; whether they do, a person must say."""
    return [name for name in names if re.search(_CONSENT, name, re.I)]


def _fits(pattern: str, name: str) -> bool:
    return bool(re.fullmatch(pattern, name.strip(), re.I))
