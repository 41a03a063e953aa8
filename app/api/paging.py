"""Lists come in pages: what may be asked for, and the shape of the answer."""

from typing import Any

from marshmallow import Schema, fields, validate

from app.api.schemas import Strict

MOST_PER_PAGE = 500


class PageQuery(Strict):
    """Which part of a list; lists with filters inherit from this."""

    page = fields.Integer(load_default=1, validate=validate.Range(1, 1_000_000))
    per_page = fields.Integer(load_default=50, validate=validate.Range(1, MOST_PER_PAGE))


def page_of(item: type[Schema]) -> type[Schema]:
    """The schema of a page of ``item``: ``{"items", "total", "page", "per_page"}``."""
    members: dict[str, Any] = {
        "items": fields.List(fields.Nested(item), required=True),
        "total": fields.Integer(required=True),
        "page": fields.Integer(required=True),
        "per_page": fields.Integer(required=True),
        "__doc__": f"A page of {item.__name__}.",
    }
    return Schema.from_dict(members, name=f"{item.__name__}Page")
