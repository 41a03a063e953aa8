"""An untrue no leaves consent as it was."""

import sqlalchemy as sa
from alembic import op

revision = "0026"
down_revision = "0025"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("suppression") as suppression:
        suppression.add_column(
            sa.Column("was_pending", sa.Boolean(), nullable=False, server_default=sa.false())
        )


def downgrade() -> None:
    with op.batch_alter_table("suppression") as suppression:
        suppression.drop_column("was_pending")
