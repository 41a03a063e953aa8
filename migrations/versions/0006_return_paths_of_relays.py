"""Relays have return paths: none at first, so their own From stays on envelopes."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("relay") as relay:
        relay.add_column(sa.Column("return_path", sa.Text(), server_default="", nullable=False))
        relay.add_column(
            sa.Column("return_path_learned", sa.String(), server_default="", nullable=False)
        )
        relay.add_column(sa.Column("return_path_at", sa.DateTime(timezone=True)))
        relay.add_column(
            sa.Column("return_path_words", sa.Text(), server_default="", nullable=False)
        )


def downgrade() -> None:
    with op.batch_alter_table("relay") as relay:
        relay.drop_column("return_path_words")
        relay.drop_column("return_path_at")
        relay.drop_column("return_path_learned")
        relay.drop_column("return_path")
