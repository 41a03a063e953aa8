"""XML-RPC as WordPress speaks it, as far as listing posts goes."""

import xmlrpc.client as wire
from collections.abc import Iterable, Mapping
from typing import Any

from app.dev.replay.recordings import Recording
from app.dev.wordpress_front import XMLRPC, Reply
from app.dev.wordpress_login import Login

Post = dict[str, Any]
_XML = {"Content-Type": "text/xml; charset=UTF-8"}


class Posts:
    """The recorded posts by type; lists them by id, or the last changed first."""

    def __init__(self, recordings: Iterable[Recording]) -> None:
        self.posts: dict[str, dict[str, Post]] = {}
        self._answers: dict[str, str] = {}
        for one in recordings:
            if one.route == XMLRPC and one.status == 200 and not one.is_troubled:
                self._keep(one)

    def _keep(self, one: Recording) -> None:
        method, values = _call(one.asked.encode())
        try:
            found: Any = wire.loads(one.body)[0][0]
        except (wire.Fault, ValueError):
            return
        kind = values[3].get("post_type", "") if len(values) > 3 else ""
        if method != "wp.getPosts" or not kind:
            self._answers.setdefault(method, one.body)
            return
        known = self.posts.setdefault(kind, {})
        for post in found:
            if "post_content" in post or post.get("post_status") == "flamingo-spam":
                known[post["post_id"]] = {**post, **known.get(post["post_id"], {})}

    def answer(self, login: Login, body: bytes) -> Reply:
        """What a call answers; errors come with status 200, as there."""
        method, values = _call(body)
        if len(values) > 2 and not login.opens(values[1], values[2]):
            return _fault(403, "Incorrect username or password.")
        if method != "wp.getPosts":
            known = self._answers.get(method)
            sentence = f"server error. requested method {method} does not exist."
            return Reply(200, known, _XML) if known else _fault(-32601, sentence)
        if values[3].get("post_type") not in self.posts:
            return _fault(403, "Invalid post type.")
        fields = set(values[4]) if len(values) > 4 else set()
        shown = [_only(post, fields) for post in self._listed(values[3])]
        return Reply(200, wire.dumps((shown,), methodresponse=True, encoding="UTF-8"), _XML)

    def _listed(self, wanted: Mapping[str, Any]) -> list[Post]:
        status = wanted.get("post_status", "publish")
        posts = self.posts[wanted["post_type"]].values()
        found = [post for post in posts if post.get("post_status", "publish") == status]
        if wanted.get("orderby") == "modified":
            found.sort(key=lambda post: (str(post["post_modified_gmt"]), int(post["post_id"])))
        else:
            found.sort(key=lambda post: int(post["post_id"]))
        if wanted.get("order", "DESC") == "DESC":
            found.reverse()
        start = int(wanted.get("offset", 0))
        return found[start : start + int(wanted.get("number", 10))]


def _call(body: bytes) -> tuple[str, tuple[Any, ...]]:
    try:
        found: Any = wire.loads(body.decode())
    except (ValueError, LookupError):
        return "", ()
    return found[1] or "", found[0]


def _only(post: Post, fields: set[str]) -> Post:
    return {name: value for name, value in post.items() if not fields or name in fields}


def _fault(code: int, sentence: str) -> Reply:
    found = wire.dumps(wire.Fault(code, sentence), methodresponse=True, encoding="UTF-8")
    return Reply(200, found, _XML)
