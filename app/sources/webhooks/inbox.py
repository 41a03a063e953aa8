"""What was posted to a webhook, as a source: its rows go the way of every other source's."""

import json
from collections.abc import Iterator, Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import select, update

import connectors
from app.runtime import Runtime
from app.sources import notifications as mails
from app.sources.notifications.source import NotificationMails
from app.sources.uploads.source import FileSource, is_file
from app.sources.webhooks.models import WebhookPost
from app.vault import speaking_of
from connectors import Connector, Incoming, Needs, Option, Page, Pull, Site, SourceField
from connectors.reading import handed
from connectors.reading.handed import Paths
from connectors.reading.walk import Noticed

#: How the source of such a connection begins; the rest is its name.
PREFIX = "webhook:"
MOST_ROWS = 100
_AT_ONCE = 20


class Inbox:
    """The posts of one webhook that wait, oldest first; done with once they are stored."""

    key = "webhook"
    title = "Webhook"
    needs = Needs("", "", "")
    fields: tuple[SourceField, ...] = ()
    options: tuple[Option, ...] = (
        Option("email_path", "Where the e-mail address stands (else it is found by itself)", ""),
        Option("id_path", "Where a number or name stands by which a row is known", ""),
        Option("lists_path", "Where names of mailing lists stand", ""),
        Option("tags_path", "Where names of tags stand", ""),
        Option("rows_path", "Where the rows stand, when there are several", ""),
    )

    def __init__(
        self,
        runtime: Runtime | None = None,
        connection_id: UUID | None = None,
        *,
        is_kept: bool = False,
    ) -> None:
        self._runtime = runtime
        self._connection_id = connection_id
        self._is_kept = is_kept  # what is only tried has to come again

    def look(self, site: Site) -> int | None:
        """Nothing is asked of a site."""
        return None

    def pages(self, site: Site, pull: Pull) -> Iterator[Page]:
        """Everything that waits. The rows of a post are stored together.

        The last page is empty: a run has not ended before all its posts are done with.
        """
        noticed, paths = Noticed(), paths_of(pull.options)
        last = UUID(int=0)
        while posts := self._waiting(last):
            last = posts[-1].id
            rows = [row for post in posts for row in self._rows(post, paths, noticed)]
            yield Page(tuple(rows), {"more": True}, fields=noticed.fresh())
            if not self._is_kept:
                self._done([post.id for post in posts])
        yield Page((), None)

    def _waiting(self, last: UUID) -> list[WebhookPost]:
        assert self._runtime is not None
        with self._runtime.database.reading() as session:
            mine = select(WebhookPost).where(
                WebhookPost.connection_id == self._connection_id,
                WebhookPost.id > last,
                ~WebhookPost.is_done,
            )
            return list(session.scalars(mine.order_by(WebhookPost.id).limit(_AT_ONCE)))

    def _rows(self, post: WebhookPost, paths: Paths, noticed: Noticed) -> Iterator[Incoming]:
        assert self._runtime is not None
        with speaking_of("What was posted to this webhook", "post it again"):
            body = json.loads(self._runtime.vault.open(post.body))
        at = post.received_at.strftime("%Y-%m-%dT%H:%M:%SZ")
        for number, row in enumerate(body):
            yield handed.incoming(row, paths, noticed, f"{post.digest}:{number}", at)

    def _done(self, posts: list[UUID]) -> None:
        assert self._runtime is not None
        with self._runtime.database.transaction() as session:
            session.execute(
                update(WebhookPost)
                .where(WebhookPost.id.in_(posts))
                .values(is_done=True, body="")
                .execution_options(synchronize_session=False)
            )


def paths_of(options: Mapping[str, Any]) -> Paths:
    """The paths among a connection's options."""
    names = ("email", "id", "lists", "tags", "rows")
    return Paths(*(str(options.get(f"{name}_path") or "") for name in names))


def is_inbox(source: str) -> bool:
    """Whether a connection's source is a webhook."""
    return source.startswith(PREFIX)


def kind_of(source: str) -> Connector | None:
    """What reads a source, None when it is not installed."""
    if is_inbox(source):
        return Inbox()
    if mails.is_mailbox(source):
        return NotificationMails()
    return FileSource(source) if is_file(source) else connectors.find().get(source)


def is_here(source: str) -> bool:
    """Whether nothing is asked of a site: its rows were posted, are in a file, or come by mail."""
    return is_inbox(source) or is_file(source) or mails.is_mailbox(source)


def reader_of(
    runtime: Runtime, source: str, connection_id: UUID, *, is_kept: bool, is_shown: bool = False
) -> Connector | None:
    """What reads a connection, None when it is not installed. ``is_kept``: it is only tried;
    ``is_shown``: to look at a row.
    """
    if is_inbox(source):
        return Inbox(runtime, connection_id, is_kept=is_kept)
    if is_file(source):
        return FileSource(source, runtime, connection_id)
    if mails.is_mailbox(source):
        return NotificationMails(runtime, connection_id, is_kept=is_kept, is_newest_first=is_shown)
    return connectors.find().get(source)
