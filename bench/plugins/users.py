"""WordPress's own users, as the fields that a run asks for."""

from bench.plugins.ready import Listing, Ready, Row, email, first_name, last_name, when


def site(count: int) -> Ready:
    """So many subscribers and customers."""
    listing = Listing([_user(number) for number in range(1, count + 1)], lambda rows, *_: rows)
    return Ready({"wp/v2/users": listing.by_page})


def _user(number: int) -> Row:
    first, last = first_name(number), last_name(number)
    return {
        "id": number,
        "username": f"user{number}",
        "name": f"{first} {last}",
        "first_name": first,
        "last_name": last,
        "email": email(number),
        "url": "",
        "locale": "de_DE",
        "registered_date": when(number, "T") + "+00:00",
        "roles": ["customer" if number % 5 == 0 else "subscriber"],
    }
