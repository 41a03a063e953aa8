"""Mailbox: where what comes back is read."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey, Index, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.db import Base, Identified
from app.sending.models.numbers import Number


class Mailbox(Identified, Base):
    """An IMAP folder to which relays send what could not be delivered.

    ``addresses``: what mail arrives in it: addresses, or ``@domain`` for all of one.
    ``complaints``: feedback loops report here too. ``after``: what is done with mails that were
    understood: leave, seen or move, to ``move_to``.

    Below "place" is how far it was read: ``last_uid`` counts in ``uid_validity``; both change in
    the transaction that writes down what a mail said. ``due_at``: when it is read again, and while
    it is being read, when somebody else may take over.
    """

    __tablename__ = "mailbox"
    __table_args__ = (
        UniqueConstraint("workspace_id", "name"),
        Index("ix_mailbox_due", "enabled", "due_at"),
    )
    workspace_id: Mapped[UUID] = mapped_column(ForeignKey("workspace.id"))
    name: Mapped[str]
    host: Mapped[str]
    port: Mapped[int]
    encryption: Mapped[str]
    username: Mapped[str] = mapped_column(Text)
    secret: Mapped[str] = mapped_column(Text, default="")
    folder: Mapped[str] = mapped_column(Text, default="INBOX")
    addresses: Mapped[list[str]]
    complaints: Mapped[bool] = mapped_column(default=False)
    after: Mapped[str] = mapped_column(default="leave")
    move_to: Mapped[str] = mapped_column(Text, default="")
    enabled: Mapped[bool] = mapped_column(default=True)
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]
    # place
    due_at: Mapped[datetime]
    uid_validity: Mapped[int | None] = mapped_column(Number)
    last_uid: Mapped[int] = mapped_column(Number, default=0)
    read_at: Mapped[datetime | None]
    failures: Mapped[int] = mapped_column(default=0)
    last_failure: Mapped[str] = mapped_column(Text, default="")
    # how many mails there were of which kind
    mails: Mapped[int] = mapped_column(default=0)
    matched: Mapped[int] = mapped_column(default=0)
    bounces: Mapped[int] = mapped_column(default=0)
    complained: Mapped[int] = mapped_column(default=0)
    not_ours: Mapped[int] = mapped_column(default=0)
