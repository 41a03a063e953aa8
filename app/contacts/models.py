"""Contact, mailing list, tag, field, suppression."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKey, Index, Text, UniqueConstraint, false, text
from sqlalchemy.orm import Mapped, mapped_column

from app.db import Base, Identified
from app.rules import consent

STATUSES = ("pending", "active", "unsubscribed", "bounced", "invalid", "complained")
#: Columns of a contact that people and sites may fill; every one is text, "" when unknown.
CONTACT_FIELDS = (
    "first_name",
    "last_name",
    "prefix",
    "suffix",
    "phone",
    "company",
    "job_title",
    "address_line_1",
    "address_line_2",
    "city",
    "state",
    "postal_code",
    "country",
    "language",
    "timezone",
    "date_of_birth",
)


class Contact(Identified, Base):
    """A person, known by one e-mail address.

    ``email`` is as it was given; ``address`` is its normal form, unique in the workspace.
    ``fields`` holds custom fields (key -> text). ``edited`` names the fields that a person
    edited here: a site no longer overwrites those. ``origins``: where values came from, by field
    ("*" for those not named): ``{"connection": id or null, "by": "site" or a source, "at": when}``.
    """

    __tablename__ = "contact"
    __table_args__ = (
        UniqueConstraint("workspace_id", "address"),
        Index("ix_contact_workspace_status", "workspace_id", "status", "id"),
    )
    workspace_id: Mapped[UUID] = mapped_column(ForeignKey("workspace.id"))
    email: Mapped[str] = mapped_column(Text)
    address: Mapped[str] = mapped_column(Text)
    status: Mapped[str] = mapped_column(default="active")
    source: Mapped[str] = mapped_column(default="manual")
    first_name: Mapped[str] = mapped_column(Text, default="")
    last_name: Mapped[str] = mapped_column(Text, default="")
    prefix: Mapped[str] = mapped_column(Text, default="")
    suffix: Mapped[str] = mapped_column(Text, default="")
    phone: Mapped[str] = mapped_column(Text, default="")
    company: Mapped[str] = mapped_column(Text, default="")
    job_title: Mapped[str] = mapped_column(Text, default="")
    address_line_1: Mapped[str] = mapped_column(Text, default="")
    address_line_2: Mapped[str] = mapped_column(Text, default="")
    city: Mapped[str] = mapped_column(Text, default="")
    state: Mapped[str] = mapped_column(Text, default="")
    postal_code: Mapped[str] = mapped_column(Text, default="")
    country: Mapped[str] = mapped_column(Text, default="")
    language: Mapped[str] = mapped_column(Text, default="")
    timezone: Mapped[str] = mapped_column(Text, default="")
    date_of_birth: Mapped[str] = mapped_column(Text, default="")
    fields: Mapped[dict[str, Any]] = mapped_column(default=dict)
    edited: Mapped[list[str]] = mapped_column(default=list)
    origins: Mapped[dict[str, Any]] = mapped_column(default=dict, server_default=text("'{}'"))
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]


class MailingList(Identified, Base):
    """A list people are on: what they are written to about."""

    __tablename__ = "mailing_list"
    __table_args__ = (UniqueConstraint("workspace_id", "name"),)
    workspace_id: Mapped[UUID] = mapped_column(ForeignKey("workspace.id"))
    name: Mapped[str]
    description: Mapped[str] = mapped_column(Text, default="")
    created_at: Mapped[datetime]


class Tag(Identified, Base):
    """A mark on contacts."""

    __tablename__ = "tag"
    __table_args__ = (UniqueConstraint("workspace_id", "name"),)
    workspace_id: Mapped[UUID] = mapped_column(ForeignKey("workspace.id"))
    name: Mapped[str]
    description: Mapped[str] = mapped_column(Text, default="")
    color: Mapped[str] = mapped_column(default="")
    created_at: Mapped[datetime]


class ContactList(Base):
    """A contact on a mailing list; ``connection_id`` names the connection that put it there."""

    __tablename__ = "contact_list"
    contact_id: Mapped[UUID] = mapped_column(
        ForeignKey("contact.id", ondelete="CASCADE"), primary_key=True
    )
    list_id: Mapped[UUID] = mapped_column(
        ForeignKey("mailing_list.id", ondelete="CASCADE"), primary_key=True, index=True
    )
    connection_id: Mapped[UUID | None]
    created_at: Mapped[datetime]


class ContactTag(Base):
    """A tag on a contact; ``connection_id`` names the connection that put it there."""

    __tablename__ = "contact_tag"
    contact_id: Mapped[UUID] = mapped_column(
        ForeignKey("contact.id", ondelete="CASCADE"), primary_key=True
    )
    tag_id: Mapped[UUID] = mapped_column(
        ForeignKey("tag.id", ondelete="CASCADE"), primary_key=True, index=True
    )
    connection_id: Mapped[UUID | None]
    created_at: Mapped[datetime]


class Field(Identified, Base):
    """A custom field that contacts of a workspace may have; ``kind``: what its text must be."""

    __tablename__ = "field"
    __table_args__ = (UniqueConstraint("workspace_id", "key"),)
    workspace_id: Mapped[UUID] = mapped_column(ForeignKey("workspace.id"))
    key: Mapped[str]
    label: Mapped[str]
    kind: Mapped[str] = mapped_column(default="text", server_default=text("'text'"))
    created_at: Mapped[datetime]


class Suppression(Identified, Base):
    """An address that is never written to. It outlives the contact.

    ``reason`` is one of unsubscribed, bounced, complained, invalid, manual: the strongest that was
    heard. ``stops_messages``: one of those that were heard also stops mail that somebody waits for.
    ``was_pending``: the contact had not agreed yet when it came, and has not if it was untrue.
    """

    __tablename__ = "suppression"
    __table_args__ = (UniqueConstraint("workspace_id", "address"),)
    workspace_id: Mapped[UUID] = mapped_column(ForeignKey("workspace.id"))
    address: Mapped[str] = mapped_column(Text)
    reason: Mapped[str]
    stops_messages: Mapped[bool] = mapped_column(
        default=lambda row: consent.stops_messages(row.get_current_parameters()["reason"]),
        server_default=false(),
    )
    was_pending: Mapped[bool] = mapped_column(default=False, server_default=false())
    detail: Mapped[str] = mapped_column(Text, default="")
    created_at: Mapped[datetime]


class ConsentProof(Identified, Base):
    """What shows that a person may be written to, or may not; never changed afterwards.

    ``way``: status, checkbox, field, or reason (of the operator). ``connection_id``, ``source``
    and ``site``: where it was seen, which it outlives; ``row``: which row there said it. ``form``
    and ``form_title``: what she filled in. ``text``: the words she read. ``value``: what stood in
    ``field``. ``said_at``: when she said it, NULL when nobody knows. ``digest``: of all this, so
    that the same proof is kept once.
    """

    __tablename__ = "consent_proof"
    __table_args__ = (UniqueConstraint("contact_id", "digest"),)
    workspace_id: Mapped[UUID] = mapped_column(ForeignKey("workspace.id"), index=True)
    contact_id: Mapped[UUID] = mapped_column(ForeignKey("contact.id", ondelete="CASCADE"))
    is_yes: Mapped[bool]
    way: Mapped[str]
    connection_id: Mapped[UUID | None]
    source: Mapped[str]
    site: Mapped[str] = mapped_column(Text)
    row: Mapped[str]
    form: Mapped[str]
    form_title: Mapped[str] = mapped_column(Text)
    field: Mapped[str]
    text: Mapped[str] = mapped_column(Text)
    value: Mapped[str] = mapped_column(Text)
    said_at: Mapped[datetime | None]
    recorded_at: Mapped[datetime]
    digest: Mapped[str]
