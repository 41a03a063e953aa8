"""Rules about replies, unknown replies, and how fast a throttled relay is asked."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "reply_rule",
        sa.Column("workspace_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("enabled", sa.Boolean(), nullable=False),
        sa.Column("preset", sa.String(), nullable=False),
        sa.Column("relay_id", sa.Uuid(), nullable=True),
        sa.Column("phase", sa.String(), nullable=False),
        sa.Column("code", sa.String(), nullable=False),
        sa.Column("enhanced", sa.String(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("outcome", sa.String(), nullable=False),
        sa.Column("about", sa.String(), nullable=False),
        sa.Column("quota", sa.Boolean(), nullable=False),
        sa.Column("suppress", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["relay_id"],
            ["relay.id"],
            name=op.f("fk_reply_rule_relay_id_relay"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["workspace_id"], ["workspace.id"], name=op.f("fk_reply_rule_workspace_id_workspace")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reply_rule")),
    )
    with op.batch_alter_table("reply_rule") as batch_op:
        batch_op.create_index(
            "ix_reply_rule_order", ["workspace_id", "position", "id"], unique=False
        )
        batch_op.create_index(batch_op.f("ix_reply_rule_relay_id"), ["relay_id"], unique=False)

    op.create_table(
        "unknown_reply",
        sa.Column("workspace_id", sa.Uuid(), nullable=False),
        sa.Column("relay_id", sa.Uuid(), nullable=False),
        sa.Column("phase", sa.String(), nullable=False),
        sa.Column("code", sa.Integer(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("example", sa.Text(), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.Column("first_seen", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_seen", sa.DateTime(timezone=True), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["relay_id"],
            ["relay.id"],
            name=op.f("fk_unknown_reply_relay_id_relay"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["workspace_id"], ["workspace.id"], name=op.f("fk_unknown_reply_workspace_id_workspace")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_unknown_reply")),
        sa.UniqueConstraint(
            "workspace_id",
            "relay_id",
            "phase",
            "code",
            "kind",
            name=op.f("uq_unknown_reply_workspace_id_relay_id_phase_code_kind"),
        ),
    )
    with op.batch_alter_table("unknown_reply") as batch_op:
        batch_op.create_index(batch_op.f("ix_unknown_reply_relay_id"), ["relay_id"], unique=False)
        batch_op.create_index(
            "ix_unknown_reply_seen", ["workspace_id", "last_seen", "id"], unique=False
        )
    json = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")
    with op.batch_alter_table("relay") as relay:
        relay.add_column(sa.Column("pace", json))
        for name in ("flow_messages", "flow_seconds", "flow_at"):
            relay.add_column(sa.Column(name, sa.Double(), nullable=False, server_default="0"))


def downgrade() -> None:
    with op.batch_alter_table("relay") as relay:
        for name in ("flow_at", "flow_seconds", "flow_messages", "pace"):
            relay.drop_column(name)
    with op.batch_alter_table("unknown_reply") as batch_op:
        batch_op.drop_index("ix_unknown_reply_seen")
        batch_op.drop_index(batch_op.f("ix_unknown_reply_relay_id"))

    op.drop_table("unknown_reply")
    with op.batch_alter_table("reply_rule") as batch_op:
        batch_op.drop_index(batch_op.f("ix_reply_rule_relay_id"))
        batch_op.drop_index("ix_reply_rule_order")

    op.drop_table("reply_rule")
