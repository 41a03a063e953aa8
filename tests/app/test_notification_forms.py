"""Forms whose mails do not say which they are, told apart as their owner does it."""

from collections.abc import Iterator
from uuid import UUID

import pytest
from sqlalchemy import select

from app.contacts.models import ContactTag, Tag
from app.runtime import Runtime
from app.sources.runs import running
from tests.app.conftest import Client
from tests.app.notification_desk import Desk, at_desk, settings
from tests.conftest import TurnableClock
from tests.rules import form_mails


@pytest.fixture
def desk(runtime: Runtime, owner: Client, clock: TurnableClock) -> Iterator[Desk]:
    with at_desk(runtime, owner, clock) as made:
        yield made


def test_forms_of_one_mailbox_are_told_apart_by_their_recipients(desk: Desk) -> None:
    """Contact Form 7 does not say which form it was, and its subjects are what people write."""
    people = (("talk", "ann"), ("talk", "bob"), ("offer", "cid"), ("other", "dan"))
    for number, (form, who) in enumerate(people, 1):
        more = {"to": f"forms+{form}@example.org", "number": number}
        mail = form_mails.contact_form_7(who, f"{who}@x.com", f"I am {who}", "Hi", **more)  # type: ignore[arg-type]
        desk.server.put(mail)
    for form, title in (("talk", "Let us talk"), ("offer", " An  offer ")):
        wanted = settings(desk.server, name=form, recipients=[f"forms+{form}@example.org"])
        made = desk.owner.post(f"/sites/{desk.site_id}/notification-mails", wanted).json or {}
        path = f"/connections/{made['connection_id']}"
        options = {"form_name": title, "tag_forms": True}
        assert desk.owner.patch(path, {"options": options}).status_code == 200
        run_id = UUID((desk.owner.post(f"{path}/runs").json or {})["id"])
        running.run_one(desk.runtime, run_id)
        assert desk.run(run_id).state == "succeeded"
        (one,) = (desk.owner.get(f"{path}/forms").json or {})["items"]
        assert one["title"] == " ".join(title.split())
    assert set(desk.contacts()) == {"ann@x.com", "bob@x.com", "cid@x.com"}
    tagged = {one: _tags(desk, one) for one in desk.contacts()}
    talk, offer = {"Let us talk"}, {"An offer"}
    assert tagged == {"ann@x.com": talk, "bob@x.com": talk, "cid@x.com": offer}


def _tags(desk: Desk, address: str) -> set[str]:
    query = select(Tag.name).join(ContactTag, ContactTag.tag_id == Tag.id)
    with desk.runtime.database.reading() as session:
        return set(
            session.scalars(query.where(ContactTag.contact_id == desk.contacts()[address].id))
        )


def test_a_form_that_says_its_name_keeps_it(desk: Desk) -> None:
    desk.owner.patch(desk.path, {"options": {"form_name": "Nameless"}})
    desk.people(1, 1)
    desk.pull()
    (one,) = (desk.owner.get(f"{desk.path}/forms").json or {})["items"]
    assert one["title"] == "WPForms Kontakt"
