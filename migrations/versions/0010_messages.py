"""messages."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy import Text
from sqlalchemy.dialects import postgresql

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

_MESSAGES = sa.text("kind = 'message'")


def upgrade() -> None:
    op.create_table(
        "asked_once",
        sa.Column("workspace_id", sa.Uuid(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("fingerprint", sa.String(), nullable=False),
        sa.Column(
            "messages",
            sa.JSON().with_variant(postgresql.JSONB(astext_type=Text()), "postgresql"),
            nullable=False,
        ),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["workspace_id"], ["workspace.id"], name=op.f("fk_asked_once_workspace_id_workspace")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_asked_once")),
        sa.UniqueConstraint("workspace_id", "key", name=op.f("uq_asked_once_workspace_id_key")),
    )
    with op.batch_alter_table("asked_once", schema=None) as batch_op:
        batch_op.create_index("ix_asked_once_created_at", ["created_at"], unique=False)
    with op.batch_alter_table("content", schema=None) as batch_op:
        batch_op.add_column(sa.Column("finished", sa.LargeBinary(), nullable=True))
    with op.batch_alter_table("dispatch", schema=None) as batch_op:
        batch_op.add_column(
            sa.Column("kind", sa.String(), nullable=False, server_default="campaign")
        )
        batch_op.create_index(
            "ix_dispatch_messages",
            ["workspace_id", "id"],
            unique=False,
            sqlite_where=_MESSAGES,
            postgresql_where=_MESSAGES,
        )


def downgrade() -> None:
    # Without its kind a message would look like a campaign with nothing to say.
    op.execute(
        "UPDATE dispatch SET hold = 'cancelled', hold_reason = 'messages were taken out' "
        "WHERE kind = 'message' AND finished_at IS NULL"
    )
    with op.batch_alter_table("dispatch", schema=None) as batch_op:
        batch_op.drop_index(
            "ix_dispatch_messages", sqlite_where=_MESSAGES, postgresql_where=_MESSAGES
        )
        batch_op.drop_column("kind")
    with op.batch_alter_table("content", schema=None) as batch_op:
        batch_op.drop_column("finished")
    with op.batch_alter_table("asked_once", schema=None) as batch_op:
        batch_op.drop_index("ix_asked_once_created_at")
    op.drop_table("asked_once")
