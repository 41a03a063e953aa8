"""Agents that fall silent, the dry runs that they bring, and what is left at removed sites."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0032"
down_revision = "0031"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("agent") as agent:
        agent.add_column(sa.Column("begun_at", sa.DateTime(timezone=True), nullable=True))
        agent.add_column(sa.Column("missed_at", sa.DateTime(timezone=True), nullable=True))
        agent.add_column(
            sa.Column("every_seconds", sa.Integer(), server_default=sa.text("0"), nullable=False)
        )
    op.create_table(
        "trial_page",
        sa.Column("run_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("secret", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["run_id"],
            ["sync_run.id"],
            name=op.f("fk_trial_page_run_id_sync_run"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("run_id", "number", name=op.f("pk_trial_page")),
    )
    op.create_table(
        "farewell",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("workspace_id", sa.Uuid(), nullable=False),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("path", sa.String(), nullable=False),
        *(
            sa.Column(name, sa.Text(), nullable=False)
            for name in ("url", "username", "secret", "shop_keys", "rest_root")
        ),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["workspace_id"], ["workspace.id"], name=op.f("fk_farewell_workspace_id_workspace")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_farewell")),
    )
    op.create_index(op.f("ix_farewell_due_at"), "farewell", ["due_at"])
    op.create_index(op.f("ix_farewell_workspace_id"), "farewell", ["workspace_id"])
    named = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")
    with op.batch_alter_table("connection") as connection:
        for name in ("pull_for", "offered"):
            empty = sa.Column(name, named, server_default=sa.text("'[]'"), nullable=False)
            connection.add_column(empty)
    with op.batch_alter_table("sync_run") as run:
        run.add_column(sa.Column("named", named, nullable=True))
    with op.batch_alter_table("webhook") as webhook:
        for name in ("signing", "header"):
            empty = sa.Column(name, sa.String(), server_default=sa.text("''"), nullable=False)
            webhook.add_column(empty)


def downgrade() -> None:
    with op.batch_alter_table("webhook") as webhook:
        webhook.drop_column("header")
        webhook.drop_column("signing")
    with op.batch_alter_table("sync_run") as run:
        run.drop_column("named")
    with op.batch_alter_table("connection") as connection:
        connection.drop_column("offered")
        connection.drop_column("pull_for")
    op.drop_table("farewell")
    op.drop_table("trial_page")
    with op.batch_alter_table("agent") as agent:
        agent.drop_column("every_seconds")
        agent.drop_column("missed_at")
        agent.drop_column("begun_at")
