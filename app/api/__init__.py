"""The API under /api/v1: every file of this folder that offers a ``blueprint`` is part of it."""

from collections.abc import Iterator
from http import HTTPStatus
from importlib import import_module
from pkgutil import iter_modules
from typing import Any

import flask_smorest
from flask import Flask

from app import __version__
from app.api import access, agent_access, docs, problems, schemas
from app.api.routes import Routes

_CONFIGURATION = {
    "API_TITLE": "pressferry",
    "API_VERSION": __version__,
    "OPENAPI_VERSION": "3.1.0",
    "OPENAPI_URL_PREFIX": "/api",
    "OPENAPI_JSON_PATH": "openapi.json",
    "API_SPEC_OPTIONS": {
        "info": {
            "description": "Contacts come in from WordPress; mail goes out through many relays.",
            "license": {"name": "MIT", "identifier": "MIT"},
        },
        "components": {"securitySchemes": access.SECURITY_SCHEMES | agent_access.SECURITY_SCHEMES},
    },
}


def register(app: Flask) -> None:
    """Puts every route, the OpenAPI document and the docs page into the application."""
    problems.register(app)
    app.config.update(_CONFIGURATION)
    app.url_map.merge_slashes = False
    app.after_request(access.note_use)
    app.register_blueprint(docs.pages)
    api = _Api(app)
    api.ma_plugin.converter.add_attribute_function(schemas.open_ends)
    for routes in find():
        api.register_blueprint(routes.smorest)


def find() -> Iterator[Routes]:
    """The routes of every file in this folder that has some."""
    for module in iter_modules(__path__):
        found = getattr(import_module(f"{__name__}.{module.name}"), "blueprint", None)
        if isinstance(found, Routes):
            yield found


class _Api(flask_smorest.Api):  # type: ignore[misc]
    """flask-smorest, but errors are ours, and documented as what they are."""

    ERROR_SCHEMA = problems.ProblemDocument

    def _register_error_handlers(self) -> None:
        """Ours are registered already."""

    def _register_responses(self) -> None:
        document: dict[str, Any] = {
            "content": {problems.CONTENT_TYPE: {"schema": problems.ProblemDocument}}
        }
        names = {status.name: status.phrase for status in HTTPStatus if status >= 400}
        for name, phrase in {**names, "DEFAULT_ERROR": "What went wrong"}.items():
            self.spec.components.response(name, {"description": phrase, **document}, lazy=True)

    def _register_etag_headers(self) -> None:
        """Not used, so not in the document."""

    def _register_pagination_header(self) -> None:
        """Pages say where they are in their body."""
