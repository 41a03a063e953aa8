"""relays that are not believed."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("dispatch") as batch_op:
        batch_op.add_column(sa.Column("resumed_at", sa.DateTime(timezone=True), nullable=True))

    with op.batch_alter_table("relay") as batch_op:
        batch_op.add_column(
            sa.Column(
                "refusals",
                sa.JSON().with_variant(postgresql.JSONB(), "postgresql"),
                server_default="[]",
                nullable=False,
            )
        )
        batch_op.add_column(
            sa.Column("distrusted_since", sa.DateTime(timezone=True), nullable=True)
        )


def downgrade() -> None:
    with op.batch_alter_table("relay") as batch_op:
        batch_op.drop_column("distrusted_since")
        batch_op.drop_column("refusals")

    with op.batch_alter_table("dispatch") as batch_op:
        batch_op.drop_column("resumed_at")
