"""Contacts with lists, tags and custom fields, as FluentCRM tells them."""

from typing import Any

from bench.plugins.ready import Listing, Ready, Row, email, first_name, fixed, last_name, when

_LISTS, _TAGS = ("Newsletter", "VIP", "Kunden"), ("event-2026", "überfällig", "A &amp; B", "lead")
#: Of ten contacts.
_STATUSES = (*["subscribed"] * 7, "unsubscribed", "bounced", "pending")
_CUSTOM = (("shoe_size", "Shoe size"), ("interests", "Interests & more"), ("renewal", "Renewal"))


def site(count: int) -> Ready:
    """So many contacts."""
    listing = Listing([_contact(number) for number in range(1, count + 1)], _around)
    custom = [{"slug": slug, "label": label} for slug, label in _CUSTOM]
    return Ready(
        {
            "fluent-crm/v2/subscribers": listing.by_page,
            "fluent-crm/v2/custom-fields/contacts": fixed({"fields": custom}),
        }
    )


def _around(rows: Any, page: int, per_page: int, total: int) -> Any:
    counts = {"current_page": page, "per_page": per_page, "last_page": -(-total // per_page)}
    return {"subscribers": {**counts, "total": total, "data": rows}, "custom": "true"}


def _contact(number: int) -> Row:
    first, last = first_name(number), last_name(number)
    said = {
        "shoe_size": str(36 + number % 10),
        "interests": ["A", "C & D"],
        "renewal": "2026-12-24",
    }
    return {
        "id": number,
        "user_id": None,
        "hash": f"{number:032x}",
        "contact_owner": None,
        "company_id": None,
        "prefix": "Mr" if number % 2 else None,
        "first_name": first,
        "last_name": last,
        "email": email(number),
        "timezone": None,
        "address_line_1": f"{number % 300} Hauptstraße",
        "address_line_2": None,
        "postal_code": f"{number % 100_000:05}",
        "city": "København",
        "state": "",
        "country": "DK",
        "total_points": "5",
        "life_time_value": "5",
        "phone": f"0300{number:06}",
        "status": _STATUSES[number % len(_STATUSES)],
        "contact_type": "lead",
        "source": "web",
        "date_of_birth": "1980-02-29" if number % 4 == 0 else None,
        "created_at": when(number),
        "last_activity": None,
        "updated_at": when(number),
        "custom_fields": said if number % 3 else [],
        "full_name": f"{first} {last}",
        "photo": f"https://www.gravatar.com/avatar/{number:032x}?s=128",
        "tags": [_group(number, _TAGS, place) for place in range(number % 3)],
        "lists": [_group(number, _LISTS, place) for place in range(1 + number % 2)],
    }


def _group(number: int, titles: tuple[str, ...], place: int) -> Row:
    which, at = (number + place) % len(titles), when(number, "T") + "+00:00"
    linked = {"subscriber_id": str(number), "object_id": str(which), "created_at": at}
    return {
        "id": which,
        "title": titles[which],
        "slug": f"group-{which}",
        "description": None,
        "created_at": when(1),
        "updated_at": when(1),
        "pivot": {**linked, "updated_at": at},
    }
