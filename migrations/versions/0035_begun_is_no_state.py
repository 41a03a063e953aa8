"""begun is no state of a delivery: it is claimed, with an open attempt."""

from alembic import op

revision = "0035"
down_revision = "0034"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("UPDATE delivery SET state = 'claimed' WHERE state = 'begun'")


def downgrade() -> None:
    op.execute(
        "UPDATE delivery SET state = 'begun' WHERE state = 'claimed' AND EXISTS"
        " (SELECT 1 FROM attempt WHERE attempt.delivery_id = delivery.id AND outcome IS NULL)"
    )
    op.execute(
        "UPDATE delivery SET first_tried_at ="
        " (SELECT min(begun_at) FROM attempt WHERE attempt.delivery_id = delivery.id)"
        " WHERE state = 'begun' AND first_tried_at IS NULL"
    )
