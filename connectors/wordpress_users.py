"""The users of a WordPress site itself: accounts, customers, members."""

import re
from collections.abc import Iterator, Mapping
from html import unescape
from typing import Any

from connectors import Cursor, Incoming, Needs, Page, Site, SourceField
from wp_bridge.errors import NotUnderstood

_ROUTE = "wp/v2/users"
_PER_PAGE = 100
#: A total that goes up and down, as two caches might say it, must not keep a sweep from its end.
_MOST_STEPS_BACK = 20
_FIELDS = "id,username,email,first_name,last_name,name,url,locale,registered_date,roles"
_TAG = re.compile(r"</?[a-zA-Z!][^<>]*>")


class WordPressUsers:
    """A full sweep by id. There is no filter for what changed, so rows are compared here."""

    key = "wordpress_users"
    title = "WordPress users"
    needs = Needs(
        namespace="wp/v2",
        route=_ROUTE,
        params={"context": "edit", "per_page": "1", "_fields": "id,email"},
        plugin="WordPress",
        permission="Listing users with their e-mail addresses takes an administrator, or a role "
        "with the capabilities list_users and edit_users.",
    )
    fields = (
        SourceField("first_name", "First name", "first_name"),
        SourceField("last_name", "Last name", "last_name"),
        SourceField("locale", "Language", "language"),
        SourceField("username", "User name"),
        SourceField("display_name", "Display name"),
        SourceField("url", "Website"),
        SourceField("registered_at", "Registered (UTC)"),
        SourceField("roles", "Roles"),
    )

    def pages(self, site: Site, cursor: Cursor | None) -> Iterator[Page]:
        """Pages of 100 by id, up to the number of pages that the site reports.

        A page may be short or empty before the end: rows this account may not edit are left out.
        When the total shrinks between two pages, rows have moved up into a page that was read
        already: it goes back that far, and rows up to the last id are not given out again.
        """
        at = dict(cursor or {"page": 1, "last_id": 0, "total": 0})
        steps_back = _MOST_STEPS_BACK
        while True:
            answer = site.get(_ROUTE, _params(at["page"]))
            total, pages = _counts(answer.total, answer.pages)
            gone, at["total"] = at["total"] - total, total
            if gone > 0 and at["page"] > 1 and steps_back:
                steps_back -= 1
                at["page"] = max(1, at["page"] - 1 - gone // _PER_PAGE)
                continue
            rows = {number: row for number, row in _rows(answer.data) if number > at["last_id"]}
            at["last_id"] = max([at["last_id"], *rows])
            at["page"] += 1
            more = at["page"] <= pages
            incoming = tuple(_incoming(number, rows[number]) for number in sorted(rows))
            yield Page(incoming, dict(at) if more else None, total)
            if not more:
                return


connector = WordPressUsers()


def _params(page: int) -> dict[str, str]:
    return {
        "context": "edit",  # without it there is no e-mail address
        "orderby": "id",
        "order": "asc",
        "per_page": str(_PER_PAGE),
        "page": str(page),
        "_fields": _FIELDS,
    }


def _counts(total: int | None, pages: int | None) -> tuple[int, int]:
    if total is None or pages is None:
        raise NotUnderstood(
            "The site did not say how many users there are (X-WP-Total, X-WP-TotalPages): "
            "something between it and us drops these headers."
        )
    return total, pages


def _rows(data: Any) -> Iterator[tuple[int, dict[str, Any]]]:
    for row in data if isinstance(data, list) else [None]:
        number = str(row.get("id", "")) if isinstance(row, dict) else ""
        if not isinstance(row, dict) or not re.fullmatch("[0-9]{1,18}", number):
            raise NotUnderstood("The site's list of users has a form that is not understood.")
        yield int(number), row


def _incoming(number: int, row: Mapping[str, Any]) -> Incoming:
    roles = row.get("roles")
    fields = {
        "first_name": plain(row.get("first_name")),
        "last_name": plain(row.get("last_name")),
        "locale": plain(row.get("locale")),
        "username": plain(row.get("username")),
        "display_name": plain(row.get("name")),
        "url": plain(row.get("url")),
        "registered_at": _moment(row.get("registered_date")),
        "roles": ", ".join(map(str, roles)) if isinstance(roles, list) else "",
    }
    email = row.get("email")
    return Incoming(str(number), email if isinstance(email, str) else "", fields)


def plain(value: Any) -> str:
    """Text as a person would write it: WordPress stores names with entities, some hold HTML."""
    if not isinstance(value, str):
        return ""
    if "<" in value or "&" in value:
        value = unescape(_TAG.sub("", value))
    return " ".join(value.split())


def _moment(value: Any) -> str:
    """An instant as it came; "" for a zero date, which arrives as the year -1."""
    text = value if isinstance(value, str) else ""
    return text if re.match(r"(19|20)\d\d-", text) else ""
