"""A no to messages is kept when a stronger no comes."""

import sqlalchemy as sa
from alembic import op

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("suppression") as suppression:
        suppression.add_column(
            sa.Column("stops_messages", sa.Boolean(), nullable=False, server_default=sa.false())
        )
    rows = sa.table("suppression", sa.column("reason"), sa.column("stops_messages", sa.Boolean))
    stopping = ("invalid", "bounced", "manual", "complained")
    op.execute(rows.update().where(rows.c.reason.in_(stopping)).values(stops_messages=True))


def downgrade() -> None:
    with op.batch_alter_table("suppression") as suppression:
        suppression.drop_column("stops_messages")
