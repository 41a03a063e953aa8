"""Entries of SureForms: a list of numbers, and what was filled in, fifty at a time."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from bench.plugins.ready import Listing, Ready, Row, email, first_name, last_name, when, who_came
from wp_bridge.answers import Raw

_ABILITY = "wp-abilities/v1/abilities/sureforms/{}/run"
_AT_ONCE = 50
_FORMS = {2360: "Sure Contact", 2361: "Événement & Rückruf"}


def site(count: int) -> Ready:
    """So many entries."""
    entries = [_entry(number) for number in range(1, count + 1)]
    listing = Listing([_in_list(entry) for entry in entries], _around)
    some = [entries[start : start + _AT_ONCE] for start in range(0, count, _AT_ONCE)]
    whole = {
        str(part[0]["id"]): Raw(200, {}, json.dumps({"entries": part, "errors": []}).encode())
        for part in some
    }

    def listed(params: Mapping[str, str]) -> Raw:
        return listing.page(params["input[page]"], params["input[per_page]"])

    def told(params: Mapping[str, str]) -> Raw:
        return whole[params["input[entry_ids][0]"]]

    return Ready(
        {_ABILITY.format("list-entries"): listed, _ABILITY.format("bulk-get-entries"): told}
    )


def _around(rows: Sequence[Row], page: int, per_page: int, total: int) -> Any:
    pages = -(-total // per_page)
    counts = {"total": total, "total_pages": pages, "current_page": page, "per_page": per_page}
    return {"entries": rows, **counts}


def _in_list(entry: Row) -> Row:
    alike = {name: entry[name] for name in ("id", "form_id", "status", "created_at")}
    return alike | {"form_title": entry["form_name"].replace("&", "&#038;"), "language": ""}


def _entry(number: int) -> Row:
    person, form = who_came(number), 2360 + number % 2
    said = [
        ("First Name", first_name(person), "srfm-input"),
        ("Last Name", last_name(person), "srfm-input"),
        ("Email", email(person), "srfm-email"),
        ("Phone", f"00420{person:09}", "srfm-phone"),
        ("Message", f'Zeile1\nZeile2 & "q" {number}', "srfm-textarea"),
    ]
    if form % 2:
        said.append(("I agree to be written to", "on" if number % 21 else "", "srfm-gdpr"))
    return {
        "id": number,
        "form_id": form,
        "form_name": _FORMS[form],
        "status": "spam" if number % 50 == 0 else "unread",
        "created_at": when(number),
        "form_data": [
            {"label": label, "value": value, "block_name": block} for label, value, block in said
        ],
        "submission_info": {
            "user_ip": "203.*.*.*",
            "browser_name": "Firefox",
            "device_name": "Linux",
            "submission_url": "http://shop.example.com/kontakt/",
        },
        "user": None,
    }
