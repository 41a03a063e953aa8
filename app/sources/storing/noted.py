"""What was noted of the rows of a source."""

from uuid import UUID

from sqlalchemy import delete
from sqlalchemy.orm import Session

from app.sources.models import SourceRow


def forget(session: Session, connection_id: UUID) -> None:
    """A source that is read in another way has other rows: none of them was seen before."""
    session.execute(
        delete(SourceRow)
        .where(SourceRow.connection_id == connection_id)
        .execution_options(synchronize_session=False)
    )
