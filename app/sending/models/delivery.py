"""Delivery and attempt: the lines of the ledger."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey, Index, Text, UniqueConstraint, exists, literal_column, text
from sqlalchemy.orm import Mapped, aliased, mapped_column

from app.db import Base
from app.sending.models.numbers import Number

#: Stands in ``contact_id`` where a message goes to somebody who is no contact. (A column that
#: may be empty would mean writing this table, the largest of all, anew.)
NOBODY = UUID(int=0)


class Delivery(Base):
    """One message to one contact: a line of the ledger, in exactly one state.

    ``state``: queued, claimed ("sending" outside; begun while an attempt of it is open), sent,
    bounced, rejected, failed, suppressed, cancelled, unknown. ``relay_id`` is set when the delivery
    must stay on a relay (it was deferred there); ``primary_id`` is whose turn it is when the
    dispatch rotates. ``tries`` counts attempts that reached a result; ``round`` counts passes
    through the chain. ``first_tried_at``: of those that were not taken at once. ``reason`` says in
    words why it is where it is.
    """

    __tablename__ = "delivery"
    __table_args__ = (
        UniqueConstraint("dispatch_id", "address"),
        Index("ix_delivery_due", "dispatch_id", "state", "due_at", "id"),
        Index(
            "ix_delivery_again",
            "dispatch_id",
            "state",
            "due_at",
            "id",
            sqlite_where=text("state = 'queued' AND tries > 0"),
            postgresql_where=text("state = 'queued' AND tries > 0"),
        ),
        Index(
            "ix_delivery_owner",
            "sender_id",
            sqlite_where=text("sender_id IS NOT NULL"),
            postgresql_where=text("sender_id IS NOT NULL"),
        ),
        Index("ix_delivery_contact", "contact_id"),
        Index(
            "ix_delivery_unknown",
            "dispatch_id",
            sqlite_where=text("state = 'unknown'"),
            postgresql_where=text("state = 'unknown'"),
        ),
        Index(
            "ix_delivery_share",
            "dispatch_id",
            "primary_id",
            "state",
            "due_at",
            sqlite_where=text("primary_id IS NOT NULL"),
            postgresql_where=text("primary_id IS NOT NULL"),
        ),
    )
    id: Mapped[int] = mapped_column(Number, primary_key=True, autoincrement=True)
    dispatch_id: Mapped[UUID] = mapped_column(ForeignKey("dispatch.id"))
    contact_id: Mapped[UUID]
    email: Mapped[str] = mapped_column(Text)
    address: Mapped[str] = mapped_column(Text)
    state: Mapped[str] = mapped_column(default="queued")
    due_at: Mapped[datetime]
    tries: Mapped[int] = mapped_column(default=0)
    round: Mapped[int] = mapped_column(default=0)
    relay_id: Mapped[UUID | None]
    primary_id: Mapped[UUID | None]
    sender_id: Mapped[UUID | None]
    first_tried_at: Mapped[datetime | None]
    finished_at: Mapped[datetime | None]
    reason: Mapped[str] = mapped_column(Text, default="")


#: Of these nobody knows whether they went. Written out, because only then their index is used.
IN_DOUBT = Delivery.state == literal_column("'unknown'")


class Attempt(Base):
    """One try of a delivery through one relay; ``outcome`` is NULL while it is open.

    At most one is open per delivery. ``outcome``: accepted, throttled, deferred, bounced,
    rejected, refused, unauthorized, unknown, or void (nothing was said to the relay).
    ``due_at``: since when the delivery had been due.
    """

    __tablename__ = "attempt"
    __table_args__ = (
        Index("ix_attempt_delivery", "delivery_id"),
        Index(
            "ix_attempt_not_accepted",
            "relay_id",
            "finished_at",
            sqlite_where=text("outcome <> 'accepted'"),
            postgresql_where=text("outcome <> 'accepted'"),
        ),
        Index(
            "uq_attempt_open",
            "delivery_id",
            unique=True,
            sqlite_where=text("outcome IS NULL"),
            postgresql_where=text("outcome IS NULL"),
        ),
        Index(
            "ix_attempt_sender_open",
            "sender_id",
            sqlite_where=text("outcome IS NULL"),
            postgresql_where=text("outcome IS NULL"),
        ),
    )
    id: Mapped[int] = mapped_column(Number, primary_key=True, autoincrement=True)
    delivery_id: Mapped[int] = mapped_column(Number, ForeignKey("delivery.id"))
    relay_id: Mapped[UUID]
    sender_id: Mapped[UUID]
    round: Mapped[int]
    from_email: Mapped[str] = mapped_column(Text)
    due_at: Mapped[datetime | None]
    begun_at: Mapped[datetime]
    finished_at: Mapped[datetime | None]
    outcome: Mapped[str | None]
    phase: Mapped[str] = mapped_column(default="")
    code: Mapped[int | None]
    text: Mapped[str] = mapped_column(Text, default="")


_open = aliased(Attempt)
#: Something may be said to a relay about such a delivery, or was. It is no state of its own: for
#: PostgreSQL another state means writing all indexes of the row anew.
IS_BEGUN = exists().where(_open.delivery_id == Delivery.id, _open.outcome.is_(None))
