"""A site that answers as recorded: the exchange that fits, or a page made up from its rows. In its
shop customers, orders and webhooks can be made and changed.
"""

import threading
from collections.abc import Iterable
from typing import Any

from app.dev.replay.abilities import SureFormsEntries
from app.dev.replay.counter import Counter
from app.dev.replay.listings import LISTINGS, Listing, Row, ident
from app.dev.replay.posts import Posts
from app.dev.replay.recordings import Recording
from app.dev.replay.webhooks import Webhooks
from app.dev.wordpress_approval import PATH, Approval
from app.dev.wordpress_front import XMLRPC, Asked, Front, Reply
from app.dev.wordpress_keys import ShopKeys
from app.dev.wordpress_login import PASSWORD, Login, error

#: Sent against caches; no recording has it.
_NOISE = "_"
#: Parameters that say how an answer is cut, not what it is about.
_PLAIN = ("page", "per_page", "limit", "offset", "order", "orderby", "sort_by", "sort_type")
_SHAPE = {"_fields", "context", *_PLAIN, *(f"input[{name}]" for name in _PLAIN)}


class Answers:
    """What is answered to whom.

    ``rows``: the rows at hand by route; they may be changed. ``webhooks``: those of the shop, which
    hear of what is changed over REST.
    """

    def __init__(
        self, recordings: list[Recording], login: Login, keys: ShopKeys | None = None
    ) -> None:
        self._login = login
        self._keys = keys
        self._recordings = recordings
        self._listings = {listing.route: listing for listing in LISTINGS}
        recorded = {one.route for one in recordings}
        self.rows = {one.route: _rows(one, recordings) for one in LISTINGS if one.route in recorded}
        self.entries = SureFormsEntries(recordings)
        self.posts = Posts(recordings)
        self.home = keys.home if keys else ""
        self.webhooks = Webhooks(self.home)
        self._counter = Counter(self.rows, self.webhooks)

    def counts(self) -> dict[str, int]:
        """How many rows are at hand by route."""
        found = {route: len(rows) for route, rows in self.rows.items()}
        found[self.entries.routes[0]] = len(self.entries.entries)
        found |= {f"XML-RPC {kind}": len(posts) for kind, posts in self.posts.posts.items()}
        return {route: count for route, count in found.items() if count}

    def answer(self, asked: Asked) -> Reply:
        """What is answered to ``asked``."""
        if asked.route == XMLRPC:
            return self.posts.answer(self._login, asked.body)
        if refused := self._login.refusal(asked.authorization):
            return refused
        query = {name: value for name, value in asked.query.items() if name != _NOISE}
        query.pop("rest_route", None)
        judged = self._keys.judge(asked) if self._keys else False
        if isinstance(judged, Reply):
            return judged
        query = {name: value for name, value in query.items() if not name.startswith("oauth_")}
        is_known = judged or asked.authorization.lower().startswith("basic ")
        if is_known and (told := self._in_the_shop(asked, query)):
            return told
        if is_known and asked.method == "GET":
            if asked.route in self.rows:
                return self._listings[asked.route].answer(self.rows[asked.route], query)
            if asked.route in self.entries.routes and self.entries.is_recorded:
                return self.entries.answer(asked.route, query)
        fitting = self._fitting(asked.method, asked.route, query, is_known)
        if fitting is None:
            return self._nothing(asked, is_known)
        return self._at_home(fitting.reply()) if asked.route == "/" else fitting.reply()

    def _at_home(self, index: Reply) -> Reply:
        """The index names the page on which a program is approved: it is here."""
        said = index.data.get("authentication") if isinstance(index.data, dict) else None
        if not isinstance(said, dict) or not self.home:
            return index
        page = {"endpoints": {"authorization": f"{self.home}{PATH}"}}
        told = {**index.data, "authentication": {"application-passwords": page}}
        return Reply(index.status, told, index.headers)

    def _in_the_shop(self, asked: Asked, query: dict[str, str]) -> Reply | None:
        """What its shop answers, if it has one; None where nothing is made or changed."""
        if "/wc/v3/orders" not in self.rows:
            return None
        return self.webhooks.answer(asked, query) or self._counter.answer(asked)

    def _fitting(
        self, method: str, route: str, query: dict[str, str], is_known: bool
    ) -> Recording | None:
        """The recording whose method, route and login fit, and most of its parameters."""
        here = [one for one in self._recordings if (one.method, one.route) == (method, route)]
        here = [one for one in here if not one.is_refused]  # that is for the login to say
        found = [one for one in here if one.is_known == is_known]
        if is_known and not found:
            found = [one for one in here if one.status == 200]  # what strangers may see, too
        found = [one for one in found if not _is_about_another(one, query)]

        def fit(one: Recording) -> tuple[bool, bool, int, bool]:
            differ = len(set(one.params.items()) ^ set(query.items()))
            return not one.is_troubled, not differ, -differ, one.status == 200

        return max(found, key=fit, default=None)

    def _nothing(self, asked: Asked, is_known: bool) -> Reply:
        if not is_known and any(one.route == asked.route for one in self._recordings):
            return error(401, "rest_forbidden", "Sorry, you are not allowed to do that.")
        sentence = "No route was found matching the URL and request method."
        return error(404, "rest_no_route", sentence)


def _is_about_another(one: Recording, query: dict[str, str]) -> bool:
    """Whether a recording answers for another form, say, and not only in another shape."""
    shared = set(one.params) & set(query) - _SHAPE
    return any(one.params[name] != query[name] for name in shared)


class RecordedSite(Answers):
    """Answers on 127.0.0.1; port 0 takes a free one."""

    def __init__(
        self,
        recordings: list[Recording],
        username: str = "admin",
        password: str = PASSWORD,
        port: int = 0,
    ) -> None:
        self._front = Front(self.answer, port)
        self.keys = ShopKeys(self._front.url)
        super().__init__(recordings, Login(username, password), self.keys)
        self.username = username
        self.password = password
        self._thread = threading.Thread(target=self._front.serve_forever, args=(0.05,), daemon=True)
        self.url = self._front.url
        self._front.pages[PATH] = Approval(self.url, username, password).answer

    def start(self) -> "RecordedSite":
        """Begins to answer, in a thread of its own."""
        self._thread.start()
        return self

    def stop(self) -> None:
        """Answers no more."""
        self._front.shutdown()
        self._thread.join()
        self._front.server_close()


def _rows(listing: Listing, recordings: Iterable[Recording]) -> list[Row]:
    """Every row of a listing that was recorded as a whole, each once: the one that says most."""
    found: dict[int, Row] = {}
    for one in recordings:
        fits = (one.method, one.route, one.status, one.is_known) == (
            "GET",
            listing.route,
            200,
            True,
        )
        if not fits or one.is_troubled or not listing.is_whole(one.params):
            continue
        rows: Any = listing.rows(one.body)
        for row in rows if isinstance(rows, list) else []:
            if len(row) > len(found.get(ident(row), {})):
                found[ident(row)] = row
    return list(found.values())
