"""Every error leaves as RFC 9457 problem+json; this is where they are put into that shape."""

from collections.abc import Iterator
from http import HTTPStatus
from typing import Any

import structlog
from flask import Flask, Response, current_app, request
from marshmallow import Schema, fields
from sqlalchemy.exc import IntegrityError, OperationalError, TimeoutError
from werkzeug.exceptions import HTTPException

from app import errors, outages

CONTENT_TYPE = "application/problem+json"
_STATUS: dict[type[errors.Problem], int] = {
    errors.Invalid: 422,
    errors.Unsupported: 415,
    errors.NotFound: 404,
    errors.Conflict: 409,
    errors.Forbidden: 403,
    errors.Unauthorized: 401,
    errors.Later: 429,
}
_MOST_ERRORS = 100
_LONGEST_PLACE = 200
_log = structlog.get_logger(__name__)


class Mistake(Schema):
    """One thing to mend: where in the input, and what about it."""

    where = fields.String(required=True)
    detail = fields.String(required=True)


class ProblemDocument(Schema):
    """What went wrong, and how to mend it (RFC 9457)."""

    type = fields.String(required=True)
    title = fields.String(required=True)
    status = fields.Integer(required=True)
    detail = fields.String(required=True)
    errors = fields.List(fields.Nested(Mistake), required=True)


def register(app: Flask) -> None:
    """Makes every error of the application a problem document."""
    app.register_error_handler(errors.Problem, _ours)
    app.register_error_handler(IntegrityError, _raced)
    app.register_error_handler(OperationalError, _busy)
    app.register_error_handler(TimeoutError, _busy)
    app.register_error_handler(HTTPException, _http)


def answer(
    status: int,
    detail: str,
    mistakes: list[dict[str, str]] | None = None,
    headers: dict[str, str] | None = None,
) -> Response:
    """A problem document as an answer."""
    document = {
        "type": "about:blank",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "detail": detail,
        "errors": mistakes or [],
    }
    body = current_app.json.dumps(document)
    return Response(body, status, headers, content_type=CONTENT_TYPE)


def _ours(error: errors.Problem) -> Response:
    status = next(code for kind, code in _STATUS.items() if isinstance(error, kind))
    headers = {"WWW-Authenticate": 'Bearer realm="pressferry"'} if status == 401 else {}
    if isinstance(error, errors.Later):
        headers["Retry-After"] = str(error.seconds)
    return answer(status, error.detail, list(_mistakes(error.errors)), headers)


def _raced(error: IntegrityError) -> Response:
    _log.warning("two requests changed the same thing at once", error=type(error.orig).__name__)
    return answer(
        409, "Somebody else changed the same thing at this moment: look again, then repeat."
    )


def _busy(error: OperationalError | TimeoutError) -> Response:
    _log.error("the database did not answer", error=str(getattr(error, "orig", error)))
    if outages.is_full(error):
        return answer(
            503,
            "The disk under the database is full, so nothing was stored: whoever runs this server "
            "has to free some of it. Then ask again.",
            None,
            {"Retry-After": "60"},
        )
    return answer(
        503, "The database is busy or away: ask again in a moment.", None, {"Retry-After": "2"}
    )


def _http(error: HTTPException) -> Response | HTTPException:
    if error.code is None or error.response is not None:
        return error
    data = getattr(error, "data", {})
    mistakes = list(_mistakes(data.get("messages", {})))
    headers = {
        name: value
        for name, value in error.get_headers()
        if name not in ("Content-Type", "Content-Length")
    }
    return answer(error.code, _sentence(error, mistakes), mistakes[:_MOST_ERRORS], headers)


def _sentence(error: HTTPException, mistakes: list[dict[str, str]]) -> str:
    match error.code:
        case 404:
            return "There is nothing at this address: all of them are listed at /api/docs."
        case 405:
            return f"This address does not take {request.method[:20]}: see the Allow header."
        case 413:
            return f"The body is too large: at most {request.max_content_length} bytes."
        case 422 if mistakes:
            first, more = mistakes[0], len(mistakes) - 1
            also = f" (and {more} more: see errors)" if more else ""
            return (
                f"{first['where']}: {first['detail']}{also}" if first["where"] else first["detail"]
            )
        case 500:
            return "Something went wrong here; it is written down in the server's log."
    return str(error.description)


def _mistakes(messages: Any, place: tuple[str, ...] = ()) -> Iterator[dict[str, str]]:
    if isinstance(messages, dict):
        for key, about in messages.items():
            hidden = key == "_schema" or (not place and key in ("json", "query", "json_or_form"))
            yield from _mistakes(about, place if hidden else (*place, str(key)))
    elif isinstance(messages, list):
        for message in messages:
            yield from _mistakes(message, place)
    else:
        yield {"where": ".".join(place)[:_LONGEST_PLACE], "detail": str(messages)}
