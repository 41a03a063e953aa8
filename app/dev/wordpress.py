"""`pressferry dev wordpress`: a small stand-in for a WordPress site, to try things out with.

It answers what a pull of its users asks, in the words of a real site: the REST root in both
forms, application passwords and the page that makes one, pages of users. It never changes anything.
"""

import threading
from collections.abc import Mapping
from typing import Any

from app.dev.people import distinct_addresses, make_people
from app.dev.wordpress_approval import PATH, Approval
from app.dev.wordpress_front import Asked, Front, Reply
from app.dev.wordpress_login import PASSWORD, Login, error

__all__ = ["WordPressStandIn", "distinct_addresses", "main", "make_people"]

_NAMESPACES = ["oembed/1.0", "wp/v2", "wp-site-health/v1", "wp-block-editor/v1"]
_USERS = "/wp/v2/users"


class WordPressStandIn:
    """A site with ``people`` as its users, on 127.0.0.1; port 0 takes a free one.

    ``username`` with the application ``password`` is its administrator. ``people`` may be changed
    while it runs.
    """

    def __init__(
        self,
        people: list[dict[str, Any]],
        username: str = "admin",
        password: str = PASSWORD,
        port: int = 0,
    ) -> None:
        self.people = people
        self.username = username
        self.password = password
        self._login = Login(username, password)
        self._front = Front(self.answer, port)
        self._thread = threading.Thread(target=self._front.serve_forever, args=(0.05,), daemon=True)
        self.url = self._front.url
        self._front.pages[PATH] = Approval(self.url, username, password).answer

    def start(self) -> "WordPressStandIn":
        """Begins to answer, in a thread of its own."""
        self._thread.start()
        return self

    def stop(self) -> None:
        """Answers no more."""
        self._front.shutdown()
        self._thread.join()
        self._front.server_close()

    def answer(self, asked: Asked) -> Reply:
        """What ``GET route`` answers."""
        route, query = asked.route, asked.query
        if refused := self._login.refusal(asked.authorization):
            return refused
        is_known = asked.authorization.lower().startswith("basic ")
        if route == "/":
            return Reply(200, _only(self._root(), query))
        if route == _USERS:
            return self._users(query) if is_known else self._strangers(query)
        if route == f"{_USERS}/me":
            if not is_known:
                return error(401, "rest_not_logged_in", "You are not currently logged in.")
            me = {"id": 1, "username": self.username, "roles": ["administrator"]}
            return Reply(200, _only(me, query))
        sentence = "No route was found matching the URL and request method."
        return error(404, "rest_no_route", sentence)

    def _root(self) -> dict[str, Any]:
        authorize = f"{self.url}{PATH}"
        return {
            "name": "A WordPress to try things out with",
            "description": "",
            "url": self.url,
            "home": self.url,
            "gmt_offset": 1,
            "timezone_string": "Europe/Berlin",
            "namespaces": _NAMESPACES,
            "authentication": {
                "application-passwords": {"endpoints": {"authorization": authorize}}
            },
            "routes": {},
        }

    def _strangers(self, query: Mapping[str, str]) -> Reply:
        if query.get("context") == "edit":
            sentence = "Sorry, you are not allowed to edit users."
            return error(401, "rest_forbidden_context", sentence)
        return Reply(200, [], {"X-WP-Total": "0", "X-WP-TotalPages": "0"})

    def _users(self, query: Mapping[str, str]) -> Reply:
        per_page, page = _number(query, "per_page", 10), _number(query, "page", 1)
        if per_page is None or not 1 <= per_page <= 100:
            return _bad("per_page", "per_page must be between 1 (inclusive) and 100 (inclusive)")
        if page is None or page < 1:
            return _bad("page", "page must be greater than or equal to 1")
        people = sorted(
            self.people, key=lambda person: int(person["id"]), reverse=query.get("order") == "desc"
        )
        rows = people[(page - 1) * per_page : page * per_page]
        pages = -(-len(people) // per_page)
        headers = {"X-WP-Total": str(len(people)), "X-WP-TotalPages": str(pages)}
        shown = rows if query.get("context") == "edit" else [_in_public(row) for row in rows]
        return Reply(200, [_only(row, query) for row in shown], headers)


def main(port: int = 0, people: int = 300) -> None:
    """Serves a stand-in until Ctrl-C, and says how to get in."""
    site = WordPressStandIn(make_people(people), port=port).start()
    addresses = len(distinct_addresses(site.people))
    print(f"WordPress stand-in: {site.url}")
    print(f"  user name             {site.username}")
    print(f"  application password  {site.password}")
    print(f"  {len(site.people)} users, {addresses} different addresses that can be written to")
    print("Ctrl-C ends it.", flush=True)
    try:
        threading.Event().wait()
    except KeyboardInterrupt:
        site.stop()


def _only(row: dict[str, Any], query: Mapping[str, str]) -> dict[str, Any]:
    wanted = [name.strip() for name in query.get("_fields", "").split(",") if name.strip()]
    return {name: row[name] for name in wanted if name in row} if wanted else row


def _in_public(row: dict[str, Any]) -> dict[str, Any]:
    return {name: row[name] for name in ("id", "name", "url", "description", "link", "slug")}


def _number(query: Mapping[str, str], name: str, usual: int) -> int | None:
    value = query.get(name, str(usual))
    return int(value) if value.isascii() and value.isdigit() and len(value) < 10 else None


def _bad(name: str, sentence: str) -> Reply:
    reply = error(400, "rest_invalid_param", f"Invalid parameter(s): {name}")
    reply.data["data"]["params"] = {name: sentence}
    return reply
