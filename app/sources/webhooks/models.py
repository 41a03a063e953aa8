"""What is told unasked: hints from sites, rows that programs hand in, and a "no" told back."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey, Index, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from app.db import Base, Identified
from app.rules.inbound import Scheme

_WAITING = "NOT is_done"


class Hint(Identified, Base):
    """That a source tells us when something changed: webhooks at the site, which we made.

    They come to an address with this id. ``secret``: what they are signed with, encrypted.
    ``detail``: what is wrong with them, "" when nothing was when they were ``checked_at``.
    """

    __tablename__ = "hint"
    workspace_id: Mapped[UUID] = mapped_column(ForeignKey("workspace.id"), index=True)
    connection_id: Mapped[UUID] = mapped_column(
        ForeignKey("connection.id", ondelete="CASCADE"), unique=True
    )
    secret: Mapped[str] = mapped_column(Text)
    detail: Mapped[str] = mapped_column(Text, default="")
    checked_at: Mapped[datetime | None]
    heard_at: Mapped[datetime | None]
    created_at: Mapped[datetime]


class Webhook(Identified, Base):
    """An address with this id, to which programs post signed rows for a connection.

    ``secret``: what they sign with, encrypted. ``signing``: in which way, ``header``: where; both
    empty for our own.
    """

    __tablename__ = "webhook"
    workspace_id: Mapped[UUID] = mapped_column(ForeignKey("workspace.id"), index=True)
    connection_id: Mapped[UUID] = mapped_column(
        ForeignKey("connection.id", ondelete="CASCADE"), unique=True
    )
    secret: Mapped[str] = mapped_column(Text)
    signing: Mapped[str] = mapped_column(default="", server_default=text("''"))
    header: Mapped[str] = mapped_column(default="", server_default=text("''"))
    heard_at: Mapped[datetime | None]
    created_at: Mapped[datetime]

    @property
    def scheme(self) -> Scheme:
        """How its posts are signed."""
        return Scheme(self.signing, self.header) if self.signing else Scheme()


class WebhookPost(Identified, Base):
    """What was posted to a webhook, until it is among the contacts; then its ``body`` goes.

    ``digest``: of its signature, so that it counts once. ``body``: JSON, encrypted.
    """

    __tablename__ = "webhook_post"
    __table_args__ = (
        UniqueConstraint("connection_id", "digest"),
        Index("ix_webhook_post_received", "connection_id", "received_at"),
        Index(
            "ix_webhook_post_waiting",
            "connection_id",
            "id",
            sqlite_where=text(_WAITING),
            postgresql_where=text(_WAITING),
        ),
    )
    connection_id: Mapped[UUID] = mapped_column(ForeignKey("connection.id", ondelete="CASCADE"))
    digest: Mapped[str]
    body: Mapped[str] = mapped_column(Text)
    received_at: Mapped[datetime]
    is_done: Mapped[bool] = mapped_column(default=False)


class ToldBack(Base):
    """Somebody who unsubscribed here, and whether her row's source was told.

    ``tries`` failed so far, ``words``: why the last one did; the next is ``due_at``.
    """

    __tablename__ = "told_back"
    connection_id: Mapped[UUID] = mapped_column(
        ForeignKey("connection.id", ondelete="CASCADE"), primary_key=True
    )
    source_id: Mapped[str] = mapped_column(primary_key=True)
    contact_id: Mapped[UUID] = mapped_column(ForeignKey("contact.id", ondelete="CASCADE"))
    email: Mapped[str] = mapped_column(Text)
    tries: Mapped[int] = mapped_column(default=0)
    words: Mapped[str] = mapped_column(Text, default="")
    due_at: Mapped[datetime]
    told_at: Mapped[datetime | None]


class Farewell(Identified, Base):
    """Webhooks that were left at a site which is removed here, and what it takes to get in there.

    They go to an address that ends with ``path``. ``tries`` failed so far; the next is ``due_at``.
    """

    __tablename__ = "farewell"
    workspace_id: Mapped[UUID] = mapped_column(ForeignKey("workspace.id"), index=True)
    source: Mapped[str]
    path: Mapped[str]
    url: Mapped[str] = mapped_column(Text)
    username: Mapped[str] = mapped_column(Text)
    secret: Mapped[str] = mapped_column(Text)
    shop_keys: Mapped[str] = mapped_column(Text)
    rest_root: Mapped[str] = mapped_column(Text)
    tries: Mapped[int] = mapped_column(default=0)
    due_at: Mapped[datetime] = mapped_column(index=True)
    created_at: Mapped[datetime]
