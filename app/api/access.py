"""What a route may ask about its caller: who it is, and whether the key may do this."""

import structlog
from flask import Response, current_app, g, request
from sqlalchemy.exc import OperationalError

from app.errors import Forbidden, Unauthorized
from app.runtime import Runtime
from app.workspaces import access
from app.workspaces.access import Principal

_log = structlog.get_logger(__name__)

#: How a key may be given, in the words of OpenAPI.
SECURITY_SCHEMES = {
    "bearer": {
        "type": "http",
        "scheme": "bearer",
        "description": "An API key: `Authorization: Bearer pf_...`",
    },
    "api_key": {
        "type": "apiKey",
        "in": "header",
        "name": "X-API-Key",
        "description": "An API key: `X-API-Key: pf_...`",
    },
}


def runtime() -> Runtime:
    """The running pressferry that this request came to."""
    found: Runtime = current_app.extensions["pressferry"]
    return found


def caller() -> Principal:
    """Who asks. Only routes with a scope have a caller."""
    found: Principal = g.caller
    return found


def admit(scope: str) -> None:
    """Lets the request in when its key has the scope. Raises Unauthorized or Forbidden."""
    now = runtime().now()
    with runtime().database.reading() as session:
        principal = access.authenticate(session, _key_text(), now)
    if scope not in principal.scopes:
        raise Forbidden(
            f"This needs the scope '{scope}': this key has {_listed(principal)} "
            f"in the role {principal.role}. Ask an owner or admin for another key."
        )
    g.caller = principal


def note_use(response: Response) -> Response:
    """Writes down that the key was used, after the answer is out."""
    principal: Principal | None = g.get("caller")
    running = runtime()
    if principal is None or not access.is_use_worth_noting(principal, running.now()):
        return response

    def note() -> None:
        try:
            with running.database.transaction() as session:
                access.note_use(session, principal, running.now())
        except OperationalError:
            _log.warning("the use of a key could not be noted: the database is busy")

    response.call_on_close(note)
    return response


def _key_text() -> str:
    scheme, _, value = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() == "bearer" and value.strip():
        return value
    if key := request.headers.get("X-API-Key"):
        return key
    raise Unauthorized("Give an API key: 'Authorization: Bearer pf_...' or 'X-API-Key: pf_...'.")


def _listed(principal: Principal) -> str:
    return ", ".join(sorted(principal.scopes)) or "none"
