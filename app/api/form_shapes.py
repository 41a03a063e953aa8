"""How the forms of a source look in the API, and who may be written to."""

from typing import Any

from marshmallow import Schema, fields, post_load, validate

from app.api.schemas import Flag, Instant, Name, Strict, Text
from sync.consent import BASES, OTHERWISE

_MOST = 100


def mapping_of(description: str) -> fields.Field[Any]:
    """Source field to contact field."""
    return fields.Dict(
        keys=Name(),
        values=Text(),
        validate=validate.Length(0, _MOST),
        metadata={"description": description},
    )


def groups_of(description: str) -> fields.Field[Any]:
    """Lists or tags, by ids or names."""
    return fields.List(
        Name(), validate=validate.Length(0, _MOST), metadata={"description": description}
    )


#: Of a body with a mapping.
CREATE_FIELDS = Flag(
    metadata={"description": "Create the custom fields that the mapping names and that are missing"}
)


class ConsentShape(Strict):
    """Who of a source may be written to: ``everyone`` for a reason, or whose ``field`` says yes.

    ``text``: the reason, or the words that people agreed to; it stands in the proof. ``yes``: the
    values that agree, none for anything but a no. ``otherwise``: what becomes of the others:
    ``skip`` (no_consent) or ``pending``. ``at``: when they agreed, where no row says it.
    """

    basis = fields.String(required=True, validate=validate.OneOf(BASES))
    text = Text(most=1000, load_default="")
    field = Text(load_default="")
    yes = fields.List(Name(), validate=validate.Length(0, _MOST), load_default=list)
    otherwise = fields.String(validate=validate.OneOf(OTHERWISE), load_default="skip")
    at = Instant()

    @post_load
    def _as_it_is_kept(self, said: dict[str, Any], **_: Any) -> dict[str, Any]:
        """A moment is kept as text, like everything that rows say."""
        if "at" in said:
            said["at"] = said["at"].strftime("%Y-%m-%dT%H:%M:%SZ")
        return said


class DefaultRule(Strict):
    """How forms are read that have no rule of their own, new ones among them."""

    enabled = Flag(metadata={"description": "false: submissions are rejected_by_mapping"})
    add_lists = groups_of("Ids or names; a list with an unknown name is created")
    add_tags = groups_of("Ids or names; a tag with an unknown name is created")
    remove_lists = groups_of("Lists that a submission takes away, if this connection gave them")
    remove_tags = groups_of("Tags that a submission takes away, if this connection gave them")
    consent = fields.Nested(
        ConsentShape,
        allow_none=True,
        metadata={"description": "Who may be written to; null: as the connection has it"},
    )


class FormChanges(DefaultRule):
    """A form's own rule; what is not given stays as it holds for the form now."""

    email_field = Text(
        metadata={"description": "The field with the address; '': found by type, then by value"}
    )
    mapping = mapping_of("Field of the form to contact field; '' leaves it out")
    create_fields = CREATE_FIELDS


class FormField(Schema):
    """A field of the form; ``target`` is where it goes now, "" for nowhere."""

    key = fields.String(required=True)
    label = fields.String(required=True)
    target = fields.String(required=True)


class FormAnswer(Schema):
    """A form of a source, and what holds for it."""

    key = fields.String(required=True)
    title = fields.String(required=True)
    follows_default = fields.Boolean(required=True)
    enabled = fields.Boolean(required=True)
    email_field = fields.String(required=True)
    mapping = fields.Dict(keys=fields.String(), values=fields.String(), required=True)
    add_lists = fields.List(fields.String(), required=True)
    add_tags = fields.List(fields.String(), required=True)
    remove_lists = fields.List(fields.String(), required=True)
    remove_tags = fields.List(fields.String(), required=True)
    consent = fields.Dict(required=True, allow_none=True)
    fields_ = fields.List(
        fields.Nested(FormField), required=True, attribute="fields", data_key="fields"
    )
    met_at = Instant(required=True)
