"""what is held back from destinations."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "destination",
        sa.Column("relay_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("pause_until", sa.DateTime(timezone=True), nullable=False),
        sa.Column("pace", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=False),
        sa.Column("held_until", sa.DateTime(timezone=True), nullable=False),
        sa.Column("tat", sa.Double(), nullable=False),
        sa.Column("turn", sa.Double(), nullable=False),
        sa.Column("streak", sa.Integer(), nullable=False),
        sa.Column("complaints", sa.Integer(), nullable=False),
        sa.Column("last_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["relay_id"],
            ["relay.id"],
            name=op.f("fk_destination_relay_id_relay"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("relay_id", "name", name=op.f("pk_destination")),
    )
    with op.batch_alter_table("relay") as relay:
        relay.add_column(sa.Column("slowed_until", sa.DateTime(timezone=True), nullable=True))


def downgrade() -> None:
    with op.batch_alter_table("relay") as relay:
        relay.drop_column("slowed_until")

    op.drop_table("destination")
