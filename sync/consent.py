"""Who of a source may be written to, when its operator says so: everybody, or who agreed."""

from collections.abc import Container, Mapping
from dataclasses import dataclass, replace
from typing import Any

from connectors import Consent, Incoming

#: everyone: all of a source may be written to, for a reason. field: whose field says yes.
BASES = ("everyone", "field")
#: What becomes of somebody who did not agree: left out (no_consent), or a contact not written to.
OTHERWISE = ("skip", "pending")
#: What rows say that do not know when: they come before all that do.
_NOBODY_KNOWS = "1970-01-01T00:00:00Z"
#: Words in a field that are no agreement.
_NO = frozenset({"", "0", "no", "n", "false", "off", "nein", "non", "nee", "none", "null"})


@dataclass(frozen=True, slots=True)
class ConsentRule:
    """``basis``: one of BASES. ``text``: the reason, or the words that people agreed to.

    ``field``: the key of the source's field that says it; several with commas between, where rows
    of different kinds say it in different ones (customers and orders). ``yes``: the values that
    agree, in lower case; empty for anything but a no. ``at``: when they agreed (UTC), where no row
    says it.
    """

    basis: str
    text: str = ""
    field: str = ""
    yes: frozenset[str] = frozenset()
    otherwise: str = "skip"
    at: str = ""

    @classmethod
    def read(cls, said: Mapping[str, Any] | None) -> "ConsentRule | None":
        """The rule that a setting describes; None for none."""
        if said is None:
            return None
        yes = frozenset(value.strip().casefold() for value in said.get("yes", ()))
        text, field = said.get("text", ""), said.get("field", "")
        otherwise, at = said.get("otherwise", "skip"), said.get("at", "")
        return cls(said["basis"], text, field, yes, otherwise, at)


def judged(row: Incoming, rule: ConsentRule) -> Incoming:
    """``row`` with what the rule makes of it: a proof, and whether she is left out or waits.

    A row that says "no" itself, or belongs to somebody whom another row describes, is left alone.
    """
    if row.skip not in ("", "no_consent") or row.status or row.about:
        return row
    if rule.basis == "everyone":
        if row.skip:  # she was asked, and did not tick it
            return row
        return replace(
            row, consents=(*row.consents, Consent("reason", "", rule.text, "", True, rule.at))
        )
    key = _key_in(row, rule.field)
    value = row.fields.get(key, "").strip()
    is_yes = _agrees(value.casefold(), rule.yes)
    at = rule.at if row.said_at in ("", _NOBODY_KNOWS) else row.said_at
    proof = Consent("field", key, rule.text, value, is_yes, at)
    consents = (*row.consents, proof) if is_yes or value else row.consents
    if is_yes:
        return replace(row, skip="", consents=consents)
    if rule.otherwise == "pending":
        return replace(row, skip="", status="pending", consents=consents)
    return replace(row, skip="no_consent", consents=consents)


def _key_in(row: Incoming, field: str) -> str:
    """The field that says it here: of several, with commas between, the first that the row has."""
    return next((key for key in keys_of(field, row.fields) if key in row.fields), field)


def keys_of(field: str, known: Container[str]) -> list[str]:
    """The fields that a rule names; one that is ``known`` may have commas in its own key."""
    return [field] if field in known else [key.strip() for key in field.split(",")]


def _agrees(value: str, yes: frozenset[str]) -> bool:
    return value in yes if yes else value not in _NO
