"""How files that people bring look in the API."""

from marshmallow import Schema, fields, validate

from app.api.choices import Choices
from app.api.form_shapes import CREATE_FIELDS, ConsentShape, groups_of, mapping_of
from app.api.schemas import Flag, Id, Instant, Name, Strict
from app.api.site_shapes import FieldAnswer
from connectors.reading.files.tables import DELIMITERS
from connectors.reading.files.texts import ENCODINGS
from sync.policy import POLICIES

_MOST = 100
_WHO_AGREED = (
    "Say who agreed to be written to: null for nobody yet (new contacts are pending then), or a "
    "rule: everyone, for a reason, or whose field says yes."
)


class UploadForm(Strict):
    """A form with a file in it."""

    file = fields.Raw(
        required=True, metadata={"type": "string", "contentMediaType": "application/octet-stream"}
    )


class LayoutChanges(Strict):
    """How a table is written, where that was not found out rightly; the rest stays."""

    encoding = fields.String(validate=validate.OneOf(ENCODINGS))
    delimiter = fields.String(validate=validate.OneOf(DELIMITERS))
    has_header = Flag(metadata={"description": "Whether the first row names the columns"})


class LayoutAnswer(Schema):
    """How a table is written; an export of WordPress has nothing of it."""

    encoding = fields.String()
    delimiter = fields.String()
    has_header = fields.Boolean()


class UploadListed(Schema):
    """A file that somebody brought. ``rows``: how many say anything. ``is_kept``: it is still here;
    its connection has its settings and its runs in any case.
    """

    id = Id(required=True)
    connection_id = Id(required=True)
    name = fields.String(required=True)
    kind = fields.String(required=True)
    digest = fields.String(required=True, metadata={"description": "SHA-256 of its bytes"})
    size = fields.Integer(required=True)
    rows = fields.Integer(required=True)
    layout = fields.Nested(LayoutAnswer, required=True)
    is_kept = fields.Boolean(required=True)
    created_at = Instant(required=True)
    used_at = Instant(required=True)


class UploadAnswer(UploadListed):
    """``options``: which column says what, as far as was found out. ``fields``: every column, and
    where it goes. ``sample``: the first rows. ``consent_fields``: columns that look as if they said
    who agreed.
    """

    options = fields.Dict(keys=fields.String(), values=fields.Raw(), required=True)
    fields_ = fields.List(
        fields.Nested(FieldAnswer), required=True, attribute="fields", data_key="fields"
    )
    sample = fields.List(fields.Dict(keys=fields.String(), values=fields.String()), required=True)
    consent_fields = fields.List(fields.String(), required=True)


class UploadRun(Strict):
    """What becomes of the people in a file. ``consent`` has to be said: who agreed to be written
    to, or null for nobody yet: then who is new becomes a pending contact, which nobody writes to.

    ``dry``: nothing is stored, only what would become of it. ``force``: even if it changes more
    than the guard allows. What is not given stays as it was.
    """

    consent = fields.Nested(
        ConsentShape, required=True, allow_none=True, error_messages={"required": _WHO_AGREED}
    )
    mapping = mapping_of("Column to contact field; '' leaves it out")
    create_fields = CREATE_FIELDS
    options = Choices("Which column says what; those not named stay")
    add_lists = groups_of("Ids or names; a list with an unknown name is created")
    add_tags = groups_of("Ids or names; a tag with an unknown name is created")
    policy = fields.String(validate=validate.OneOf(POLICIES))
    policies = fields.Dict(
        keys=Name(),
        values=fields.String(validate=validate.OneOf(POLICIES)),
        validate=validate.Length(0, _MOST),
    )
    dry = Flag(load_default=False)
    force = Flag(load_default=False)
