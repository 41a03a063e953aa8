"""How sites, their connections and their runs look in the API."""

from typing import Any

from marshmallow import Schema, fields, validate

from app.api.choices import Choices
from app.api.docs_links import DocsLink
from app.api.form_shapes import CREATE_FIELDS, ConsentShape, DefaultRule, groups_of, mapping_of
from app.api.schemas import Id, Instant, Name, Strict, Text
from app.sources.connections import NEW_STATUSES
from sync.policy import POLICIES
from sync.schedule import MOST_MINUTES

_MOST = 100


class Password(Text):
    """A secret: it goes in and never comes out."""

    def __init__(self, **more: Any) -> None:
        super().__init__(least=1, metadata={"format": "password"}, load_only=True, **more)


class NewSite(Strict):
    """A site; with an account of it and an application password (Users > Profile), with the keys of
    its shop (WooCommerce > Settings > Advanced > REST API), or without: then its owner approves at
    the link in the answer.
    """

    url = Text(required=True, least=1, most=2000)
    username = Name()
    application_password = Password()
    consumer_key = Password(most=100)
    consumer_secret = Password(most=100)
    name = Text()


class RemovedSiteAnswer(Schema):
    """``left_at_site``: what we made there, and take away as soon as it answers; sentences."""

    left_at_site = fields.List(fields.String(), required=True)


class SiteChanges(Strict):
    """What may be changed; another host needs the application password, or the keys, again.
    Both keys null: none any more.
    """

    url = Text(least=1, most=2000)
    username = Name()
    application_password = Password()
    consumer_key = Password(most=100, allow_none=True)
    consumer_secret = Password(most=100, allow_none=True)
    name = Text()


class SiteAnswer(Schema):
    """A site, without its password and keys. ``rest_root`` is empty until it was discovered;
    ``key_ending``: how the consumer key ends.
    """

    id = Id(required=True)
    url = fields.String(required=True)
    name = fields.String(required=True)
    username = fields.String(required=True)
    has_password = fields.Boolean(required=True)
    has_keys = fields.Boolean(required=True)
    key_ending = fields.String(required=True)
    rest_root = fields.String(required=True)
    discovered_at = Instant(required=True, allow_none=True)
    created_at = Instant(required=True)
    updated_at = Instant(required=True)


class AuthorizationAnswer(Schema):
    """The link on which the site's owner approves, followed once; or why there is none.

    ``state``: ready, or as a source's (app_passwords_unavailable, insecure_http, ...) with what
    to do in ``detail``; ``docs`` tells more.
    """

    state = fields.String(required=True)
    url = fields.String(required=True)
    expires_at = Instant(required=True, allow_none=True)
    detail = fields.String(required=True)
    docs = DocsLink()


class NewSiteAnswer(SiteAnswer):
    """A new site; ``authorization`` is null when a login was given."""

    authorization = fields.Nested(AuthorizationAnswer, required=True, allow_none=True)


class SourceAnswer(Schema):
    """A source of a site: whether it can be read, or why not; ``docs`` tells more."""

    source = fields.String(required=True)
    title = fields.String(required=True)
    state = fields.String(required=True)
    detail = fields.String(required=True)
    docs = DocsLink()
    connection_id = Id(required=True, allow_none=True)


class DiscoveryAnswer(Schema):
    """Every source that this version knows, as it stands at the site."""

    sources = fields.List(fields.Nested(SourceAnswer), required=True)


class Schedule(Strict):
    """How often: one of the two; cron in the time zone of the workspace."""

    every_minutes = fields.Integer(
        strict=True,
        validate=validate.Range(1, MOST_MINUTES),
    )
    cron = Text(least=1, metadata={"example": "30 4 * * 1-5"})


class ConnectionChanges(Strict):
    """What becomes of a source's people, and how often it is pulled; null: only when asked."""

    schedule = fields.Nested(Schedule, allow_none=True)
    new_contact_status = fields.String(validate=validate.OneOf(NEW_STATUSES))
    mapping = mapping_of(
        "Source field to contact field ('fields.<key>' for a custom one; '' leaves it out); fields "
        "that are not named go where they go by themselves"
    )
    create_fields = CREATE_FIELDS
    options = Choices("Choices that the source offers; those not named stay")
    add_lists = groups_of("Ids or names; a list with an unknown name is created")
    add_tags = groups_of("Ids or names; a tag with an unknown name is created")
    policy = fields.String(
        validate=validate.OneOf(POLICIES),
        metadata={
            "description": "What the site may do to contacts that are here already: site_wins, "
            "fill_empty (only what is empty), never (only new contacts get its values)"
        },
    )
    policies = fields.Dict(
        keys=Name(),
        values=fields.String(validate=validate.OneOf(POLICIES)),
        validate=validate.Length(0, _MOST),
        metadata={"description": "Contact field ('email' too) to a policy of its own"},
    )
    consent = fields.Nested(
        ConsentShape,
        allow_none=True,
        metadata={"description": "Who may be written to; null: what the source says itself"},
    )
    form_rule = fields.Nested(DefaultRule)


class FieldAnswer(Schema):
    """A field of the source; ``target`` is where it goes now, "" for nowhere."""

    key = fields.String(required=True)
    label = fields.String(required=True)
    target = fields.String(required=True)


class ConnectionAnswer(Schema):
    """A site's source that is pulled.

    ``state``: ready, or needs_reauth (stopped until somebody mends the login at the site).
    ``trouble``: what went wrong last, "" when nothing did; ``failing_since``: since when;
    ``rest_until``: the site is left in peace until then. ``hidden``: how many rows the source
    counted and did not show when it was read; ``warning``: what to do about it, "" where it showed
    all.
    """

    id = Id(required=True)
    site_id = Id(required=True)
    source = fields.String(required=True)
    title = fields.String(required=True)
    state = fields.String(required=True)
    schedule = fields.Dict(required=True, allow_none=True)
    new_contact_status = fields.String(required=True)
    mapping = fields.Dict(keys=fields.String(), values=fields.String(), required=True)
    fields_ = fields.List(
        fields.Nested(FieldAnswer), required=True, attribute="fields", data_key="fields"
    )
    options = fields.Dict(keys=fields.String(), values=fields.Raw(), required=True)
    add_lists = fields.List(fields.String(), required=True)
    add_tags = fields.List(fields.String(), required=True)
    policy = fields.String(required=True)
    policies = fields.Dict(keys=fields.String(), values=fields.String(), required=True)
    consent = fields.Dict(required=True, allow_none=True)
    form_rule = fields.Dict(required=True)
    failures = fields.Integer(required=True)
    failing_since = Instant(required=True, allow_none=True)
    trouble = fields.String(required=True)
    rest_until = Instant(required=True, allow_none=True)
    hidden = fields.Integer(required=True)
    warning = fields.String(required=True)
    last_run_at = Instant(required=True, allow_none=True)
    next_run_at = Instant(required=True, allow_none=True)
    created_at = Instant(required=True)
    updated_at = Instant(required=True)
