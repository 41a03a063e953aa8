"""The web side of the inbox: a list, a mail, its HTML in a sandbox, its source, and JSON."""

import threading
from typing import Any

from flask import Flask, Response, abort, render_template, request
from werkzeug.serving import BaseWSGIServer, WSGIRequestHandler, make_server

from app.dev.inbox.mail import Mail

PER_PAGE = 100
#: How soon it notices that it is to stop.
POLL_SECONDS = 0.05
#: The list and the mail page bring their own style and nothing else.
_PAGE_POLICY = (
    "default-src 'none'; style-src 'self'; frame-src 'self'; form-action 'self'; "
    "base-uri 'none'; frame-ancestors 'none'"
)
#: A stranger's HTML: no scripts, no forms, no links out of the frame, nothing from anywhere.
_MAIL_POLICY = "sandbox; default-src 'none'; img-src data:; style-src 'unsafe-inline'"


class Pages:
    """Shows ``mails`` on 127.0.0.1."""

    def __init__(self, mails: list[Mail], port: int) -> None:
        self._mails = mails
        self._port = port
        self._server: BaseWSGIServer | None = None
        self._thread: threading.Thread | None = None

    @property
    def url(self) -> str:
        """Where the list is."""
        return f"http://127.0.0.1:{self._port}"

    def start(self) -> None:
        """Begins to answer. Raises OSError when the port is in use."""
        self._server = make_server(
            "127.0.0.1", self._port, _app(self._mails), threaded=True, request_handler=_Quiet
        )
        self._port = self._server.port
        self._thread = threading.Thread(
            target=self._server.serve_forever, args=(POLL_SECONDS,), daemon=True
        )
        self._thread.start()

    def stop(self) -> None:
        """Ends it; harmless when it was never started."""
        if self._server is not None and self._thread is not None:
            self._server.shutdown()
            self._thread.join()
            self._server.server_close()
            self._server = self._thread = None


class _Quiet(WSGIRequestHandler):
    def log(self, type: str, message: str, *args: Any) -> None:
        """Nobody wants to read each request."""


class _Views:
    """What each address answers."""

    def __init__(self, mails: list[Mail]) -> None:
        self._mails = mails

    def listed(self) -> str:
        hits, words = self._found()
        page = max(1, request.args.get("page", 1, int))
        return render_template(
            "list.html",
            mails=hits[(page - 1) * PER_PAGE : page * PER_PAGE],
            total=len(hits),
            words=words,
            page=page,
            more=len(hits) > page * PER_PAGE,
        )

    def shown(self, number: int) -> str:
        return render_template("mail.html", mail=self._one(number), last=len(self._mails))

    def html(self, number: int) -> Response:
        answer = Response(self._one(number).html, mimetype="text/html")
        answer.headers["Content-Security-Policy"] = _MAIL_POLICY
        return answer

    def raw(self, number: int) -> Response:
        return Response(self._one(number).raw, mimetype="text/plain")

    def as_json(self) -> dict[str, Any]:
        hits, _ = self._found()
        return {"items": [_summary(mail) for mail in hits], "total": len(hits)}

    def _one(self, number: int) -> Mail:
        if not 1 <= number <= len(self._mails):
            abort(404)
        return self._mails[number - 1]

    def _found(self) -> tuple[list[Mail], str]:
        words = request.args.get("q", "").strip()[:320]
        newest_first = reversed(list(self._mails))
        return [mail for mail in newest_first if not words or mail.mentions(words)], words


def _app(mails: list[Mail]) -> Flask:
    app, views = Flask(__name__), _Views(mails)
    app.add_url_rule("/", view_func=views.listed)
    app.add_url_rule("/messages/<int:number>", view_func=views.shown)
    app.add_url_rule("/messages/<int:number>/html", view_func=views.html)
    app.add_url_rule("/messages/<int:number>/raw", view_func=views.raw)
    app.add_url_rule("/api/messages", view_func=views.as_json)
    app.after_request(_guarded)
    return app


def _guarded(answer: Response) -> Response:
    answer.headers.setdefault("Content-Security-Policy", _PAGE_POLICY)
    answer.headers["X-Content-Type-Options"] = "nosniff"
    answer.headers["Referrer-Policy"] = "no-referrer"
    answer.headers["Cache-Control"] = "no-store"
    return answer


def _summary(mail: Mail) -> dict[str, Any]:
    return {
        "id": mail.number,
        "message_id": mail.message_id,
        "from": mail.author,
        "to": mail.to,
        "subject": mail.subject,
        "taken_at": mail.taken_at.isoformat().replace("+00:00", "Z"),
    }
