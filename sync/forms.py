"""How the forms of a source are read: each by its own rule, those without one by the default."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from connectors import SourceField
from sync import mapping
from sync.consent import ConsentRule

#: What a rule says of a form, and what it says by itself.
RULE: Mapping[str, Any] = {
    "enabled": True,
    "email_field": "",
    "mapping": {},
    "add_lists": [],
    "add_tags": [],
    "remove_lists": [],
    "remove_tags": [],
    "consent": None,
}
GROUPS = ("add_lists", "add_tags", "remove_lists", "remove_tags")


@dataclass(frozen=True, slots=True)
class Form:
    """One form as its rule has it.

    ``targets``: source field -> contact field. ``email``: the key of the field with the address,
    "" where it is found by type and value. ``leaves``: lists and tags that a submission takes
    away. ``consent``: who may be written to, None as the connection has it.
    """

    targets: Mapping[str, str]
    is_on: bool = True
    email: str = ""
    lists: frozenset[UUID] = frozenset()
    tags: frozenset[UUID] = frozenset()
    leaves: frozenset[UUID] = frozenset()
    consent: ConsentRule | None = None


@dataclass(frozen=True, slots=True)
class Forms:
    """Every form that is known, and how others are read: by the default."""

    known: Mapping[str, Form]
    other: Form

    def of(self, key: str) -> Form | None:
        """How a row of a form is read; None for a row of no form."""
        return self.known.get(key, self.other) if key else None


def whole(rule: Mapping[str, Any] | None, default: Mapping[str, Any] | None) -> dict[str, Any]:
    """What holds for a form: its own rule, else the default."""
    return {**RULE, **(default or {} if rule is None else rule)}


def fields_of(form: str, fields: Iterable[SourceField]) -> list[SourceField]:
    """The fields that a submission of ``form`` may have: its own, and what was found in them."""
    return [field for field in fields if _is_of(form, field.key)]


def _is_of(form: str, key: str) -> bool:
    return "." not in key or key.startswith(f"{form}.")


def read_by(
    rule: Mapping[str, Any],
    fields: Iterable[SourceField],
    chosen: Mapping[str, str],
    targets: Collection[str],
    groups: Collection[UUID],
) -> Form:
    """A form as ``rule`` has it.

    ``chosen``: the mapping of the connection, which a form's own goes before. ``targets`` and
    ``groups``: the fields of contacts, and the lists and tags, that exist.
    """
    lists, tags, from_lists, from_tags = (_ids(rule[name], groups) for name in GROUPS)
    return Form(
        mapping.targets(fields, {**chosen, **rule["mapping"]}, targets),
        rule["enabled"],
        rule["email_field"],
        lists,
        tags,
        from_lists | from_tags,
        ConsentRule.read(rule["consent"]),
    )


def _ids(said: Iterable[str], known: Collection[UUID]) -> frozenset[UUID]:
    return frozenset(one for one in map(UUID, said) if one in known)
