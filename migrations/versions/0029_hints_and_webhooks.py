"""hints and webhooks."""

import sqlalchemy as sa
from alembic import op

revision = "0029"
down_revision = "0028"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "hint",
        sa.Column("workspace_id", sa.Uuid(), nullable=False),
        sa.Column("connection_id", sa.Uuid(), nullable=False),
        sa.Column("secret", sa.Text(), nullable=False),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.Column("checked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("heard_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["connection_id"],
            ["connection.id"],
            name=op.f("fk_hint_connection_id_connection"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["workspace_id"], ["workspace.id"], name=op.f("fk_hint_workspace_id_workspace")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_hint")),
        sa.UniqueConstraint("connection_id", name=op.f("uq_hint_connection_id")),
    )
    with op.batch_alter_table("hint") as batch_op:
        batch_op.create_index(batch_op.f("ix_hint_workspace_id"), ["workspace_id"], unique=False)

    op.create_table(
        "webhook",
        sa.Column("workspace_id", sa.Uuid(), nullable=False),
        sa.Column("connection_id", sa.Uuid(), nullable=False),
        sa.Column("secret", sa.Text(), nullable=False),
        sa.Column("heard_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["connection_id"],
            ["connection.id"],
            name=op.f("fk_webhook_connection_id_connection"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["workspace_id"], ["workspace.id"], name=op.f("fk_webhook_workspace_id_workspace")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_webhook")),
        sa.UniqueConstraint("connection_id", name=op.f("uq_webhook_connection_id")),
    )
    with op.batch_alter_table("webhook") as batch_op:
        batch_op.create_index(batch_op.f("ix_webhook_workspace_id"), ["workspace_id"], unique=False)

    op.create_table(
        "webhook_post",
        sa.Column("connection_id", sa.Uuid(), nullable=False),
        sa.Column("digest", sa.String(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("is_done", sa.Boolean(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["connection_id"],
            ["connection.id"],
            name=op.f("fk_webhook_post_connection_id_connection"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_webhook_post")),
        sa.UniqueConstraint(
            "connection_id", "digest", name=op.f("uq_webhook_post_connection_id_digest")
        ),
    )
    with op.batch_alter_table("webhook_post") as batch_op:
        batch_op.create_index(
            "ix_webhook_post_received", ["connection_id", "received_at"], unique=False
        )
        batch_op.create_index(
            "ix_webhook_post_waiting",
            ["connection_id", "id"],
            unique=False,
            sqlite_where=sa.text("NOT is_done"),
            postgresql_where=sa.text("NOT is_done"),
        )

    with op.batch_alter_table("connection") as batch_op:
        batch_op.add_column(sa.Column("pull_by", sa.DateTime(timezone=True), nullable=True))


def downgrade() -> None:
    with op.batch_alter_table("connection") as batch_op:
        batch_op.drop_column("pull_by")

    with op.batch_alter_table("webhook_post") as batch_op:
        batch_op.drop_index(
            "ix_webhook_post_waiting",
            sqlite_where=sa.text("NOT is_done"),
            postgresql_where=sa.text("NOT is_done"),
        )
        batch_op.drop_index("ix_webhook_post_received")

    op.drop_table("webhook_post")
    with op.batch_alter_table("webhook") as batch_op:
        batch_op.drop_index(batch_op.f("ix_webhook_workspace_id"))

    op.drop_table("webhook")
    with op.batch_alter_table("hint") as batch_op:
        batch_op.drop_index(batch_op.f("ix_hint_workspace_id"))

    op.drop_table("hint")
