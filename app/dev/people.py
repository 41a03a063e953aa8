"""Made-up people for the stand-in WordPress, always the same, awkward ones among them."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any

from app.rules import email_address

_FIRST = [
    *("Anna", "Björn", "Chloé", "Dmitri", "Fatima", "Hồ", "İbrahim", "Kateřina", "Łukasz"),
    *("Ngọc", "Olu", "Søren", "Wei", "Zoë", "María José"),
]
_LAST = [
    *("Müller", "O'Brien", "D’Angelo", "Kovačević", "García Márquez", "de la Cruz"),
    *("Ångström", "Smith", "Nguyễn", "Þórsdóttir", "van den Berg"),
]
_DOMAINS = ("example.com", "example.org", "mail.example.net")
_ROLES = ("subscriber", "subscriber", "subscriber", "customer", "author", "editor")
_START = datetime(2023, 1, 1, tzinfo=UTC)

#: What real sites hold and nobody expects, by the place of the person (from 0).
_AWKWARD: dict[int, dict[str, Any]] = {
    3: {"email": ""},
    7: {"email": "not an address", "first_name": "Nobody"},
    11: {"email": "PERSON11@EXAMPLE.COM"},
    15: {"email": "person15+news@example.org"},
    19: {"email": "joerg19@bücher.example", "first_name": "Jörg"},
    23: {"first_name": "Tom &amp; Jerry", "name": "Tom & Jerry Müller"},
    27: {"first_name": "  Blank  ", "last_name": "<b>Bold</b>"},
    31: {"first_name": "محمد", "last_name": "الأحمد"},
    35: {"first_name": "👩‍👩‍👧 Emoji", "last_name": "🎉"},
    39: {"first_name": "Lång" * 25, "last_name": "Näme" * 25},
    43: {"first_name": "", "last_name": "", "name": "person43"},
    47: {"registered_date": "-001-11-30T00:00:00+00:00"},
    51: {"email": "PERSON50@mail.example.net"},  # the one before, in other letters
    55: {"email": "person55@example"},
    59: {"first_name": "山田", "last_name": "太郎"},
    63: {"first_name": "Robert'); DROP TABLE", "last_name": "Students;--"},
}


def make_people(n: int = 300) -> list[dict[str, Any]]:
    """``n`` users in the shape in which WordPress gives them to an administrator."""
    return [_person(number) for number in range(n)]


def distinct_addresses(people: Iterable[dict[str, Any]]) -> set[str]:
    """The addresses among them that can be written to, each in its one form."""
    parsed = (email_address.parse(person["email"]) for person in people)
    return {found.address for found in parsed if found}


def _person(number: int) -> dict[str, Any]:
    first = _FIRST[number % len(_FIRST)]
    last = _LAST[number * 7 % len(_LAST)]
    registered = _START + timedelta(hours=number * 41, seconds=number * 13 % 60)
    person = {
        "id": number + 1,
        "username": f"person{number}",
        "name": f"{first} {last}",
        "first_name": first,
        "last_name": last,
        "email": f"person{number}@{_DOMAINS[number % len(_DOMAINS)]}",
        "url": "",
        "description": "",
        "link": f"/author/person{number}/",
        "locale": "de_DE" if number % 5 == 0 else "en_US",
        "nickname": f"person{number}",
        "slug": f"person{number}",
        "roles": [_ROLES[number % len(_ROLES)]],
        "registered_date": registered.isoformat(),
        "meta": {"persisted_preferences": []},
    }
    return {**person, **_AWKWARD.get(number, {})}
