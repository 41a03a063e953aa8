"""Notification mails of forms become contacts: by the ordinary runs, from a real IMAP server."""

import csv
import io
from collections.abc import Iterator
from datetime import date
from typing import Any
from uuid import UUID

import pytest

from app.runtime import Runtime
from app.sources.notifications.models import NotificationMailbox
from app.sources.notifications.walking import PAGE
from app.sources.runs import running
from tests.app.conftest import Client, on_sqlite
from tests.app.notification_desk import Desk, at_desk, settings
from tests.conftest import TurnableClock
from tests.rules import form_mails
from tests.wire.imap_server import PASSWORD, Kept

pytestmark = pytest.mark.timeout(300)


@pytest.fixture
def desk(runtime: Runtime, owner: Client, clock: TurnableClock) -> Iterator[Desk]:
    with at_desk(runtime, owner, clock) as made:
        yield made


def one_of_each() -> list[bytes]:
    """What each plugin sends, and what else comes from the site."""
    return [
        form_mails.contact_form_7("Zoë Feedback", "zoe+cf7@example.com", "via REST", "hi"),
        form_mails.wpforms(
            [
                ("Name", "Zoë WPForms", "name"),
                ("E-Mail", "zoe+wpf@example.com", "email"),
                ("Telefon & mehr", "+49 30 123", "text"),
                ("Nachricht", "Hallo &", "textarea"),
            ],
            number=2,
        ),  # type: ignore[arg-type]
        form_mails.shop_account(),
        form_mails.sureforms(
            [("First Name", "Zoë"), ("Last Name", "Sure"), ("Email", "ZOE+srfm@example.com")],
            number=4,  # type: ignore[arg-type]
        ),
        form_mails.fluent(
            [("Full Name", "Zoë Fluent"), ("Email", "zoe@bücher.example"), ("Company", "A & B")],
            number=5,  # type: ignore[arg-type]
        ),
        form_mails.mail(
            "Name: Zoë Other\nE-mail: \nHow: by phone", html=False, subject="Hello", number=6
        ),
        form_mails.mail("Name: X\nEmail: evil@x.com", html=False, sender="evil@x.com", number=7),
    ]


def rejected(desk: Desk, run_id: UUID) -> list[dict[str, str]]:
    answer = desk.owner.get(f"/runs/{run_id}/rejected.csv")
    return list(csv.DictReader(io.StringIO(answer.text.lstrip("\ufeff"))))


def test_every_plugins_mails_come_in_and_a_second_run_changes_nothing(desk: Desk) -> None:
    desk.server.put(*one_of_each())
    run = desk.pull()
    assert (run.state, run.seen, run.created) == ("succeeded", 7, 4)
    assert run.skipped == {"rejected_by_mapping": 2, "no_email": 1}
    people = desk.contacts()
    assert {
        address: (one.first_name, one.last_name, one.phone, one.company, one.status)
        for address, one in people.items()
    } == {
        "zoe+cf7@example.com": ("Zoë", "Feedback", "", "", "pending"),
        "zoe+wpf@example.com": ("Zoë", "WPForms", "+49 30 123", "", "pending"),
        "zoe+srfm@example.com": ("Zoë", "Sure", "", "", "pending"),
        "zoe@xn--bcher-kva.example": ("Zoë", "Fluent", "", "A & B", "pending"),
    }
    for more in ({}, {"full": True}):
        again = desk.pull(**more)
        assert (again.state, again.created, again.updated) == ("succeeded", 0, 0)
        assert again.seen == (7 if more else 0)
        assert {address: one.updated_at for address, one in desk.contacts().items()} == {
            address: one.updated_at for address, one in people.items()
        }
    assert not any(mail.flags for mail in desk.server.folders["INBOX"])
    assert {"UID STORE", "UID MOVE", "EXPUNGE"}.isdisjoint(
        command.rpartition(" (")[0] for command in desk.server.commands
    )


def test_why_a_mail_is_left_out_is_told(desk: Desk) -> None:
    desk.server.put(*one_of_each())
    rows = rejected(desk, desk.pull().id)
    assert [row["reason"] for row in rows] == ["rejected_by_mapping", "no_email", *_REJECTED]
    told = " ".join(str(row) for row in rows)
    assert "It is no notification of a form." in told
    assert "It is from evil@x.com, not from a set sender." in told


_REJECTED = ["rejected_by_mapping"]


