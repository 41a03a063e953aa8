"""The start page and the unsubscribe page; plain HTML, no script, no cookie, no foreign host."""

from typing import Any

from flask import Blueprint, Response, current_app, make_response, render_template

from app import __version__
from app.runtime import Runtime
from app.subscriptions import unsubscribe

blueprint = Blueprint("public", __name__, template_folder="templates")

_HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'unsafe-inline'; img-src data:; form-action 'self'; "
        "base-uri 'none'; frame-ancestors 'none'"
    ),
    "X-Robots-Tag": "noindex, nofollow",
    "Cache-Control": "no-store",
}


@blueprint.get("/")
def start() -> Response:
    """What runs here, its version, and where the docs are."""
    return page("start.html", version=__version__)


@blueprint.get("/u/<token>")
def ask(token: str) -> Response:
    """Asks, and does nothing: programs that look at links in mail come here too."""
    if unsubscribe.read(_keys(), token) is None:
        return page("unknown.html", 404)
    return page("ask.html")


@blueprint.post("/u/<token>")
def leave(token: str) -> Response:
    """Unsubscribes, for the button and for one-click unsubscribe (RFC 8058) alike."""
    named = unsubscribe.read(_keys(), token)
    if named is None:
        return page("unknown.html", 404)
    running = runtime()
    with running.database.transaction() as session:
        unsubscribe.unsubscribe(session, *named, now=running.now())
    return page("done.html")


def page(template: str, status: int = 200, **values: Any) -> Response:
    """One of our pages."""
    response = make_response(render_template(template, **values), status)
    response.headers.update(_HEADERS)
    return response


def runtime() -> Runtime:
    """The running pressferry that this request came to."""
    found: Runtime = current_app.extensions["pressferry"]
    return found


def _keys() -> list[bytes]:
    return runtime().vault.keys_for("unsubscribe")
