"""A site with forms of SureForms, connected, and what a test does with it."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import select

from app.contacts.models import Contact, ContactList, ContactTag, MailingList, Tag
from app.dev.wordpress_login import PASSWORD
from app.runtime import Runtime
from app.sources.models import Connection, SyncRun
from app.sources.runs import control, running
from app.sources.sites import register
from tests.app.conftest import Client
from tests.conftest import TurnableClock
from tests.connectors.conformance.cases import CASES, Stage, when
from tests.connectors.site import playing, recorded

_CASE = next(case for case in CASES if case.key == "sureforms")
#: What kind of field a label stands for.
_BLOCKS = {"Email": "srfm-email", "Other mail": "srfm-email", "I agree": "srfm-gdpr"}


@dataclass
class FormSite:
    """One connection; every entry that is added is there at the next pull."""

    runtime: Runtime
    owner: Client
    stage: Stage
    connection_id: UUID

    def fill(self, number: int, form: str = "7", **said: str) -> None:
        """Somebody fills in a form; underscores in names are blanks in labels."""
        labels = {name.replace("_", " "): value for name, value in said.items()}
        data = [
            {"label": label, "value": value, "block_name": _BLOCKS.get(label, "srfm-input")}
            for label, value in labels.items()
        ]
        _CASE.rows(self.stage).append(
            {
                "id": number,
                "form_id": int(form),
                "form_name": f"Form no. {form}",
                "status": "read",
                "created_at": when(number),
                "form_data": data,
            }
        )

    def pull(self, **more: Any) -> SyncRun:
        """A run, to its end."""
        workspace_id, now = self.owner.workspace_id, self.runtime.now()
        with self.runtime.database.transaction() as session:
            run_id = control.start(session, workspace_id, self.connection_id, now=now, **more).id
        running.run_due(self.runtime)
        with self.runtime.database.reading() as session:
            run = control.get(session, workspace_id, run_id)
        assert run.state == "succeeded", run.detail
        assert run.seen == run.created + run.updated + run.kept + sum(run.skipped.values())
        return run

    @property
    def path(self) -> str:
        """The connection in the API."""
        return f"/connections/{self.connection_id}"

    def settle(self, **values: Any) -> dict[str, Any]:
        """Changes the connection through the API, a moment later."""
        self._turn()
        done = self.owner.patch(self.path, values)
        assert done.status_code == 200, done.json
        found: dict[str, Any] = done.json
        return found

    def rule(self, form: str, **values: Any) -> dict[str, Any]:
        """Gives a form a rule through the API, a moment later."""
        self._turn()
        done = self.owner.patch(f"{self.path}/forms/{form}", values)
        assert done.status_code == 200, done.json
        found: dict[str, Any] = done.json
        return found

    def _turn(self) -> None:
        assert isinstance(self.runtime.now, TurnableClock)
        self.runtime.now.turn(seconds=1)

    def contacts(self) -> dict[str, Contact]:
        """Every contact of the workspace by address."""
        with self.runtime.database.reading() as session:
            query = select(Contact).where(Contact.workspace_id == self.owner.workspace_id)
            return {contact.address: contact for contact in session.scalars(query)}

    def groups(self, address: str) -> tuple[set[str], set[str]]:
        """The names of the lists and of the tags of a contact."""
        with self.runtime.database.reading() as session:
            about = (Contact.address == address, Contact.workspace_id == self.owner.workspace_id)
            lists = select(MailingList.name).join(ContactList).join(Contact).where(*about)
            tags = select(Tag.name).join(ContactTag).join(Contact).where(*about)
            return set(session.scalars(lists)), set(session.scalars(tags))


@contextmanager
def with_forms(
    runtime: Runtime, owner: Client, source: str = "sureforms", stage: Stage | None = None
) -> Iterator[FormSite]:
    """A site without entries, or another source with its ``stage``, connected."""
    stage = stage or _CASE.stage(0)

    def answer(request: Any) -> Any:
        is_root = request.route == "" and not request.body
        return recorded("root") if is_root else stage.answer(request)

    with playing(answer) as site:
        now = runtime.now()
        dates = {"created_at": now, "updated_at": now}
        values = {"url": site.url, "username": "admin", "application_password": PASSWORD}
        with runtime.database.transaction() as session:
            made = register.add(session, owner.workspace_id, values, runtime=runtime, now=now)
            made.rest_root = f"{site.url}/wp-json/"
            more = {"workspace_id": owner.workspace_id, "site_id": made.id, **dates}
            connection = Connection(source=source, schedule=None, **more)
            session.add(connection)
            session.flush()
        yield FormSite(runtime, owner, stage, connection.id)
