"""Soft bounces are counted, and blocked destinations, and logins that are too many."""

import sqlalchemy as sa
from alembic import op

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "soft_bounce",
        sa.Column(
            "delivery_id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=False,
            nullable=False,
        ),
        sa.Column("workspace_id", sa.Uuid(), nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("heard_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["delivery_id"],
            ["delivery.id"],
            name=op.f("fk_soft_bounce_delivery_id_delivery"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["workspace_id"], ["workspace.id"], name=op.f("fk_soft_bounce_workspace_id_workspace")
        ),
        sa.PrimaryKeyConstraint("delivery_id", name=op.f("pk_soft_bounce")),
    )
    op.create_index("ix_soft_bounce_address", "soft_bounce", ["workspace_id", "address"])
    with op.batch_alter_table("destination") as destination:
        destination.add_column(sa.Column("blocked_at", sa.DateTime(timezone=True)))
    with op.batch_alter_table("relay") as relay:
        relay.add_column(
            sa.Column("login_streak", sa.Integer(), server_default="0", nullable=False)
        )
    with op.batch_alter_table("workspace") as workspace:
        workspace.add_column(
            sa.Column(
                "failover_when_blocked", sa.Boolean(), server_default=sa.false(), nullable=False
            )
        )


def downgrade() -> None:
    with op.batch_alter_table("workspace") as workspace:
        workspace.drop_column("failover_when_blocked")
    with op.batch_alter_table("relay") as relay:
        relay.drop_column("login_streak")
    with op.batch_alter_table("destination") as destination:
        destination.drop_column("blocked_at")
    op.drop_index("ix_soft_bounce_address", "soft_bounce")
    op.drop_table("soft_bounce")
