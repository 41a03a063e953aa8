"""How sync runs look in the API: asked for, counted, looked at."""

from marshmallow import Schema, fields

from app.api.choices import Choices
from app.api.form_shapes import groups_of
from app.api.schemas import Flag, Id, Instant, Strict

_MOST = 100


class Once(Strict):
    """What this run alone does, for everybody: it goes through everything."""

    add_lists = groups_of("Ids or names; a list with an unknown name is created")
    add_tags = groups_of("Ids or names; a tag with an unknown name is created")
    options = Choices("Choices that hold for this run, such as which roles")


class NewRun(Strict):
    """``force``: even if it changes more than the guard allows. ``full``: through everything.

    ``dry``: nothing is stored, only what would become of it. ``once``: what this run alone does.
    """

    force = Flag(load_default=False)
    full = Flag(load_default=False)
    dry = Flag(load_default=False)
    once = fields.Nested(Once, load_default=None, allow_none=True)


class RunAnswer(Schema):
    """A sync run: seen = created + updated + kept + everything skipped, by reason.

    ``total``: how many rows the source said it has, null while nobody knows; ``hidden``: how many
    it counted and did not show to this login, since the sweep began. ``faults``: values that their
    fields could not take. Of a dry run the numbers say what would be.
    """

    id = Id(required=True)
    connection_id = Id(required=True)
    state = fields.String(required=True)
    trigger = fields.String(required=True)
    seen = fields.Integer(required=True)
    created = fields.Integer(required=True)
    updated = fields.Integer(required=True)
    kept = fields.Integer(required=True)
    skipped = fields.Dict(keys=fields.String(), values=fields.Integer(), required=True)
    faults = fields.Integer(required=True)
    pages = fields.Integer(required=True)
    total = fields.Integer(required=True, allow_none=True)
    hidden = fields.Integer(required=True)
    force = fields.Boolean(required=True)
    full = fields.Boolean(required=True)
    dry = fields.Boolean(required=True)
    once = fields.Dict(required=True, allow_none=True)
    detail = fields.String(required=True)
    created_at = Instant(required=True)
    started_at = Instant(required=True, allow_none=True)
    finished_at = Instant(required=True, allow_none=True)


class SampleAnswer(Schema):
    """What would become of one row: ``what`` is create, update or reject.

    ``changes``: contact field to what it says and what it would say.
    """

    what = fields.String(required=True)
    source_id = fields.String(required=True)
    email = fields.String(required=True)
    status = fields.String()
    changes = fields.Dict(keys=fields.String(), values=fields.List(fields.String()))
    reason = fields.String()
    detail = fields.String()


class SamplesAnswer(Schema):
    """Examples of what a dry run found: at most five of each kind."""

    items = fields.List(fields.Nested(SampleAnswer), required=True)
