"""what the relays did."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    json = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")
    op.create_table(
        "ledger_stretch",
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("highest", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("settled", sa.Boolean(), nullable=False),
        sa.Column("look_again_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_ledger_stretch")),
    )
    op.create_table(
        "relay_figures",
        sa.Column("stretch", sa.Integer(), nullable=False),
        sa.Column("relay_id", sa.Uuid(), nullable=False),
        sa.Column("hour", sa.Integer(), nullable=False),
        sa.Column(
            "counts",
            json,
            nullable=False,
        ),
        sa.Column(
            "reply_times",
            json,
            nullable=False,
        ),
        sa.Column(
            "queue_times",
            json,
            nullable=False,
        ),
        sa.ForeignKeyConstraint(
            ["stretch"],
            ["ledger_stretch.number"],
            name=op.f("fk_relay_figures_stretch_ledger_stretch"),
        ),
        sa.PrimaryKeyConstraint("stretch", "relay_id", "hour", name=op.f("pk_relay_figures")),
    )
    with op.batch_alter_table("relay_figures", schema=None) as batch_op:
        batch_op.create_index("ix_relay_figures_hour", ["relay_id", "hour"], unique=False)

    with op.batch_alter_table("attempt", schema=None) as batch_op:
        batch_op.add_column(sa.Column("due_at", sa.DateTime(timezone=True), nullable=True))

    with op.batch_alter_table("delivery", schema=None) as batch_op:
        batch_op.create_index(
            "ix_delivery_unknown",
            ["dispatch_id"],
            unique=False,
            sqlite_where=sa.text("state = 'unknown'"),
            postgresql_where=sa.text("state = 'unknown'"),
        )


def downgrade() -> None:
    with op.batch_alter_table("delivery", schema=None) as batch_op:
        batch_op.drop_index(
            "ix_delivery_unknown",
            sqlite_where=sa.text("state = 'unknown'"),
            postgresql_where=sa.text("state = 'unknown'"),
        )

    with op.batch_alter_table("attempt", schema=None) as batch_op:
        batch_op.drop_column("due_at")

    with op.batch_alter_table("relay_figures", schema=None) as batch_op:
        batch_op.drop_index("ix_relay_figures_hour")

    op.drop_table("relay_figures")
    op.drop_table("ledger_stretch")
