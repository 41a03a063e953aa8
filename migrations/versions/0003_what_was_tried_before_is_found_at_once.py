"""What was tried before is found at once, however long the queue is."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

_TRIED = sa.text("state = 'queued' AND tries > 0")


def upgrade() -> None:
    op.create_index(
        "ix_delivery_again",
        "delivery",
        ["dispatch_id", "due_at", "id"],
        sqlite_where=_TRIED,
        postgresql_where=_TRIED,
    )


def downgrade() -> None:
    op.drop_index("ix_delivery_again", "delivery")
