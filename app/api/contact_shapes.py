"""How a contact looks in the API: what may be said about one, and what is answered."""

from typing import Any

from marshmallow import Schema, fields, validate

from app.api.paging import PageQuery
from app.api.schemas import Email, Id, Instant, Name, Strict, Text
from app.contacts.models import CONTACT_FIELDS, STATUSES

_MOST_GROUPS = 100
_LONGEST_TEXT = 10_000


def _status(**more: Any) -> fields.Field[Any]:
    return fields.String(validate=validate.OneOf(STATUSES), **more)


def _groups(what: str) -> fields.Field[Any]:
    return fields.List(
        Name(),
        validate=validate.Length(0, _MOST_GROUPS),
        metadata={"description": f"Ids or names; a {what} with an unknown name is created"},
    )


def _custom() -> fields.Field[Any]:
    return fields.Dict(
        keys=Name(),
        values=Text(most=_LONGEST_TEXT, lines=True, allow_none=True),
        metadata={"description": "Custom fields: key to text"},
    )


_SAID = {name: Text(allow_none=True) for name in CONTACT_FIELDS} | {"fields": _custom()}

#: A new contact, or one to be filled up: empty values say nothing.
ContactValues = Strict.from_dict(
    {
        "email": Email(required=True),
        "status": _status(),
        **_SAID,
        "lists": _groups("list"),
        "tags": _groups("tag"),
    },
    name="ContactValues",
)

#: A person's edit: what is given replaces, empty erases.
ContactChanges = Strict.from_dict({"email": Email(), **_SAID}, name="ContactChanges")


class StatusChange(Strict):
    """A person's decision about the status."""

    status = _status(required=True)


class ContactQuery(PageQuery):
    """Which contacts: words in e-mail, names, company or phone; list and tag by id or name."""

    q = Text(load_default="", metadata={"description": "Every word must be found"})
    status = _status(load_default=None)
    list = Name(load_default=None)
    tag = Name(load_default=None)


class GroupName(Schema):
    """A list or tag that a contact is on."""

    id = Id(required=True)
    name = fields.String(required=True)


def _answered(name: str) -> fields.Field[Any]:
    return fields.String(required=True, attribute=f"contact.{name}")


ContactAnswer = Schema.from_dict(
    {
        "id": Id(required=True, attribute="contact.id"),
        "email": _answered("email"),
        "status": _status(required=True, attribute="contact.status"),
        **{name: _answered(name) for name in CONTACT_FIELDS},
        "fields": fields.Dict(
            keys=fields.String(),
            values=fields.String(),
            required=True,
            attribute="contact.fields",
        ),
        "lists": fields.List(fields.Nested(GroupName), required=True),
        "tags": fields.List(fields.Nested(GroupName), required=True),
        "source": _answered("source"),
        "edited": fields.List(
            fields.String(),
            required=True,
            attribute="contact.edited",
            metadata={"description": "What a person edited: sites no longer overwrite it"},
        ),
        "created_at": Instant(required=True, attribute="contact.created_at"),
        "updated_at": Instant(required=True, attribute="contact.updated_at"),
    },
    name="ContactAnswer",
)
