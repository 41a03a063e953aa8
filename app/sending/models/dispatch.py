"""Content and dispatch: what one launch says, and how it goes out."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKey, Index, Text, literal_column, text
from sqlalchemy.orm import Mapped, mapped_column

from app.db import Base, Identified

#: What a dispatch is: a campaign's launch, or one message that was handed in for one recipient.
CAMPAIGN, MESSAGE = "campaign", "message"


class Content(Identified, Base):
    """What a dispatch says, frozen: Liquid sources, ready to be compiled; or, for messages, a
    ``finished`` mail (RFC 5322, with CRLF) to which only the sender's headers may be missing; NULL
    once it is no longer kept.
    """

    __tablename__ = "content"
    __table_args__ = (
        Index(
            "ix_content_finished",
            "workspace_id",
            "created_at",
            sqlite_where=text("finished IS NOT NULL"),
            postgresql_where=text("finished IS NOT NULL"),
        ),
    )
    workspace_id: Mapped[UUID] = mapped_column(ForeignKey("workspace.id"))
    subject: Mapped[str] = mapped_column(Text)
    preheader: Mapped[str] = mapped_column(Text)
    html: Mapped[str] = mapped_column(Text)
    text: Mapped[str] = mapped_column(Text)
    finished: Mapped[bytes | None]
    created_at: Mapped[datetime]


class Dispatch(Identified, Base):
    """One launch as sending sees it: what, from whom, from when, and whether it is held.

    ``kind``: CAMPAIGN, or MESSAGE: one recipient, who need not be a contact.
    ``hold``: "" (go), ``paused`` or ``cancelled``. ``relay_id``: the pin, if any; without one
    ``mail_type`` and ``user_id``, the sending user, choose. ``pool``: the relays it rotates over.
    ``from_email`` "" means: the identity of whatever relay sends. ``domain`` is what the
    Message-IDs are made with, the same through every failover. ``promise``: ``never_twice`` or
    ``at_least_once``, what is done where nobody can know. ``sending_window``: see
    ``rules.windows``, None: any time. ``canary``: the words of the campaign's, and where it is
    (``state``, ``why``, ``size``, ``rest_from``), None: it has none. ``not_later_than``: nothing
    is claimed from then on. ``finished_at`` is set when no delivery is open any more.
    """

    __tablename__ = "dispatch"
    __table_args__ = (
        Index("ix_dispatch_content", "content_id"),
        Index("ix_dispatch_open", "finished_at", "hold", "ready_at"),
        Index(
            "ix_dispatch_messages",
            "workspace_id",
            "id",
            sqlite_where=text("kind = 'message'"),
            postgresql_where=text("kind = 'message'"),
        ),
    )
    kind: Mapped[str] = mapped_column(default=CAMPAIGN)
    workspace_id: Mapped[UUID] = mapped_column(ForeignKey("workspace.id"))
    content_id: Mapped[UUID] = mapped_column(ForeignKey("content.id"))
    label: Mapped[str] = mapped_column(Text, default="")
    relay_id: Mapped[UUID | None]
    mail_type: Mapped[str] = mapped_column(default="newsletter")
    stream: Mapped[str] = mapped_column(default="marketing")
    user_id: Mapped[UUID | None]
    pool: Mapped[list[str]] = mapped_column(default=list)
    from_email: Mapped[str] = mapped_column(Text, default="")
    from_name: Mapped[str] = mapped_column(Text, default="")
    reply_to_email: Mapped[str] = mapped_column(Text, default="")
    reply_to_name: Mapped[str] = mapped_column(Text, default="")
    domain: Mapped[str] = mapped_column(Text)
    promise: Mapped[str] = mapped_column(default="never_twice")
    hold: Mapped[str] = mapped_column(default="")
    resumed_at: Mapped[datetime | None]
    hold_reason: Mapped[str] = mapped_column(Text, default="")
    sending_window: Mapped[dict[str, Any] | None]
    canary: Mapped[dict[str, Any] | None]
    ready_at: Mapped[datetime]
    not_later_than: Mapped[datetime | None]
    created_at: Mapped[datetime]
    finished_at: Mapped[datetime | None]


#: Messages. Written out, because only then their index is used.
IS_MESSAGE = Dispatch.kind == literal_column(f"'{MESSAGE}'")
