"""The web side of the inbox: a list, a mail, its HTML in a sandbox, its source, and JSON."""

import threading
from typing import Any

from flask import Flask, Response, abort, render_template, request
from werkzeug.serving import BaseWSGIServer, WSGIRequestHandler, make_server

from app.dev.inbox.mail import Mail

PER_PAGE = 100
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
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)
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


def _app(mails: list[Mail]) -> Flask:
    app = Flask(__name__)

    def one(number: int) -> Mail:
        if not 1 <= number <= len(mails):
            abort(404)
        return mails[number - 1]

    def found() -> tuple[list[Mail], str, int]:
        words = request.args.get("q", "").strip()[:320]
        page = max(1, request.args.get("page", 1, int))
        hits = [mail for mail in reversed(list(mails)) if not words or mail.mentions(words)]
        return hits, words, page

    @app.get("/")
    def listed() -> str:
        hits, words, page = found()
        shown = hits[(page - 1) * PER_PAGE : page * PER_PAGE]
        more = len(hits) > page * PER_PAGE
        return render_template(
            "list.html", mails=shown, total=len(hits), words=words, page=page, more=more
        )

    @app.get("/messages/<int:number>")
    def shown(number: int) -> str:
        return render_template("mail.html", mail=one(number), last=len(mails))

    @app.get("/messages/<int:number>/html")
    def html(number: int) -> Response:
        answer = Response(one(number).html, mimetype="text/html")
        answer.headers["Content-Security-Policy"] = _MAIL_POLICY
        return answer

    @app.get("/messages/<int:number>/raw")
    def raw(number: int) -> Response:
        return Response(one(number).raw, mimetype="text/plain")

    @app.get("/api/messages")
    def as_json() -> dict[str, Any]:
        hits, _, _ = found()
        return {"items": [_summary(mail) for mail in hits], "total": len(hits)}

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
