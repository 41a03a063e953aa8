"""The forms of a connection: which there are, and how each is read."""

from typing import Any
from uuid import UUID

from app.api.access import caller, runtime
from app.api.form_shapes import FormAnswer, FormChanges
from app.api.paging import PageQuery, page_of
from app.api.routes import Routes
from app.sources import forms

blueprint = Routes("forms", "Forms of sites, and what becomes of who fills them in.")


@blueprint.get(
    "/connections/<uuid:connection_id>/forms",
    scope="read",
    query=PageQuery,
    answer=page_of(FormAnswer),
)
def list_forms(connection_id: UUID, query: dict[str, Any]) -> Any:
    """The forms that were met in the rows of a connection."""
    with runtime().database.reading() as session:
        return forms.listed(
            session,
            caller().workspace_id,
            connection_id,
            number=query["page"],
            per_page=query["per_page"],
        )


@blueprint.patch(
    "/connections/<uuid:connection_id>/forms/<key>",
    scope="write",
    body=FormChanges,
    answer=FormAnswer,
)
def change_form(connection_id: UUID, key: str, body: dict[str, Any]) -> Any:
    """Give a form its own rule: fields, the address, lists and tags, consent."""
    running = runtime()
    with running.database.transaction() as session:
        return forms.change(
            session, caller().workspace_id, connection_id, key, body, now=running.now()
        )


@blueprint.delete("/connections/<uuid:connection_id>/forms/<key>", scope="write")
def forget_form_rule(connection_id: UUID, key: str) -> None:
    """Take a form's own rule away: the default (``form_rule``) holds for it again."""
    running = runtime()
    with running.database.transaction() as session:
        forms.follow_default(session, caller().workspace_id, connection_id, key, now=running.now())
