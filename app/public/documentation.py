"""The documentation, served here too, so that a link in an answer leads somewhere."""

from flask import Response

from app.public import reading
from app.public.pages import blueprint, page


@blueprint.get("/docs/", defaults={"name": "README"})
@blueprint.get("/docs/<path:name>")
def documentation(name: str) -> Response:
    """A page of the documentation; holds no data."""
    found = reading.rendered(name)
    if found is None:
        return page("docs_unknown.html", 404)
    return page("docs.html", document=found)
