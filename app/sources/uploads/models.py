"""A file that somebody brought, and its pieces."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, ForeignKey, LargeBinary, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.db import Base, Identified


class Upload(Identified, Base):
    """A file that stands in for a site: the only one of its connection.

    ``name``: what it was called where it came from. ``digest``: SHA-256 of its bytes, by which it
    is known when it comes again. ``rows``: how many say anything. ``layout``: how it is written.
    ``is_kept``: its pieces are here. ``used_at``: when it was brought or read last.
    """

    __tablename__ = "upload"
    __table_args__ = (UniqueConstraint("workspace_id", "digest"),)
    workspace_id: Mapped[UUID] = mapped_column(ForeignKey("workspace.id"))
    connection_id: Mapped[UUID] = mapped_column(
        ForeignKey("connection.id", ondelete="CASCADE"), unique=True
    )
    name: Mapped[str] = mapped_column(Text)
    kind: Mapped[str]
    digest: Mapped[str]
    size: Mapped[int] = mapped_column(BigInteger)
    rows: Mapped[int]
    layout: Mapped[dict[str, Any]]
    is_kept: Mapped[bool] = mapped_column(default=False)
    created_at: Mapped[datetime]
    used_at: Mapped[datetime]


class UploadPiece(Base):
    """A piece of a file, in order of ``number``; ``secret``: its bytes, packed and encrypted."""

    __tablename__ = "upload_piece"
    upload_id: Mapped[UUID] = mapped_column(
        ForeignKey("upload.id", ondelete="CASCADE"), primary_key=True
    )
    number: Mapped[int] = mapped_column(primary_key=True)
    secret: Mapped[bytes] = mapped_column(LargeBinary)
