"""Somebody who brings files, and what a test asks her."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import func, select
from werkzeug.test import TestResponse

from app.contacts.models import Contact, ContactList, ContactTag, MailingList, Tag
from app.runtime import Runtime
from app.sources.runs import running
from tests.app.conftest import Client

AGREED = {"basis": "everyone", "text": "Signed the list at the fair", "at": "2026-03-01T10:00:00Z"}


@dataclass
class Desk:
    """Somebody who brings files."""

    runtime: Runtime
    owner: Client

    def ask(self, content: bytes, name: str = "people.csv") -> TestResponse:
        head = f'Content-Disposition: form-data; name="file"; filename="{name}"'
        body = f"--part\r\n{head}\r\n\r\n".encode() + content + b"\r\n--part--\r\n"
        kind = "multipart/form-data; boundary=part"
        return self.owner.post("/uploads", data=body, content_type=kind)

    def bring(self, content: bytes | str, name: str = "people.csv") -> dict[str, Any]:
        answer = self.ask(content.encode() if isinstance(content, str) else content, name)
        assert answer.status_code in (200, 201), answer.json
        return dict(answer.json or {})

    def run(self, upload: dict[str, Any], **more: Any) -> dict[str, Any]:
        """Reads the file; the run that did it."""
        body = {"consent": AGREED, **more}
        asked = self.owner.post(f"/uploads/{upload['id']}/run", body)
        assert asked.status_code == 202, asked.json
        assert running.run_due(self.runtime) == 1
        return dict(self.owner.get(f"/runs/{(asked.json or {})['id']}").json or {})

    def contacts(self) -> dict[str, Contact]:
        with self.runtime.database.reading() as session:
            return {one.address: one for one in session.scalars(select(Contact))}

    def groups(self, address: str) -> tuple[set[str], set[str]]:
        who = self.contacts()[address].id
        lists = select(MailingList.name).join(ContactList, ContactList.list_id == MailingList.id)
        tags = select(Tag.name).join(ContactTag, ContactTag.tag_id == Tag.id)
        with self.runtime.database.reading() as session:
            return (
                set(session.scalars(lists.where(ContactList.contact_id == who))),
                set(session.scalars(tags.where(ContactTag.contact_id == who))),
            )

    def count(self, table: type[Any]) -> int:
        with self.runtime.database.reading() as session:
            return session.scalar(select(func.count()).select_from(table)) or 0


def numbers(run: dict[str, Any]) -> tuple[Any, ...]:
    assert run["seen"] == sum(run[name] for name in ("created", "updated", "kept")) + sum(
        run["skipped"].values()
    )
    return run["state"], run["created"], run["updated"], run["kept"], run["skipped"]
