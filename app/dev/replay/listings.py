"""How the lists of WordPress and its plugins are cut into pages, filtered and wrapped.

The rows are those that were recorded; the pages are made up from them, so totals say how many
there are at hand and not how many the recorded site had.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from app.dev.wordpress_front import Reply
from app.dev.wordpress_login import error

Row = dict[str, Any]
Query = Mapping[str, str]


@dataclass(frozen=True)
class Listing:
    """A route that lists rows.

    ``rows`` finds them in a recorded body, ``is_whole`` says whether a request was recorded
    that shows whole rows, ``keeps`` filters, ``order`` sorts, ``wrap`` says a page.
    """

    route: str
    rows: Callable[[Any], Any]
    wrap: Callable[[list[Row], int, int, int], Reply]
    order: Callable[[list[Row], Query], list[Row]]
    keeps: Callable[[Row, Query], bool] = lambda row, query: True
    is_whole: Callable[[Query], bool] = lambda query: "_fields" not in query
    page: str = "page"
    per_page: str = "per_page"
    usual: int = 10
    most: int | None = 100

    def answer(self, rows: list[Row], query: Query) -> Reply:
        """The page that ``query`` asks for."""
        wanted, page = number(query, self.per_page, self.usual), number(query, self.page, 1)
        if wanted < 1 or (self.most and wanted > self.most):
            return _bad_per_page(self.most or 0)
        found = self.order([row for row in rows if self.keeps(row, query)], query)
        start = number(query, "offset", (page - 1) * wanted)
        some = [_only(row, query) for row in found[start : start + wanted]]
        return self.wrap(some, len(found), page, wanted)


def number(query: Query, name: str, usual: int) -> int:
    """A number among the parameters."""
    value = query.get(name, "")
    return int(value) if value.isascii() and value.isdigit() and len(value) < 10 else usual


def ident(row: Row) -> int:
    """A row's number: some plugins write it in capitals, or as text."""
    found: Any = row.get("id", row.get("ID", 0))
    return int(found)


def _only(row: Row, query: Query) -> Row:
    wanted = [name.strip() for name in query.get("_fields", "").split(",") if name.strip()]
    return {name: row[name] for name in wanted if name in row} if wanted else row


def _bad_per_page(most: int) -> Reply:
    reply = error(400, "rest_invalid_param", "Invalid parameter(s): per_page")
    sentence = f"per_page must be between 1 (inclusive) and {most} (inclusive)"
    reply.data["data"]["params"] = {"per_page": sentence}
    return reply


def _bare(rows: list[Row], total: int, page: int, per_page: int) -> Reply:
    pages = -(-total // per_page)
    return Reply(200, rows, {"X-WP-Total": str(total), "X-WP-TotalPages": str(pages)})


def _bare_orders(rows: list[Row], total: int, page: int, per_page: int) -> Reply:
    return _bare(rows, total if rows else 0, page, per_page)  # past the end it says 0


def _laravel(rows: list[Row], total: int, page: int, per_page: int) -> Reply:
    return Reply(200, _envelope(rows, total, page, per_page))


def _envelope(rows: list[Row], total: int, page: int, per_page: int) -> Row:
    start = (page - 1) * per_page
    return {
        "current_page": page,
        "data": rows,
        "from": start + 1 if rows else None,
        "last_page": max(1, -(-total // per_page)),
        "next_page_url": None,
        "per_page": per_page,
        "to": start + len(rows) if rows else None,
        "total": total,
    }


def _subscribers(rows: list[Row], total: int, page: int, per_page: int) -> Reply:
    return Reply(200, {"subscribers": _envelope(rows, total, page, per_page), "custom": "true"})


def _in_data(*way: str) -> Callable[[Any], Any]:
    def rows(body: Any) -> Any:
        for name in way:
            body = body.get(name) if isinstance(body, dict) else None
        return body

    return rows


def _by(column: Callable[[Query], str], down: Callable[[Query], bool]) -> Callable[..., list[Row]]:
    def order(rows: list[Row], query: Query) -> list[Row]:
        name = column(query)
        key = ident if name.lower() == "id" else lambda row: (str(row.get(name) or ""), ident(row))
        return sorted(rows, key=key, reverse=down(query))

    return order


_ORDERS_BY = {"modified": "date_modified_gmt", "date": "date_created_gmt", "registered_date": ""}
_BY_WORDPRESS = _by(
    lambda query: _ORDERS_BY.get(query.get("orderby", "id"), query.get("orderby", "id")),
    lambda query: query.get("order") == "desc",
)


def _is_modified(order: Row, query: Query) -> bool:
    """WooCommerce's ``modified_after``: strictly after; with a zone and the flag, nothing fits."""
    after = query.get("modified_after", "")
    zoned = after.endswith(("Z", "+00:00"))
    if zoned and query.get("dates_are_gmt") == "true":
        return False
    is_gmt = zoned or query.get("dates_are_gmt") == "true"
    name = "date_modified_gmt" if is_gmt else "date_modified"
    return str(order[name]) > after.removesuffix("Z").removesuffix("+00:00")


def _is_kind(entry: Row, query: Query) -> bool:
    """Fluent Forms: all but the trash, of all forms, unless it is told otherwise."""
    kind, status = query.get("entry_type", ""), entry["status"]
    fits = status == kind if kind in ("unread", "read", "trashed", "spam") else status != "trashed"
    first, last = query.get("date_range[0]", ""), query.get("date_range[1]", "9")
    in_range = first <= str(entry["created_at"]) <= f"{last} 23:59:59"
    return fits and in_range and query.get("form_id", entry["form_id"]) == entry["form_id"]


LISTINGS = (
    Listing(
        "/wp/v2/users",
        lambda body: body,
        _bare,
        _BY_WORDPRESS,
        is_whole=lambda query: query.get("context") == "edit" and "_fields" not in query,
    ),
    Listing("/wc/v3/customers", lambda body: body, _bare, _BY_WORDPRESS),
    Listing("/wc/v3/orders", lambda body: body, _bare_orders, _BY_WORDPRESS, _is_modified),
    Listing(
        "/fluentform/v1/submissions",
        _in_data("data"),
        _laravel,
        _by(lambda query: "id", lambda query: query.get("sort_by", "DESC").upper() != "ASC"),
        _is_kind,
        most=None,
    ),
    Listing(
        "/fluent-crm/v2/subscribers",
        _in_data("subscribers", "data"),
        _subscribers,
        _by(
            lambda query: query.get("sort_by", "id"),
            lambda query: query.get("sort_type", "DESC").upper() == "DESC",
        ),
        most=None,
    ),
)
