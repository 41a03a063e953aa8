"""The sync agent of a site, and the batches that it brought."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKey, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from app.db import Base, Identified, Json


class Agent(Identified, Base):
    """A program near a site that reads it instead of this server; at most one per site.

    ``secret``: what it signs with, encrypted. ``findings``: what it said of the site's sources,
    ``[{"source", "state", "detail"}]``, at ``looked_at``; ``seen_at``: when it was heard of last.
    ``begun_at``: when it was begun to work once, ``every_seconds``: so long after the time before,
    0 where nobody knows; both are empty for one that stays. ``missed_at``: when it was first found
    to be silent.
    """

    __tablename__ = "agent"
    workspace_id: Mapped[UUID] = mapped_column(ForeignKey("workspace.id"), index=True)
    site_id: Mapped[UUID] = mapped_column(ForeignKey("site.id", ondelete="CASCADE"), unique=True)
    secret: Mapped[str] = mapped_column(Text)
    version: Mapped[str] = mapped_column(default="")
    findings: Mapped[list[dict[str, str]]] = mapped_column(Json, default=list)
    looked_at: Mapped[datetime | None]
    seen_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]
    begun_at: Mapped[datetime | None]
    missed_at: Mapped[datetime | None]
    every_seconds: Mapped[int] = mapped_column(default=0, server_default=text("0"))
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]


class IngestBatch(Identified, Base):
    """A batch that was taken, with what was answered: said again when it comes again.

    The id is the batch's own; ``digest`` tells whether it is really the same.
    """

    __tablename__ = "ingest_batch"
    run_id: Mapped[UUID] = mapped_column(ForeignKey("sync_run.id", ondelete="CASCADE"), index=True)
    digest: Mapped[str]
    answer: Mapped[dict[str, Any]]
    created_at: Mapped[datetime] = mapped_column(index=True)


class TrialPage(Base):
    """A page that an agent brought for a dry run: tried with the others when all are there.

    ``secret``: what it said, encrypted.
    """

    __tablename__ = "trial_page"
    run_id: Mapped[UUID] = mapped_column(
        ForeignKey("sync_run.id", ondelete="CASCADE"), primary_key=True
    )
    number: Mapped[int] = mapped_column(primary_key=True)
    secret: Mapped[str] = mapped_column(Text)
