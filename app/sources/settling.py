"""Checks what people set about a source's rows: consent, policies, the rules of forms."""

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from app.contacts import fields, groups
from app.contacts.groups import LISTS, TAGS
from app.errors import Invalid
from sync import consent
from sync.forms import GROUPS


@dataclass(frozen=True, slots=True)
class Known:
    """What there is to name: ``fields`` of the source, ``targets`` in contacts."""

    fields: Collection[str]
    targets: Collection[str]


def settled_rule(
    session: Session,
    workspace_id: UUID,
    values: Mapping[str, Any],
    known: Known,
    now: datetime,
    where: str = "",
) -> dict[str, Any]:
    """What is given of a form's rule, with ids for the lists and tags. Raises Invalid.

    ``where``: the place of the rule in the body, with a dot.
    """
    found, own = dict(values), known.fields
    if "mapping" in values:
        check_mapping(values["mapping"], known, where)
    if values.get("email_field") and values["email_field"] not in own:
        raise Invalid.at(f"{where}email_field", f"The form has no such field: {_list(own)}.")
    if values.get("consent"):
        check_consent(values["consent"], own, f"{where}consent")
    for name in GROUPS:
        if name in values:
            kind = LISTS if name.endswith("lists") else TAGS
            place = f"{where}{name}"
            ids = groups.resolve(session, workspace_id, kind, values[name], place=place, now=now)
            found[name] = sorted(str(one) for one in ids)
    return found


def check_mapping(mapping: Mapping[str, str], known: Known, where: str = "") -> None:
    """Raises Invalid when a field is not the source's, or goes where nothing is."""
    mistakes: dict[str, list[str]] = {}
    for source, target in mapping.items():
        place = f"{where}mapping.{source}"
        if source not in known.fields:
            mistakes[place] = [f"The source has no such field: {_list(known.fields)}."]
        elif target and target not in known.targets:
            mistakes[place] = [
                "Contacts have no such field: name a built-in one, or a custom one as "
                '"fields.<key>"; one that is missing is made when "create_fields" is true.'
            ]
    _raise(mistakes)


def make_fields(
    session: Session,
    workspace_id: UUID,
    mapping: Mapping[str, str],
    labels: Mapping[str, str],
    now: datetime,
) -> None:
    """Creates the custom fields that a mapping names and that are not there yet.

    They are called what the source calls its field. Raises Invalid for a key that cannot be.
    """
    known = set(fields.keys(session, workspace_id))
    for source, target in mapping.items():
        key = target.removeprefix("fields.")
        if target.startswith("fields.") and key not in known:
            if not re.fullmatch(r"[a-z][a-z0-9_]{0,63}", key):
                place = f"mapping.{source}"
                raise Invalid.at(place, "Only a-z, 0-9 and _, beginning with a letter.")
            label = labels.get(source, key)
            fields.create(session, workspace_id, key=key, label=label[:255], now=now)
            known.add(key)


def check_consent(said: Mapping[str, Any], own: Collection[str], where: str) -> None:
    """Raises Invalid unless the rule says why, or which field of the source."""
    if said["basis"] == "everyone" and not said.get("text"):
        raise Invalid.at(f"{where}.text", "Say why everybody may be written to: it is the proof.")
    named = consent.keys_of(said.get("field", ""), own) if said["basis"] == "field" else []
    if any(key not in own for key in named):
        raise Invalid.at(f"{where}.field", f"The source has no such field: {_list(own)}.")


def check_policies(policies: Mapping[str, str], known: Known) -> None:
    """Raises Invalid when one is for a field that contacts do not have."""
    targets = {"email", *known.targets}
    sentence = f"Contacts have no such field: {_list(targets)}."
    _raise({f"policies.{one}": [sentence] for one in policies if one not in targets})


def _raise(mistakes: dict[str, list[str]]) -> None:
    if mistakes:
        place, sentences = next(iter(mistakes.items()))
        raise Invalid(f"{place}: {sentences[0]}", mistakes)


def _list(names: Collection[str]) -> str:
    return "it has " + (", ".join(sorted(names)) or "none")