def test_forms_and_fields_are_mapped_as_those_of_other_sources(desk: Desk) -> None:
    desk.server.put(*one_of_each())
    desk.pull()
    forms = {
        one["title"]: one for one in (desk.owner.get(f"{desk.path}/forms").json or {})["items"]
    }
    assert set(forms) == {
        *("Contact Form 7", "WPForms Kontakt", "Sure Contact", "Fluent Forms", "Other forms"),
    }
    keys = {one["key"]: one["label"] for one in forms["WPForms Kontakt"]["fields"]}
    assert keys["wpforms_kontakt.nachricht"] == "WPForms Kontakt: Nachricht"
    form = f"{desk.path}/forms/{forms['WPForms Kontakt']['key']}"
    rule = {
        "mapping": {"wpforms_kontakt.nachricht": "fields.note"},
        "create_fields": True,
        "add_tags": ["wrote"],
    }
    assert desk.owner.patch(form, rule).status_code == 200
    assert desk.pull().updated == 1
    assert desk.contacts()["zoe+wpf@example.com"].fields == {"note": "Hallo &"}


@pytest.mark.parametrize(
    ("box", "status", "skipped"),
    [("I agree to the newsletter", "active", {}), ("", "pending", {}), (None, "pending", {})],
)
def test_only_a_ticked_box_makes_somebody_active(
    desk: Desk, box: str | None, status: str, skipped: dict[str, int]
) -> None:
    fields = [("E-Mail", "zoe@x.com", "email")]
    if box is not None:
        fields.append(("GDPR Agreement", box, "gdpr-checkbox"))
    desk.server.put(form_mails.wpforms(fields))
    assert desk.pull().skipped == skipped
    contact = desk.contacts()["zoe@x.com"]
    assert contact.status == status
    proofs = (desk.owner.get(f"/contacts/{contact.id}/consents").json or {})["items"]
    assert [one["is_yes"] for one in proofs if one["way"] == "checkbox"] == (
        [] if box is None else [bool(box)]
    )


def test_a_mail_neither_opens_a_no_nor_overwrites(desk: Desk) -> None:
    for email in ("edited@x.com", "no@x.com"):
        desk.owner.post("/contacts", {"email": email, "first_name": "Anna"})
    who = {address: one.id for address, one in desk.contacts().items()}
    desk.owner.patch(f"/contacts/{who['no@x.com']}/status", {"status": "unsubscribed"})
    for number, email in enumerate(who, 1):
        fields = [("Name", "Zoë Berg", "name"), ("E-Mail", email, "email")]
        fields.append(("GDPR", "I agree", "gdpr-checkbox"))
        desk.server.put(form_mails.wpforms(fields, number=number))  # type: ignore[arg-type]
    desk.pull()
    assert {
        address: (one.first_name, one.last_name, one.status)
        for address, one in desk.contacts().items()
    } == {
        "edited@x.com": ("Anna", "Berg", "active"),
        "no@x.com": ("Anna", "Berg", "unsubscribed"),
    }


def test_a_forged_mail_is_left_out(desk: Desk) -> None:
    forged = form_mails.wpforms([("E-Mail", "evil@x.com", "email")])
    desk.server.put(b"Authentication-Results: mx; dmarc=fail header.from=example.org\n" + forged)
    run = desk.pull()
    assert (run.created, run.skipped) == (0, {"trashed_or_spam": 1})
    assert desk.owner.patch(desk.mailbox, {"authentication": "ignore"}).status_code == 200
    assert desk.pull().created == 1  # the change has everything read again


def test_only_new_mails_are_read_afterwards(desk: Desk) -> None:
    desk.people(1, 3)
    assert desk.pull().created == 3
    desk.clock.turn(days=3)
    desk.people(4, 5)
    desk.server.commands.clear()
    assert (desk.pull().seen, len(desk.contacts())) == (2, 5)
    fetched = [one for one in desk.server.commands if "BODY.PEEK" in one]
    assert len(fetched) == 2


def test_a_folder_that_was_made_anew_changes_nothing(desk: Desk) -> None:
    desk.people(1, 3)
    desk.pull()
    desk.server.made_anew()
    desk.people(4, 4)
    run = desk.pull()
    assert (run.seen, run.created, run.kept) == (4, 1, 3)


