"""The index of what was tried before is one that SQLite takes."""

import sqlalchemy as sa
from alembic import op

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None

_TRIED = sa.text("state = 'queued' AND tries > 0")


def upgrade() -> None:
    _replace("dispatch_id", "state", "due_at", "id")


def downgrade() -> None:
    _replace("dispatch_id", "due_at", "id")


def _replace(*columns: str) -> None:
    op.drop_index("ix_delivery_again", "delivery")
    op.create_index(
        "ix_delivery_again",
        "delivery",
        list(columns),
        sqlite_where=_TRIED,
        postgresql_where=_TRIED,
    )
