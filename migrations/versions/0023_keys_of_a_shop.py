"""keys of a shop, and what is wrong with a connection."""

import sqlalchemy as sa
from alembic import op

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("connection") as batch_op:
        batch_op.add_column(sa.Column("failing_since", sa.DateTime(timezone=True), nullable=True))
        batch_op.add_column(
            sa.Column("trouble", sa.Text(), server_default=sa.text("''"), nullable=False)
        )
        batch_op.add_column(
            sa.Column("is_down", sa.Boolean(), server_default=sa.false(), nullable=False)
        )

    with op.batch_alter_table("site") as batch_op:
        batch_op.add_column(
            sa.Column("shop_keys", sa.Text(), server_default=sa.text("''"), nullable=False)
        )
        batch_op.add_column(
            sa.Column("key_ending", sa.Text(), server_default=sa.text("''"), nullable=False)
        )


def downgrade() -> None:
    with op.batch_alter_table("site") as batch_op:
        batch_op.drop_column("key_ending")
        batch_op.drop_column("shop_keys")

    with op.batch_alter_table("connection") as batch_op:
        batch_op.drop_column("is_down")
        batch_op.drop_column("trouble")
        batch_op.drop_column("failing_since")
