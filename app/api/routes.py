"""How a route says what it is: its scope, what it takes, what it answers; no route without."""

from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar

import flask_smorest
from marshmallow import Schema

from app.api import access, agent_access
from app.api.agent_access import AgentParser
from app.api.parsing import Parser
from app.workspaces.models import SCOPES

View = TypeVar("View", bound=Callable[..., Any])
Shape = type[Schema]


class Routes:
    """The routes of one kind of thing; a file of this folder offers it as ``blueprint``.

    A view gets path parts by name, the checked body as ``body``, the checked query as ``query``,
    the checked headers as ``headers``.
    What it gives back is rendered with ``answer``; ``(value, status)`` chooses the status.
    Its name is the operation id, its docstring the summary.
    """

    def __init__(self, name: str, description: str) -> None:
        self.smorest: Any = flask_smorest.Blueprint(
            name, f"app.api.{name}", url_prefix="/api/v1", description=description
        )
        self.smorest.ARGUMENTS_PARSER = Parser()

    def get(
        self,
        path: str,
        *,
        scope: str,
        answer: Shape | None = None,
        query: Shape | None = None,
        media: str | None = None,
    ) -> Callable[[View], View]:
        """A route that only looks; ``media``: it answers a file of this type instead of JSON."""
        return self._route("GET", path, scope, None, query, answer, (200,), media=media)

    def post(
        self,
        path: str,
        *,
        scope: str,
        body: Shape | None = None,
        query: Shape | None = None,
        headers: Shape | None = None,
        answer: Shape | None = None,
        status: int | tuple[int, ...] = 201,
    ) -> Callable[[View], View]:
        """A route that makes or does something; ``status``: the usual one first."""
        statuses = status if isinstance(status, tuple) else (status,)
        return self._route("POST", path, scope, body, query, answer, statuses, headers)

    def upload(
        self, path: str, *, scope: str, form: Shape, answer: Shape, status: tuple[int, ...]
    ) -> Callable[[View], View]:
        """A route that takes a form with a file; the view reads it itself."""
        return self._route("POST", path, scope, None, None, answer, status, form=form)

    def from_agents(self, path: str, *, body: Shape, answer: Shape) -> Callable[[View], View]:
        """A route for sync agents, which sign what they send instead of showing a key."""
        self.smorest.ARGUMENTS_PARSER = AgentParser()
        return self._route("POST", path, None, body, None, answer, (200,))

    def patch(self, path: str, *, scope: str, body: Shape, answer: Shape) -> Callable[[View], View]:
        """A route that changes what is given and leaves the rest."""
        return self._route("PATCH", path, scope, body, None, answer, (200,))

    def delete(
        self, path: str, *, scope: str, query: Shape | None = None, answer: Shape | None = None
    ) -> Callable[[View], View]:
        """A route that removes; it answers 204, or 200 where there is something to say."""
        return self._route("DELETE", path, scope, None, query, answer, (200 if answer else 204,))

    def _route(
        self,
        method: str,
        path: str,
        scope: str | None,
        body: Shape | None,
        query: Shape | None,
        answer: Shape | None,
        statuses: tuple[int, ...],
        headers: Shape | None = None,
        media: str | None = None,
        form: Shape | None = None,
    ) -> Callable[[View], View]:
        def decorate(view: View) -> View:
            shape = {"type": "string"} if media else answer
            function: Any = self.smorest.response(statuses[0], shape, content_type=media)(view)
            for other in statuses[1:]:
                function = self.smorest.alt_response(other, schema=answer, success=True)(function)
            if query is not None:
                function = self._taking(function, query, "query")
            if body is not None:
                function = self._taking(function, body, "json")
            if headers is not None:
                function = self._taking(function, headers, "headers")
            function = self.smorest.doc(**_documentation(view, scope, form))(function)
            self.smorest.route(path, methods=[method])(_admitting(function, scope))
            return view

        return decorate

    def _taking(self, function: Any, schema: Shape, location: str) -> Any:
        name = "body" if location == "json" else location
        needed = any(field.required for field in schema().fields.values())
        return self.smorest.arguments(schema, location=location, required=needed, arg_name=name)(
            function
        )


def _admitting(function: Any, scope: str | None) -> Any:
    """``scope`` None: a sync agent must have signed."""
    if scope is not None and scope not in SCOPES:
        raise ValueError(f"there is no scope {scope!r}")

    @wraps(function)
    def admitted(*args: Any, **kwargs: Any) -> Any:
        if scope is None:
            agent_access.admit()
        else:
            access.admit(scope)
        return function(*args, **kwargs)

    admitted.scope = scope  # type: ignore[attr-defined]
    admitted.is_signed = scope is None  # type: ignore[attr-defined]
    return admitted


def _documentation(
    view: Callable[..., Any], scope: str | None, form: Shape | None
) -> dict[str, Any]:
    keys = [{name: [scope]} for name in access.SECURITY_SCHEMES]
    signed: list[dict[str, list[str]]] = [{name: []} for name in agent_access.SECURITY_SCHEMES]
    body: dict[str, Any] = {"content": {"multipart/form-data": {"schema": form}}, "required": True}
    more = {"requestBody": body} if form else {}
    return {"operationId": view.__name__, "security": keys if scope else signed, **more}
