"""Under which names relays may send besides their own: of nobody it is known yet."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None


def upgrade() -> None:
    json = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")
    with op.batch_alter_table("relay") as relay:
        relay.add_column(sa.Column("verified_senders", json, nullable=False, server_default="[]"))


def downgrade() -> None:
    with op.batch_alter_table("relay") as relay:
        relay.drop_column("verified_senders")
