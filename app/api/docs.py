"""The docs page: Swagger UI from an installed package, nothing from a foreign host."""

from importlib import resources
from pathlib import Path

import flask_swagger_ui
from flask import Blueprint, Response, abort, send_from_directory

pages = Blueprint("docs", __name__, url_prefix="/api/docs")

_OURS = Path(str(resources.files("app.api") / "static"))
_SWAGGER = Path(flask_swagger_ui.__file__).parent / "dist"
_ASSETS = {
    "docs.js": _OURS,
    "swagger-ui.css": _SWAGGER,
    "swagger-ui-bundle.js": _SWAGGER,
    "favicon-32x32.png": _SWAGGER,
}
_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data:; font-src 'self' data:; connect-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)


@pages.get("")
def page() -> Response:
    """The page that shows every route and tries it out."""
    answer = send_from_directory(_OURS, "docs.html")
    answer.headers["Content-Security-Policy"] = _POLICY
    return answer


@pages.get("/<name>")
def asset(name: str) -> Response:
    """A script, style or picture of the page."""
    if name not in _ASSETS:
        abort(404)
    return send_from_directory(_ASSETS[name], name, max_age=3600)
