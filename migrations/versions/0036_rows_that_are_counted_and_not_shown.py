"""rows that a source counts and does not show are counted, by run and by connection."""

import sqlalchemy as sa
from alembic import op

revision = "0036"
down_revision = "0035"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("connection", schema=None) as batch_op:
        batch_op.add_column(
            sa.Column("hidden", sa.Integer(), server_default=sa.text("0"), nullable=False)
        )

    with op.batch_alter_table("sync_run", schema=None) as batch_op:
        batch_op.add_column(
            sa.Column("hidden", sa.Integer(), server_default=sa.text("0"), nullable=False)
        )


def downgrade() -> None:
    with op.batch_alter_table("sync_run", schema=None) as batch_op:
        batch_op.drop_column("hidden")

    with op.batch_alter_table("connection", schema=None) as batch_op:
        batch_op.drop_column("hidden")
