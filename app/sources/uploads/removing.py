"""Files are removed bit by bit: nobody who wants to write waits for all of a large one."""

from uuid import UUID

from app.runtime import Runtime
from app.sources.models import Connection, Site
from app.sources.storing import noted
from app.sources.uploads import keeping, receiving


def remove(runtime: Runtime, workspace_id: UUID, upload_id: UUID) -> None:
    """Removes a file with its connection and runs; the contacts stay. Raises NotFound.

    From its beginning on, the very same bytes are another file. Whoever is stopped in the middle
    leaves one that is not kept any more, to be removed again.
    """
    with runtime.database.transaction() as session:
        upload = receiving.get(session, workspace_id, upload_id)
        connection = session.get_one(Connection, upload.connection_id)
        site_id, which = connection.site_id, connection.id
        upload.is_kept, upload.digest = False, f"removed:{upload_id}"
        session.get_one(Site, site_id).url = f"file:removed:{upload_id}"
    keeping.drop(runtime, upload_id)
    noted.clear(runtime, which)
    with runtime.database.transaction() as session:
        if site := session.get(Site, site_id):
            session.delete(site)
