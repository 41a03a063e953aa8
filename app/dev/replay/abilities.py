"""Entries that are read through abilities: a list of ids, then some entries as a whole."""

from html import escape
from typing import Any

from app.dev.replay.listings import Query, Row, number
from app.dev.replay.recordings import Recording
from app.dev.wordpress_front import Reply
from app.dev.wordpress_login import error

_ROUTE = "/wp-abilities/v1/abilities/sureforms/{}/run"
_MOST_AT_ONCE = 50


class SureFormsEntries:
    """The recorded entries of SureForms, in its two abilities; only those known as a whole."""

    routes = tuple(map(_ROUTE.format, ("list-entries", "bulk-get-entries")))

    def __init__(self, recordings: list[Recording]) -> None:
        self.entries: dict[int, Row] = {}
        for one in recordings:
            if one.status == 200 and one.route in (self.routes[1], _ROUTE.format("get-entry")):
                for entry in _entries(one.body):
                    self.entries.setdefault(entry["id"], entry)
        self.is_recorded = bool(self.entries)

    def answer(self, route: str, query: Query) -> Reply:
        """What one of the two abilities answers."""
        if not any(name.startswith("input[") for name in query):
            sentence = "Reason: input is not of type object."
            return error(400, "ability_invalid_input", f"The ability has invalid input. {sentence}")
        return self._list(query) if route == self.routes[0] else self._some(query)

    def _list(self, query: Query) -> Reply:
        per_page = min(number(query, "input[per_page]", 20), 100)
        page = number(query, "input[page]", 1)
        first = query.get("input[date_from]", "")
        found = [row for row in self.entries.values() if row["created_at"] >= first]
        is_down = query.get("input[order]", "DESC") == "DESC"
        found.sort(key=lambda row: int(row["id"]), reverse=is_down)
        shown = [_in_list(row) for row in found[(page - 1) * per_page : page * per_page]]
        pages = -(-len(found) // per_page)
        told = {"total": len(found), "total_pages": pages, "current_page": page}
        return Reply(200, {"entries": shown, **told, "per_page": per_page})

    def _some(self, query: Query) -> Reply:
        wanted = [int(query[name]) for name in query if name.startswith("input[entry_ids]")]
        if len(wanted) > _MOST_AT_ONCE:
            sentence = f"You can retrieve at most {_MOST_AT_ONCE} entries at once."
            return error(400, "srfm_too_many_entry_ids", sentence)
        found = [self.entries[one] for one in wanted if one in self.entries]
        lost = [{"entry_id": one} for one in wanted if one not in self.entries]
        return Reply(200, {"entries": found, "errors": lost})


def _entries(body: Any) -> list[Row]:
    found: list[Row] = body.get("entries", [body])
    return found


def _in_list(entry: Row) -> Row:
    kept = {name: entry[name] for name in ("id", "form_id", "status", "created_at")}
    title = escape(entry["form_name"]).replace("&amp;", "&#038;")
    return {**kept, "form_title": title, "language": ""}
