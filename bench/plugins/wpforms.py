"""Entries of WPForms Pro, as its ability says them."""

from collections.abc import Mapping, Sequence
from typing import Any

from bench.plugins.ready import (
    Listing,
    Ready,
    Row,
    email,
    first_name,
    fixed,
    last_name,
    when,
    who_came,
)
from wp_bridge.answers import Raw

_ABILITY = "wp-abilities/v1/abilities/wpforms/{}/run"
_FORMS = ({"id": 7, "title": "Kontakt &amp; mehr"}, {"id": 8, "title": "Newsletter"})


def site(count: int) -> Ready:
    """So many entries."""
    listing = Listing([_entry(number) for number in range(1, count + 1)], _around)

    def found(params: Mapping[str, str]) -> Raw:
        return listing.page(params["input[page]"], params["input[limit]"])

    titles = fixed({"forms": _FORMS, "total": len(_FORMS)})
    return Ready({_ABILITY.format("search-entries"): found, _ABILITY.format("list-forms"): titles})


def _around(rows: Sequence[Row], page: int, per_page: int, total: int) -> Any:
    pages = -(-total // per_page)
    return {"entries": rows, "total": total, "total_pages": pages, "page": page, "limit": per_page}


def _entry(number: int) -> Row:
    person, form = who_came(number), 7 + number % 2
    said = [
        ("Name", f"{first_name(person)} {last_name(person)}", "name"),
        ("E-Mail", email(person), "email"),
        ("Telefon", f"00420{person:09}", "phone"),
        ("Message", f"Zeile1 Zeile2 {number}", "textarea"),
    ]
    if form == 8:
        agreed = "I agree to be written to." if number % 21 else ""
        said.append(("GDPR Agreement", agreed, "gdpr-checkbox"))
    return {
        "id": number,
        "form_id": form,
        "date": when(number),
        "status": "spam" if number % 50 == 0 else "",
        "viewed": False,
        "starred": False,
        "fields": [
            {"id": place, "name": name, "value": value, "type": kind}
            for place, (name, value, kind) in enumerate(said)
        ],
    }
