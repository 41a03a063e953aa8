"""A site whose answers stand ready: a run pays for reading them, and for nothing before."""

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any
from zoneinfo import ZoneInfo

from wp_bridge import answers, xmlrpc
from wp_bridge.answers import Answer, Raw

Row = dict[str, Any]
#: What a route answers to a question: the body, and what the headers count.
Asked = Callable[[Mapping[str, str]], Raw]
#: Rows of a page, its number, rows on a page, rows in all -> what the plugin puts around them.
Around = Callable[[Sequence[Row], int, int, int], Any]
_PER_PAGE = 100
_FIRST = ("Anna", "Václav", "Kateřina", "Björn", "Zoë", "Đặng", "Tom &amp; Jerry", "Иван")
_LAST = ("Müller", "O'Brien", "Škvorecký", "de la Cruz", "Nguyễn", "Smith", "山田", "Brown")


class Ready:
    """A site by what its routes answer. ``posts``: what XML-RPC lists, by offset and number."""

    def __init__(
        self, routes: Mapping[str, Asked], posts: Callable[[Mapping[str, Any]], Raw] | None = None
    ) -> None:
        self._routes, self._posts = routes, posts

    def get(self, route: str, params: Mapping[str, str]) -> Answer:
        """What ``route`` answers; nothing is found where nothing was put."""
        asked = self._routes.get(route)
        return answers.understand(asked(params) if asked else Raw(404, {}, b"{}"))

    def call(self, _method: str, wanted: Mapping[str, Any], _columns: Sequence[str]) -> Any:
        """What XML-RPC answers."""
        assert self._posts
        return xmlrpc.understand(self._posts(wanted))

    def zone(self) -> ZoneInfo:
        """That of many sites."""
        return ZoneInfo("Europe/Berlin")


class Listing:
    """Rows in pages of a hundred, the lowest number first; and the last one alone."""

    def __init__(self, rows: Sequence[Row], around: Around) -> None:
        self._total = len(rows)
        self._pages = [
            self._page(
                around(
                    rows[start : start + _PER_PAGE], start // _PER_PAGE + 1, _PER_PAGE, self._total
                )
            )
            for start in range(0, max(len(rows), 1), _PER_PAGE)
        ]
        self._newest = self._page(around(rows[-1:], 1, 1, self._total))

    def _page(self, body: Any) -> Raw:
        pages = str(-(-self._total // _PER_PAGE))
        counts = {"x-wp-total": str(self._total), "x-wp-totalpages": pages}
        return Raw(200, counts, json.dumps(body).encode())

    def page(self, number: str, per_page: str) -> Raw:
        """One page; of a single row: the newest."""
        return self._newest if per_page == "1" else self._pages[int(number) - 1]

    def by_page(self, params: Mapping[str, str]) -> Raw:
        """The same as most plugins are asked."""
        return self.page(params.get("page", "1"), params["per_page"])


def fixed(body: Any) -> Asked:
    """A route that always answers the same."""
    raw = Raw(200, {}, json.dumps(body).encode())
    return lambda _params: raw


def email(number: int) -> str:
    """The address of a person."""
    return f"person{number}{'+shop' if number % 25 == 0 else ''}@mail{number % 7}.example.com"


def first_name(number: int) -> str:
    """Her first name."""
    return _FIRST[number % len(_FIRST)]


def last_name(number: int) -> str:
    """Her last name."""
    return _LAST[number // len(_FIRST) % len(_LAST)]


def who_came(number: int) -> int:
    """Who did the thing of a number: every fifth is somebody who came before."""
    return number // 3 if number % 5 == 0 else number


def when(number: int, between: str = " ") -> str:
    """When: one after the other, each a quarter of an hour later."""
    minutes = number * 15
    days, minutes = divmod(minutes, 1440)
    months, day = divmod(days, 28)
    years, month = divmod(months, 12)
    time = f"{minutes // 60:02}:{minutes % 60:02}:37"
    return f"{2024 + years}-{month + 1:02}-{day + 1:02}{between}{time}"
