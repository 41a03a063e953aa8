"""Submissions of three forms, as Fluent Forms keeps them."""

import json
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

_ROUTE = "fluentform/v1/submissions"
_TITLES = {"1": "Contact", "2": "Anfrage &amp; mehr", "3": "Angebot anfordern"}
#: Name, element and label of the fields of each form.
_FIELDS = {
    "1": (
        ("names", "input_name", "Name"),
        ("email", "input_email", "E-mail"),
        ("message", "textarea", "Message"),
    ),
    "2": (
        ("vorname", "input_text", "Vorname"),
        ("nachname", "input_text", "Nachname"),
        ("e_mail_adresse", "input_email", "E-Mail-Adresse"),
        ("email_wiederholen", "input_email", "E-Mail wiederholen"),
        ("gdpr-agreement", "gdpr_agreement", "DSGVO"),
    ),
    "3": (
        ("company", "input_text", "Firma"),
        ("email", "input_email", "E-mail"),
        ("address", "address", "Adresse"),
    ),
}


def site(count: int) -> Ready:
    """So many submissions."""
    listing = Listing([_submission(number) for number in range(1, count + 1)], _around)
    forms = [{"id": key, "title": title} for key, title in _TITLES.items()]
    fields = {form: fixed({"fields": dict(map(_field, _FIELDS[form]))}) for form in _TITLES}

    def resources(params: Mapping[str, str]) -> Raw:
        return fields[params["form_id"]](params)

    return Ready(
        {
            _ROUTE: listing.by_page,
            f"{_ROUTE}/resources": resources,
            "fluentform/v1/forms": fixed(_around(forms, 1, 100, len(forms))),
        }
    )


def _around(rows: Sequence[Row], page: int, per_page: int, total: int) -> Any:
    last = -(-total // per_page)
    return {
        "current_page": page,
        "per_page": per_page,
        "last_page": last,
        "total": total,
        "data": rows,
    }


def _field(said: tuple[str, str, str]) -> tuple[str, Any]:
    name, element, label = said
    words = {"tnc_html": "I agree to be <b>written to</b>."} if "gdpr" in element else {}
    raw = {"element": element, "attributes": {"name": name}, "settings": {"label": label, **words}}
    return name, {"element": element, "admin_label": label, "raw": raw}


def _submission(number: int) -> Row:
    form = str(1 + number % 3)
    internal = {
        "__fluent_form_embded_post_id": "2",
        f"_fluentform_{form}_fluentformnonce": "0123456789",
        "_wp_http_referer": "/sample-page/",
    }
    return {
        "id": number,
        "form_id": form,
        "serial_number": str(number // 3),
        "response": json.dumps(internal | _said(form, number, who_came(number))),
        "source_url": "http://shop.example.com/kontakt/?utm_source=x&a=ü",
        "user_id": "0",
        "status": "spam" if number % 50 == 0 else "unread",
        "is_favourite": "0",
        "browser": "Firefox",
        "device": "Ubuntu",
        "ip": "203.0.113.246",
        "payment_status": None,
        "created_at": when(number),
        "updated_at": when(number),
    }


def _said(form: str, number: int, person: int) -> Row:
    first, last, address = first_name(person), last_name(person), email(person)
    if form == "1":
        names = {"first_name": first, "last_name": last}
        return {"names": names, "email": address, "message": f"Zeile1\nZeile2 of {number}"}
    if form == "2":
        said = {"vorname": first, "nachname": last, "e_mail_adresse": address}
        said |= {"email_wiederholen": address, "telefon": f"00420{person:09}"}
        return said | ({"gdpr-agreement": "on"} if number % 20 else {})
    street = {"address_line_1": f"{person % 300} Hauptstraße", "city": "Köln", "zip": "50667"}
    return {"company": "Müller & Söhne", "email": address, "address": street}