def test_another_folder_is_read_from_its_beginning(desk: Desk) -> None:
    desk.people(1, 3)
    desk.pull()
    said = [("E-Mail", "other@x.com", "email")]
    desk.server.put(form_mails.wpforms(said, number=9), folder="Forms")  # type: ignore[arg-type]
    desk.server.folders["Forms"][0].uid = 1
    assert desk.owner.patch(desk.mailbox, {"folder": "Forms"}).status_code == 200
    assert desk.pull().created == 1


def test_the_same_mail_twice_is_one_row(desk: Desk) -> None:
    mail = form_mails.wpforms([("E-Mail", "zoe@x.com", "email")])
    desk.server.put(mail, b"Delivered-To: info@example.org\n" + mail)
    assert (desk.pull().seen, len(desk.contacts())) == (1, 1)
    desk.server.put(b"Delivered-To: all@example.org\n" + mail)
    again = desk.pull()
    assert (again.seen, again.kept) == (1, 1)


def test_killed_between_pages_it_goes_on_there(desk: Desk) -> None:
    desk.people(1, 2 * PAGE + 3)

    class Killed(BaseException):
        pass

    def dies_in_the_second_page() -> bool:
        if desk.run(run_id).pages == 1:
            raise Killed
        return False

    run_id = desk.start()
    with pytest.raises(Killed):
        running.run_one(desk.runtime, run_id, stop=dies_in_the_second_page)
    assert (desk.run(run_id).state, len(desk.contacts())) == ("running", PAGE)
    desk.clock.turn(minutes=10)  # its lease is over
    desk.server.commands.clear()
    running.run_one(desk.runtime, run_id)
    run = desk.run(run_id)
    assert (run.state, run.seen, run.created) == ("succeeded", 2 * PAGE + 3, 2 * PAGE + 3)
    fetched = [one for one in desk.server.commands if "BODY.PEEK" in one]
    assert len(fetched) == PAGE + 3


def _cut_the_line(desk: Desk, mail: int) -> None:
    """Once, when ``mail`` (counted from 0) is fetched."""
    asked = iter(range(10**6))

    def cut(command: str) -> None:
        if command == "UID FETCH" and next(asked) == mail:
            raise OSError("the line is cut")

    desk.server.before = cut


def test_a_line_that_is_cut_is_tried_again(desk: Desk) -> None:
    desk.people(1, PAGE + 5)
    _cut_the_line(desk, PAGE + 2)
    run_id = desk.start()
    running.run_one(desk.runtime, run_id)
    assert (desk.run(run_id).state, len(desk.contacts())) == ("queued", PAGE)
    assert desk.connection().is_down
    desk.clock.turn(hours=1)
    running.run_one(desk.runtime, run_id)
    assert (desk.run(run_id).state, desk.run(run_id).created) == ("succeeded", PAGE + 5)
    assert desk.connection().trouble == ""


def test_a_folder_that_is_changed_in_the_middle_is_read_from_its_beginning(desk: Desk) -> None:
    desk.people(1, PAGE + 5)
    _cut_the_line(desk, PAGE + 2)
    run_id = desk.start()
    running.run_one(desk.runtime, run_id)
    assert len(desk.contacts()) == PAGE
    said = [("E-Mail", "other@x.com", "email")]
    desk.server.put(form_mails.wpforms(said, number=99), folder="Forms")  # type: ignore[arg-type]
    desk.server.folders["Forms"][0].uid = 1
    assert desk.owner.patch(desk.mailbox, {"folder": "Forms"}).status_code == 200
    desk.clock.turn(hours=1)
    running.run_one(desk.runtime, run_id)
    assert desk.run(run_id).state == "succeeded"
    assert "other@x.com" in desk.contacts()


def test_a_password_that_died_stops_it_and_a_new_one_lets_it_go_on(desk: Desk) -> None:
    desk.people(1, 1)
    desk.server.password = "another one"
    run = desk.pull()
    connection = desk.connection()
    assert (run.state, connection.state) == ("failed", "needs_reauth")
    assert "does not take the login: [AUTHENTICATIONFAILED]" in connection.trouble
    assert PASSWORD not in connection.trouble
    alerts = (desk.owner.get("/alerts").json or {})["items"]
    assert [one["kind"] for one in alerts] == ["site_needs_reauth"]
    assert "The mailbox 'forms'" in alerts[0]["sentence"]
    desk.clock.turn(days=1)
    assert running.run_due(desk.runtime) == 0
    answer = desk.owner.patch(desk.mailbox, {"password": "another one"})
    assert answer.status_code == 200, answer.json
    assert desk.connection().state == "ready"
    assert (desk.owner.get("/alerts?state=open").json or {})["items"] == []
    desk.clock.turn(hours=1)
    assert running.run_due(desk.runtime) == 1
    assert len(desk.contacts()) == 1


