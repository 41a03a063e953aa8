"""A file as a source: its people go the way of every other source's."""

from collections.abc import Iterator
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import select

from app.runtime import Runtime
from app.sources.uploads import keeping
from app.sources.uploads.kinds import KINDS
from app.sources.uploads.models import Upload
from app.workspaces.models import Workspace
from connectors import Needs, Option, Page, Pull, Site, SourceField


class FileSource:
    """The file of one connection. Nothing is asked of a site."""

    needs = Needs("", "", "")

    def __init__(
        self, key: str, runtime: Runtime | None = None, connection_id: UUID | None = None
    ) -> None:
        kind = KINDS[key]
        self.key, self.title = key, kind.title
        self.fields: tuple[SourceField, ...] = kind.fields
        self.options: tuple[Option, ...] = kind.options
        self._kind, self._runtime, self._connection_id = kind, runtime, connection_id

    def look(self, site: Site) -> int | None:
        """It was looked at when it was brought."""
        return None

    def pages(self, site: Site, pull: Pull) -> Iterator[Page]:
        """Its people, from the beginning or from where the run was left. Raises Conflict."""
        runtime, connection_id = self._runtime, self._connection_id
        assert runtime is not None
        with runtime.database.reading() as session:
            upload = session.scalars(
                select(Upload).where(Upload.connection_id == connection_id)
            ).one_or_none()
            if upload is None or not upload.is_kept:
                raise keeping.gone()
            zone = ZoneInfo(session.get_one(Workspace, upload.workspace_id).timezone)
        which = upload.id
        yield from self._kind.pages(
            lambda: keeping.pieces(runtime, which), upload.layout, pull, zone, upload.rows
        )


def is_file(source: str) -> bool:
    """Whether a connection's source is a file that was brought."""
    return source in KINDS
