"""limits per minute and for any 24 hours."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    json = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")
    with op.batch_alter_table("relay") as relay:
        relay.add_column(sa.Column("minute_limit", sa.Integer()))
        relay.add_column(
            sa.Column("rolling_day", sa.Boolean(), nullable=False, server_default=sa.false())
        )
        relay.add_column(sa.Column("hours", json, nullable=False, server_default="[]"))


def downgrade() -> None:
    with op.batch_alter_table("relay") as relay:
        relay.drop_column("hours")
        relay.drop_column("rolling_day")
        relay.drop_column("minute_limit")
