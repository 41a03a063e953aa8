"""guards and canaries."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "guard",
        sa.Column("workspace_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("about", sa.String(), nullable=False),
        sa.Column("level", sa.String(), nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.Column(
            "counted_from",
            sa.JSON().with_variant(postgresql.JSONB(), "postgresql"),
            nullable=False,
        ),
        sa.Column("day", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(
            ["workspace_id"], ["workspace.id"], name=op.f("fk_guard_workspace_id_workspace")
        ),
        sa.PrimaryKeyConstraint("workspace_id", "kind", "about", name=op.f("pk_guard")),
    )
    with op.batch_alter_table("attempt", schema=None) as batch_op:
        batch_op.create_index(
            "ix_attempt_not_accepted",
            ["relay_id", "finished_at"],
            unique=False,
            sqlite_where=sa.text("outcome <> 'accepted'"),
            postgresql_where=sa.text("outcome <> 'accepted'"),
        )

    with op.batch_alter_table("campaign", schema=None) as batch_op:
        batch_op.add_column(
            sa.Column(
                "canary",
                sa.JSON().with_variant(postgresql.JSONB(), "postgresql"),
                nullable=True,
            )
        )

    with op.batch_alter_table("dispatch", schema=None) as batch_op:
        batch_op.add_column(
            sa.Column(
                "canary",
                sa.JSON().with_variant(postgresql.JSONB(), "postgresql"),
                nullable=True,
            )
        )

    with op.batch_alter_table("relay", schema=None) as batch_op:
        batch_op.add_column(
            sa.Column(
                "warm_up_frozen",
                sa.JSON().with_variant(postgresql.JSONB(), "postgresql"),
                nullable=False,
                server_default="[]",
            )
        )

    with op.batch_alter_table("workspace", schema=None) as batch_op:
        batch_op.add_column(
            sa.Column(
                "guards",
                sa.JSON().with_variant(postgresql.JSONB(), "postgresql"),
                nullable=False,
                server_default="{}",
            )
        )


def downgrade() -> None:
    with op.batch_alter_table("workspace", schema=None) as batch_op:
        batch_op.drop_column("guards")

    with op.batch_alter_table("relay", schema=None) as batch_op:
        batch_op.drop_column("warm_up_frozen")

    with op.batch_alter_table("dispatch", schema=None) as batch_op:
        batch_op.drop_column("canary")

    with op.batch_alter_table("campaign", schema=None) as batch_op:
        batch_op.drop_column("canary")

    with op.batch_alter_table("attempt", schema=None) as batch_op:
        batch_op.drop_index(
            "ix_attempt_not_accepted",
            sqlite_where=sa.text("outcome <> 'accepted'"),
            postgresql_where=sa.text("outcome <> 'accepted'"),
        )

    op.drop_table("guard")
