"""What is over for long is forgotten."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0031"
down_revision = "0030"
branch_labels = None
depends_on = None


def upgrade() -> None:
    kept = sa.text("finished IS NOT NULL")
    op.create_index(
        "ix_content_finished",
        "content",
        ["workspace_id", "created_at"],
        sqlite_where=kept,
        postgresql_where=kept,
    )
    op.create_index("ix_dispatch_content", "dispatch", ["content_id"])
    with op.batch_alter_table("workspace") as workspace:
        workspace.add_column(
            sa.Column(
                "retention",
                sa.JSON().with_variant(postgresql.JSONB(), "postgresql"),
                server_default="{}",
                nullable=False,
            )
        )


def downgrade() -> None:
    with op.batch_alter_table("workspace") as workspace:
        workspace.drop_column("retention")
    op.drop_index("ix_dispatch_content", "dispatch")
    op.drop_index("ix_content_finished", "content")
