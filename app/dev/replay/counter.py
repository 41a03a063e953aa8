"""The counter of a stand-in shop: customers and orders that somebody types in while it runs, to see
what the shop tells of them.
"""

import re
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from app import clock
from app.dev.replay.listings import Row, ident
from app.dev.replay.webhooks import Webhooks, said
from app.dev.wordpress_front import Asked, Reply
from app.dev.wordpress_login import error

_ROUTE = re.compile(r"(/wc/v3/(customer|order)s)(?:/(\d+))?")
_ADDRESS = ("first_name", "last_name", "company", "address_1", "address_2", "city", "postcode")
_EMPTY = dict.fromkeys((*_ADDRESS, "country", "state", "email", "phone"), "")
_BLANK: dict[str, Row] = {
    "customer": {"email": "", "first_name": "", "last_name": "", "role": "customer"},
    "order": {
        "status": "pending",
        "currency": "EUR",
        "customer_id": 0,
        "customer_note": "",
        "date_paid_gmt": None,
        **{name: [] for name in ("line_items", "coupon_lines", "refunds")},
    },
}


class Counter:
    """Writes into ``rows``, those of the shop by route, and tells ``webhooks`` of it."""

    def __init__(self, rows: dict[str, list[Row]], webhooks: Webhooks) -> None:
        self._rows = rows
        self._webhooks = webhooks

    def answer(self, asked: Asked) -> Reply | None:
        """What is answered to somebody who may write; None where nothing is written."""
        found = _ROUTE.fullmatch(asked.route)
        if found is None or found[1] not in self._rows:
            return None
        rows, kind = self._rows[found[1]], found[2]
        if found[3] is None:
            return self._make(rows, kind, said(asked)) if asked.method == "POST" else None
        row = next((one for one in rows if ident(one) == int(found[3])), None)
        if row is None:
            return error(404, f"woocommerce_rest_{kind}_invalid_id", "Invalid ID.")
        if asked.method in ("PUT", "POST", "PATCH"):
            return self._write(row, kind, said(asked), "updated", 200)
        return Reply(200, row) if asked.method == "GET" else None

    def _make(self, rows: list[Row], kind: str, values: Mapping[str, Any]) -> Reply:
        email = str(values.get("email") or "").casefold()
        if kind == "customer" and not email:
            return error(400, "rest_missing_callback_param", "Missing parameter(s): email")
        if email and any(str(one.get("email")).casefold() == email for one in rows):
            sentence = "An account is already registered with your email address."
            return error(400, "registration-error-email-exists", sentence)
        number = max(map(ident, rows), default=0) + 1
        row: Row = {"id": number, **_BLANK[kind], "meta_data": []}
        row |= {"billing": dict(_EMPTY), "shipping": dict(_EMPTY)}
        row |= {f"date_created{end}": at for end, at in _times(rows).items()}
        rows.append(row)
        return self._write(row, kind, values, "created", 201)

    def _write(
        self, row: Row, kind: str, values: Mapping[str, Any], event: str, status: int
    ) -> Reply:
        for name, value in values.items():
            is_whole = not (isinstance(value, dict) and isinstance(row.get(name), dict))
            row[name] = value if is_whole else {**row[name], **value}
        times = _times([row])
        row |= {f"date_modified{end}": at for end, at in times.items()}
        if kind == "order":
            items = [float(one.get("total") or 0) for one in row["line_items"]]
            row["total"] = str(values.get("total") or f"{sum(items):.2f}")
            if row.pop("set_paid", False):
                row |= {"status": "processing", "date_paid_gmt": times["_gmt"]}
        self._webhooks.tell(f"{kind}.{event}", row)
        return Reply(status, row)


def _times(rows: list[Row]) -> dict[str, str]:
    """Now, by the clock of the site ("") and in UTC ("_gmt")."""
    away, now = timedelta(), clock.now()
    if rows and rows[0].get("date_created") and rows[0].get("date_created_gmt"):
        here, there = (rows[0][name] for name in ("date_created", "date_created_gmt"))
        away = datetime.fromisoformat(here) - datetime.fromisoformat(there)
    return {end: at.strftime("%Y-%m-%dT%H:%M:%S") for end, at in (("", now + away), ("_gmt", now))}