@on_sqlite
def test_what_may_pass_does_not_stop_it(desk: Desk) -> None:
    for failures, (command, answer) in enumerate(
        [
            ("LOGIN", "NO [UNAVAILABLE] try again"),
            ("LOGIN", "NO [LIMIT] too many connections"),
            ("LOGIN", "* BYE overloaded"),
            ("SELECT", "NO there is no such folder"),
            ("UID SEARCH", "BAD what"),
        ],
        1,
    ):
        desk.server.refuse = {command: answer}
        assert desk.pull().state == "failed", answer
        connection = desk.connection()
        assert (connection.state, connection.failures) == ("ready", failures), answer
        assert connection.rest_until is not None


def test_it_is_read_on_a_schedule_beside_a_sync_agent_too(desk: Desk) -> None:
    desk.owner.post("/agents", {"url": "http://127.0.0.1:9", "name": "near"})
    desk.people(1, 1)
    desk.clock.turn(minutes=16)
    assert running.run_due(desk.runtime) == 1
    assert len(desk.contacts()) == 1
    assert desk.owner.post(f"{desk.path}/runs", {"dry": True}).status_code == 202
    assert desk.owner.post(f"{desk.path}/preview", {}).status_code == 200


def test_mails_from_before_a_day_are_left_alone(desk: Desk) -> None:
    for number, day in enumerate((date(2026, 1, 9), date(2026, 11, 1), date(2026, 11, 2)), 1):
        said = [("E-Mail", f"p{number}@x.com", "email")]
        desk.server.put(form_mails.wpforms(said, number=number), day=day)  # type: ignore[arg-type]
    assert desk.owner.patch(desk.mailbox, {"since": "2026-11-01"}).status_code == 200
    assert desk.pull().seen == 2
    assert "UID SEARCH UID 1:3 SINCE 1-Nov-2026" in desk.server.commands
    for number, day in enumerate((date(2026, 1, 9), date(2026, 11, 3)), 4):  # one was moved here
        said = [("E-Mail", f"p{number}@x.com", "email")]
        desk.server.put(form_mails.wpforms(said, number=number), day=day)  # type: ignore[arg-type]
    assert desk.pull().seen == 1
    assert set(desk.contacts()) == {"p2@x.com", "p3@x.com", "p5@x.com"}


def test_a_large_folder_is_read_from_its_beginning(desk: Desk) -> None:
    """The numbers of its mails fit into no answer; those that are too old are passed over once."""
    old = date(2020, 1, 1)
    many = range(3_000_000_001, 3_000_100_001)
    desk.server.folders["INBOX"] += [Kept(uid, b"a: b\r\n\r\n", day=old) for uid in many]
    desk.server._uid = many[-1]
    desk.people(1, PAGE + 2)
    assert desk.owner.patch(desk.mailbox, {"since": "2026-11-01"}).status_code == 200
    run = desk.pull()
    assert (run.state, run.seen, run.created) == ("succeeded", PAGE + 2, PAGE + 2)
    desk.server.commands.clear()
    desk.people(PAGE + 3, PAGE + 3)
    assert desk.pull().seen == 1
    assert f"UID SEARCH UID {many[-1] + PAGE + 3}:" in " ".join(desk.server.commands)
    assert desk.owner.post(f"{desk.path}/preview", {}).status_code == 200


def test_mails_are_marked_as_read_only_when_that_is_wanted(desk: Desk) -> None:
    desk.server.put(*one_of_each())
    desk.owner.patch(desk.path, {"options": {"mark_as_read": True}})
    desk.pull(dry=True)
    assert not any(mail.flags for mail in desk.server.folders["INBOX"])
    desk.pull()
    read = [r"\Seen" in mail.flags for mail in desk.server.folders["INBOX"]]
    assert read == [True, True, False, True, True, True, False]


def test_a_preview_shows_the_newest_mail(desk: Desk) -> None:
    desk.people(1, PAGE + 2)
    found = desk.owner.post(f"{desk.path}/preview", {}).json or {}
    assert (found["email"], found["outcome"]) == (f"p{PAGE + 2}@x.com", "create")
    assert desk.contacts() == {}


def test_a_dry_run_stores_nothing(desk: Desk) -> None:
    desk.people(1, 3)
    run = desk.pull(dry=True)
    assert (run.state, run.created) == ("succeeded", 3)
    assert desk.contacts() == {}
    assert desk.pull().created == 3


def test_big_mails_and_those_with_files(desk: Desk) -> None:
    fields = [("Message", "y" * 100_000, "textarea"), ("E-Mail", "zoe@x.com", "email")]
    desk.server.put(form_mails.wpforms(fields))
    run = desk.pull()
    assert (run.created, list(desk.contacts())) == (1, ["zoe@x.com"])
    desk.server.commands.clear()
    body = "y" * 500_000
    desk.server.put(form_mails.mail(body, sender="somebody@else.example", number=2))
    desk.pull()
    fetched = [one for one in desk.server.commands if "BODY.PEEK" in one]
    assert fetched == ["UID FETCH 2 (BODY.PEEK[]<0.32768>)"]


def test_the_password_goes_in_and_never_comes_out(desk: Desk) -> None:
    with desk.runtime.database.reading() as session:
        (row,) = session.query(NotificationMailbox).all()
    assert desk.runtime.vault.open(row.secret) == PASSWORD
    shown = desk.owner.get(desk.mailbox)
    assert (shown.json or {})["senders"] == [form_mails.SITE]
    assert "secret" not in (shown.json or {})
    assert row.secret not in shown.text


def test_looking_into_it(desk: Desk) -> None:
    desk.people(1, 2)
    done = desk.owner.post(f"{desk.mailbox}/check").json or {}
    assert (done["ok"], done["mails"]) == (True, 2)
    desk.server.password = "another one"
    done = desk.owner.post(f"{desk.mailbox}/check").json or {}
    assert (done["ok"], done["step"]) == (False, "login")


def test_another_workspace_cannot_see_it(desk: Desk, outsider: Client, member: Client) -> None:
    new = settings(desk.server)
    assert outsider.post(f"/sites/{desk.site_id}/notification-mails", new).status_code == 404
    for ask in (outsider.get, outsider.delete):
        assert ask(desk.mailbox).status_code == 404
    assert outsider.patch(desk.mailbox, {"subject": "x"}).status_code == 404
    assert outsider.post(f"{desk.mailbox}/check").status_code == 404
    assert member.get(desk.mailbox).status_code == 200
    assert member.patch(desk.mailbox, {"subject": "x"}).status_code == 403


def test_it_is_removed_with_its_connection(desk: Desk) -> None:
    desk.people(1, 1)
    desk.pull()
    assert desk.owner.delete(desk.mailbox).status_code == 204
    assert desk.owner.get(desk.path).status_code == 404
    assert len(desk.contacts()) == 1
    assert len(desk.server.folders["INBOX"]) == 1


def test_a_name_is_there_once_and_others_have_their_own(desk: Desk) -> None:
    path = f"/sites/{desk.site_id}/notification-mails"
    assert desk.owner.post(path, settings(desk.server)).status_code == 409
    assert desk.owner.post(path, settings(desk.server, name="jobs")).status_code == 201


def test_another_host_needs_the_password_again(desk: Desk) -> None:
    assert desk.owner.patch(desk.mailbox, {"host": "evil.example.com"}).status_code == 422
    new = {"host": "imap.example.com", "password": "x"}
    assert desk.owner.patch(desk.mailbox, new).status_code == 200


BAD: list[tuple[dict[str, Any], str]] = [
    ({"host": "not a host"}, "host"),
    ({"host": "169.254.169.254"}, "host"),
    ({"port": 0}, "port"),
    ({"username": "a\r\nb"}, "username"),
    ({"folder": " "}, "folder"),
    ({"senders": []}, "senders"),
    ({"senders": ["nobody"]}, "senders"),
    ({"recipients": ["@"]}, "recipients"),
    ({"authentication": "maybe"}, "authentication"),
    ({"authentication": "required"}, "server"),
    ({"since": "22.11.2026"}, "since"),
    ({"since": "0001-01-01"}, "since"),
    ({"colour": "red"}, "colour"),
]


@on_sqlite
def test_bad_settings_are_named(desk: Desk) -> None:
    path = f"/sites/{desk.site_id}/notification-mails"
    for change, where in BAD:
        for answer in (
            desk.owner.post(path, settings(desk.server, name="other") | change),
            desk.owner.patch(desk.mailbox, change),
        ):
            assert answer.status_code == 422, answer.json
            names = {one["where"].partition(".")[0] for one in (answer.json or {})["errors"]}
            assert names == {where}
