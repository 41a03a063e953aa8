"""Files that people bring: taken in, looked at, and read as every other source."""

import io
from collections.abc import Callable, Iterable
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select
from werkzeug.test import TestResponse

from app.contacts.models import ConsentProof
from app.runtime import Runtime
from app.sources.runs import running
from app.sources.uploads import keeping
from app.sources.uploads.models import Upload, UploadPiece
from app.watching.forgetting import forget
from tests.app.bringing import AGREED, Desk, numbers
from tests.app.conftest import Client, on_sqlite
from tests.conftest import TurnableClock


@pytest.fixture
def desk(runtime: Runtime, owner: Client) -> Desk:
    return Desk(runtime, owner)


def targets(upload: dict[str, Any]) -> dict[str, str]:
    return {one["key"]: one["target"] for one in upload["fields"] if one["target"]}


SHOP = (
    "Name,Username,Email,Orders,Total Spend,Country / Region,City,Region,Postal Code\n"
    '"Anna Maria Müller",anna,Anna@Example.com,3,120.50,DE,Köln,NW,01067\n'
    'Bob,bob,bob+shop@example.com,1,"1,200.00",US,New York,NY,10001\n'
)
ADDRESSES = ("anna@example.com", "bob+shop@example.com")


def test_a_shop_s_customers(desk: Desk) -> None:
    upload = desk.bring(SHOP, "wc-customers.csv")
    assert (upload["kind"], upload["rows"], upload["name"]) == ("csv", 2, "wc-customers.csv")
    assert upload["layout"] == {"encoding": "utf-8", "delimiter": ",", "has_header": True}
    assert upload["options"]["email"] == "Email"
    assert targets(upload) == {
        "Name (first word)": "first_name",
        "Name (other words)": "last_name",
        "Country / Region": "country",
        "City": "city",
        "Region": "state",
        "Postal Code": "postal_code",
    }
    assert upload["sample"][0]["City"] == "Köln"
    mapping = {"Orders": "fields.orders"}
    run = desk.run(upload, mapping=mapping, create_fields=True, add_lists=["Shop"], add_tags=["x"])
    assert numbers(run) == ("succeeded", 2, 0, 0, {})
    anna = desk.contacts()["anna@example.com"]
    assert (anna.first_name, anna.last_name, anna.city) == ("Anna", "Maria Müller", "Köln")
    assert (anna.postal_code, anna.fields, anna.status) == ("01067", {"orders": "3"}, "active")
    assert desk.groups("bob+shop@example.com") == ({"Shop"}, {"x"})
    origins = desk.owner.get(f"/contacts/{anna.id}/origins").json or {}
    told = {one["field"]: (one["by"], one["source"], one["site"]) for one in origins["items"]}
    assert told["city"] == ("site", "csv", f"file:wc-customers.csv#{upload['digest'][:12]}")


def test_consent_has_to_be_said_and_is_kept_with_its_proof(desk: Desk) -> None:
    upload = desk.bring("email\na@x.com\n")
    path = f"/uploads/{upload['id']}/run"
    asked = desk.owner.post(path, {})
    assert (asked.status_code, "who agreed" in (asked.json or {})["detail"]) == (422, True)
    reason = desk.owner.post(path, {"consent": {"basis": "everyone"}})
    assert (reason.status_code, "why" in (reason.json or {})["detail"]) == (422, True)
    desk.run(upload, consent=None)
    who = desk.contacts()["a@x.com"]
    assert (who.status, desk.count(ConsentProof)) == ("pending", 0)
    other = desk.bring("email\nb@x.com\n")
    desk.run(other)
    assert desk.contacts()["b@x.com"].status == "active"
    (proof,) = _proofs(desk, "b@x.com")
    assert (proof["way"], proof["text"], proof["source"]) == ("reason", AGREED["text"], "csv")
    assert (proof["said_at"], "people.csv" in proof["site"]) == ("2026-03-01T10:00:00Z", True)


def _proofs(desk: Desk, address: str) -> list[dict[str, Any]]:
    who = desk.contacts()[address].id
    return list((desk.owner.get(f"/contacts/{who}/consents").json or {})["items"])


def test_a_column_says_who_agreed(desk: Desk) -> None:
    upload = desk.bring("Mail,Newsletter\na@x.com,Ja\nb@x.com,nein\nc@x.com,\n")
    assert upload["consent_fields"] == ["Newsletter"]
    rule = {"basis": "field", "field": "Newsletter", "text": "Send me news"}
    assert numbers(desk.run(upload, consent=rule)) == ("succeeded", 1, 0, 0, {"no_consent": 2})
    (proof,) = _proofs(desk, "a@x.com")
    assert (proof["field"], proof["value"], proof["is_yes"]) == ("Newsletter", "Ja", True)


GERMAN = (
    "Anrede;Vorname;Nachname;E-Mail-Adresse;PLZ;Notiz\r\n"
    'Frau;Jörg;Weiß;joerg@bücher.example;01067;"erste Zeile\r\nzweite; Zeile"\r\n'
    ";;;;;\r\n"
    "Herr;François;d’Ar;f@x.com;80331;5 €\r\n"
)


@pytest.mark.parametrize(
    ("encoding", "found"),
    [
        ("cp1252", "cp1252"),
        ("utf-8", "utf-8"),
        ("utf-8-sig", "utf-8"),
        ("utf-16", "utf-16"),
        ("utf-16-le", "utf-16-le"),
    ],
)
def test_what_excel_in_germany_writes(desk: Desk, encoding: str, found: str) -> None:
    upload = desk.bring(GERMAN.encode(encoding))
    assert upload["layout"] == {"encoding": found, "delimiter": ";", "has_header": True}
    assert (upload["rows"], upload["options"]["email"]) == (2, "E-Mail-Adresse")
    run = desk.run(upload, mapping={"Notiz": "fields.note"}, create_fields=True)
    assert numbers(run) == ("succeeded", 2, 0, 0, {})
    people = desk.contacts()
    one = people["joerg@xn--bcher-kva.example"]
    assert (one.first_name, one.last_name, one.prefix) == ("Jörg", "Weiß", "Frau")
    assert one.fields["note"] == "erste Zeile zweite; Zeile"
    assert (people["f@x.com"].last_name, people["f@x.com"].fields["note"]) == ("d’Ar", "5 €")


MAILCHIMP = (
    '"Email Address","First Name","Last Name",MEMBER_RATING,OPTIN_TIME,UNSUB_TIME,TAGS\n'
    'a@x.com,Ann,A,2,"2020-01-01 10:00:00",,"""Fair 2020"",""VIP"""\n'
    'b@x.com,Ben,B,2,"2020-01-01 10:00:00","2021-02-03 00:00:00",\n'
)


def test_mailchimp_s_people_keep_their_no(desk: Desk) -> None:
    upload = desk.bring(MAILCHIMP)
    assert (upload["options"]["email"], upload["options"]["tags"]) == ("Email Address", "TAGS")
    assert numbers(desk.run(upload)) == ("succeeded", 2, 0, 0, {})
    assert {one: who.status for one, who in desk.contacts().items()} == {
        "a@x.com": "active",
        "b@x.com": "unsubscribed",
    }
    assert desk.groups("a@x.com")[1] == {"Fair 2020", "VIP"}


def test_words_for_a_no_are_understood_and_unknown_ones_wait(desk: Desk) -> None:
    rows = ["subscribed", "Unsubscribed", "cleaned", "complained", "pending", ""]
    body = "email,status\n" + "".join(f"p{n}@x.com,{word}\n" for n, word in enumerate(rows))
    upload = desk.bring(body)
    assert upload["options"]["status"] == "status"
    desk.run(upload)
    statuses = [desk.contacts()[f"p{n}@x.com"].status for n in range(len(rows))]
    assert statuses == ["active", "unsubscribed", "bounced", "complained", "pending", "active"]
    orders = desk.bring("email,status\nq@x.com,completed\nr@x.com,unsubscribed\n")
    assert orders["options"]["status"] == ""  # that of an order, for all we know
    desk.run(orders, options={"status": "status"})
    assert desk.contacts()["q@x.com"].status == "pending"


def test_a_no_is_never_undone(desk: Desk) -> None:
    upload = desk.bring("email,first_name\na@x.com,A\n")
    values = {"email": "a@x.com", "status": "unsubscribed"}
    assert desk.owner.post("/contacts", values).status_code == 201
    desk.run(upload)
    who = desk.contacts()["a@x.com"]
    assert (who.status, who.first_name) == ("unsubscribed", "A")


ENTRIES = (
    '"Name: First","Name: Last",Email,"Your message","Entry Date","Entry ID"\n'
    'Old,O,a@x.com,"one","May 1, 2024 3:04 pm",1\n'
    'New,N,a@x.com,"a, b\n""quoted""","June 2, 2024 3:04 pm",3\n'
    'Middle,M,a@x.com,"two","May 20, 2024 3:04 pm",2\n'
)


def test_of_a_form_s_entries_the_newest_counts(desk: Desk) -> None:
    upload = desk.bring(ENTRIES, "wpforms.csv")
    assert upload["options"] == {
        "email": "Email",
        "date": "Entry Date",
        "status": "",
        "lists": "",
        "tags": "",
    }
    assert numbers(desk.run(upload)) == ("succeeded", 1, 1, 1, {})
    who = desk.contacts()["a@x.com"]
    assert (who.first_name, who.last_name) == ("New", "N")


def test_fluent_forms_entries(desk: Desk) -> None:
    body = (
        '"Names","Email","Subject","Submission ID","Entry Status","Created At"\n'
        '"Jane Doe",jane@x.com,"Hello",7,unread,"2024-05-01 10:00:00"\n'
    )
    upload = desk.bring(body)
    assert upload["options"]["status"] == ""
    desk.run(upload, mapping={"Subject": "fields.subject"}, create_fields=True)
    assert desk.contacts()["jane@x.com"].fields == {"subject": "Hello"}


def test_rows_of_one_address_are_counted_and_the_first_stands(desk: Desk) -> None:
    upload = desk.bring("email,first_name\na@x.com,First\nb@x.com,B\nA@X.com,Second\n")
    for kept in (0, 2):
        run = desk.run(upload)
        assert numbers(run) == ("succeeded", 2 - kept, 0, kept, {"duplicate": 1})
    assert desk.contacts()["a@x.com"].first_name == "First"
    left_out = desk.owner.get(f"/runs/{run['id']}/rejected.csv").text
    assert "4,duplicate" in left_out.replace('"', "")


def test_the_same_file_again_changes_nothing(desk: Desk, clock: TurnableClock) -> None:
    first = desk.bring(SHOP)
    desk.run(first)
    before = {who.id: who.updated_at for who in desk.contacts().values()}
    proofs = desk.count(ConsentProof)
    clock.turn(days=1)
    answer = desk.ask(SHOP.encode(), "another name.csv")
    assert (answer.status_code, (answer.json or {})["id"]) == (200, first["id"])
    assert numbers(desk.run(first)) == ("succeeded", 0, 0, 2, {})
    assert {who.id: who.updated_at for who in desk.contacts().values()} == before
    assert (desk.count(ConsentProof), desk.count(Upload)) == (proofs, 1)


def test_another_file_changes_who_is_here_and_the_guard_looks(desk: Desk) -> None:
    def people(word: str) -> str:
        return "email,city\n" + "".join(f"p{n}@x.com,{word}\n" for n in range(60))

    desk.run(desk.bring(people("Köln")))
    other = desk.bring(people("Bonn"))
    held = desk.run(other)
    assert (held["state"], "60 contacts that are here" in held["detail"]) == ("held", True)
    assert desk.contacts()["p0@x.com"].city == "Köln"
    assert numbers(desk.run(other, force=True)) == ("succeeded", 0, 60, 0, {})
    again = desk.bring(people("Ulm"))
    assert numbers(desk.run(again, policy="fill_empty"))[:3] == ("succeeded", 0, 0)


def test_another_column_means_other_people(desk: Desk) -> None:
    upload = desk.bring("email,friend\na@x.com,b@x.com\nb@x.com,c@x.com\n")
    desk.run(upload)
    run = desk.run(upload, options={"email": "friend"})
    assert numbers(run) == ("succeeded", 1, 0, 1, {})
    assert set(desk.contacts()) == {"a@x.com", "b@x.com", "c@x.com"}


def test_a_run_that_was_called_off_is_begun_anew(desk: Desk) -> None:
    """What was read of a file before something else was set is read once more."""
    rows = (f"p{n}@x.com,City{n}\n" for n in range(450))
    upload = desk.bring("email,city\n" + "".join(rows))
    asked = desk.owner.post(f"/uploads/{upload['id']}/run", {"consent": None}).json or {}
    pages = iter([False, False, True])
    running.run_one(desk.runtime, UUID(asked["id"]), stop=lambda: next(pages))
    assert desk.owner.post(f"/runs/{asked['id']}/cancel").status_code == 200
    assert len(desk.contacts()) == 400
    run = desk.run(upload, add_tags=["later"])
    assert numbers(run) == ("succeeded", 50, 400, 0, {})
    assert desk.groups("p0@x.com")[1] == {"later"}


def test_looking_before(desk: Desk) -> None:
    upload = desk.bring(SHOP)
    asked = {"skip": 1, "mapping": {"Username": "company"}}
    seen = desk.owner.post(f"/connections/{upload['connection_id']}/preview", asked)
    row = seen.json or {}
    assert (row["email"], row["outcome"]) == ("bob+shop@example.com", "create")
    (company,) = (one for one in row["fields"] if one["target"] == "company")
    assert (company["key"], company["value"], company["is_written"]) == ("Username", "bob", True)
    run = desk.run(upload, dry=True)
    assert (numbers(run), desk.contacts()) == (("succeeded", 2, 0, 0, {}), {})
    samples = (desk.owner.get(f"/runs/{run['id']}/samples").json or {})["items"]
    assert {one["email"] for one in samples} == set(ADDRESSES)


def test_awkward_data(desk: Desk) -> None:
    rows = [
        ("1", "UPPER+Tag@EXAMPLE.com", "Tom &amp; Jerry", "0000-00-00 00:00:00"),
        ("2", "ünï@bücher.example", "名前 🙂", "2024-02-30"),
        ("3", " mailto:x@y.example\u200b", "=cmd|' /C calc'!A0", "x" * 100_000),
        ("4", '"Zoë <zoe@x.com>"', "\x01\u202e", ""),
        ("5", "", "nobody", ""),
        ("6", "not an address", "nobody", ""),
        ("7", "a@x.com, b@x.com", "two", "x"),
    ]
    upload = desk.bring("id,email,first_name,when\n" + "\n".join(map(",".join, rows)) + "\n")
    mapping = {"when": "fields.when"}
    run = desk.run(upload, mapping=mapping, create_fields=True)
    assert run["state"] == "succeeded"
    skipped = {"no_email": 1, "invalid_email": 1, "rejected_by_mapping": 1}
    assert (run["skipped"], run["seen"]) == (skipped, 7)
    people = desk.contacts()
    assert people["upper+tag@example.com"].first_name == "Tom & Jerry"
    assert any(who.first_name == "名前 🙂" for who in people.values())
    assert people["x@y.example"].first_name == "=cmd|' /C calc'!A0"
    assert len(people["x@y.example"].fields["when"]) == 1000
    assert "zoe@x.com" in people
    assert "nobody" in desk.owner.get(f"/runs/{run['id']}/rejected.csv").text


def test_formulas_in_what_was_left_out_do_nothing(desk: Desk) -> None:
    run = desk.run(desk.bring("email,=x\n=1+1,@SUM(A1)\n"), options={"email": "email"})
    text = desk.owner.get(f"/runs/{run['id']}/rejected.csv").text
    assert "invalid_email" in text
    assert ",=1+1" not in text


def test_a_list_of_addresses_alone(desk: Desk) -> None:
    upload = desk.bring("a@x.com\r\nb@x.com\r\n")
    assert (upload["layout"]["has_header"], upload["options"]["email"]) == (False, "Column 1")
    assert numbers(desk.run(upload)) == ("succeeded", 2, 0, 0, {})


def test_it_can_be_read_as_written_in_another_way(desk: Desk) -> None:
    content = "email;name\na@x.com;\u010cern\u00fd\n".encode("cp1250")
    upload = desk.bring(content)
    desk.run(upload, consent=None)
    assert desk.contacts()["a@x.com"].first_name == "Èerný"
    path = f"/uploads/{upload['id']}"
    changed = desk.owner.patch(path, {"encoding": "cp1250"})
    assert (changed.json or {})["layout"]["encoding"] == "cp1250"
    desk.run(upload)
    assert desk.contacts()["a@x.com"].first_name == "Černý"
    assert desk.owner.patch(path, {"encoding": "klingon"}).status_code == 422
    queued = desk.owner.post(f"{path}/run", {"consent": None})
    assert queued.status_code == 202
    assert desk.owner.patch(path, {"delimiter": ","}).status_code == 409


def test_it_is_kept_encrypted_and_forgotten_after_a_while(desk: Desk, clock: TurnableClock) -> None:
    upload = desk.bring(SHOP)
    desk.run(upload)
    with desk.runtime.database.reading() as session:
        secret = b"".join(bytes(one) for one in session.scalars(select(UploadPiece.secret)))
    assert b"Example.com" not in secret
    clock.turn(days=13)
    forget(desk.runtime)
    assert desk.count(UploadPiece) == 1
    clock.turn(days=2)
    forget(desk.runtime)
    assert desk.count(UploadPiece) == 0
    path = f"/uploads/{upload['id']}"
    shown = desk.owner.get(path).json or {}
    assert (shown["is_kept"], shown["sample"], shown["rows"]) == (False, [], 2)
    refused = desk.owner.post(f"{path}/run", {"consent": None})
    assert (refused.status_code, "again" in (refused.json or {})["detail"]) == (409, True)
    assert desk.owner.post(f"/connections/{upload['connection_id']}/preview", {}).status_code == 409
    again = desk.bring(SHOP)
    assert (again["id"], again["is_kept"]) == (upload["id"], True)
    assert numbers(desk.run(again)) == ("succeeded", 0, 0, 2, {})


def test_large_files_are_kept_in_pieces(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keeping, "PIECE", 1000)
    body = "email,first_name\n" + "".join(f"p{n}@x.com,Jörg{n}\n" for n in range(450))
    upload = desk.bring(body)
    assert desk.count(UploadPiece) == len(body.encode()) // 1000 + 1
    run = desk.run(upload)
    assert (run["created"], run["pages"], run["total"]) == (450, 3, 450)
    assert desk.contacts()["p449@x.com"].first_name == "Jörg449"


def test_it_is_removed_and_its_contacts_stay(desk: Desk) -> None:
    upload = desk.bring(SHOP)
    desk.run(upload)
    assert desk.owner.delete(f"/uploads/{upload['id']}").status_code == 204
    for path in (f"/uploads/{upload['id']}", f"/connections/{upload['connection_id']}"):
        assert desk.owner.get(path).status_code == 404
    assert (desk.count(UploadPiece), len(desk.contacts())) == (0, 2)
    assert desk.ask(SHOP.encode()).status_code == 201


def test_the_wall_between_workspaces(desk: Desk, outsider: Client, viewer: Client) -> None:
    upload = desk.bring(SHOP)
    path = f"/uploads/{upload['id']}"
    assert outsider.get("/uploads").json["total"] == 0  # type: ignore[index]
    assert desk.owner.get("/uploads").json["total"] == 1  # type: ignore[index]
    asks: Iterable[Callable[[], TestResponse]] = (
        lambda: outsider.get(path),
        lambda: outsider.patch(path, {"delimiter": ";"}),
        lambda: outsider.post(f"{path}/run", {"consent": None}),
        lambda: outsider.delete(path),
        lambda: outsider.get(f"/connections/{upload['connection_id']}"),
    )
    assert [ask().status_code for ask in asks] == [404] * 5
    assert viewer.post(f"{path}/run", {"consent": None}).status_code == 403
    other = Desk(desk.runtime, outsider)
    assert other.bring(SHOP)["id"] != upload["id"]  # the same bytes, somebody else's


@on_sqlite
def test_it_is_no_site(desk: Desk) -> None:
    upload = desk.bring(SHOP)
    shown = desk.owner.get(f"/connections/{upload['connection_id']}").json or {}
    assert (shown["title"], shown["source"]) == ("CSV file", "csv")
    often = {"schedule": {"every_minutes": 60}}
    assert desk.owner.patch(f"/connections/{shown['id']}", often).status_code == 422
    assert (desk.owner.get("/sites").json or {})["total"] == 0
    assert desk.owner.get(f"/sites/{shown['site_id']}").status_code == 404
    assert desk.owner.delete(f"/sites/{shown['site_id']}").status_code == 404


@on_sqlite
@pytest.mark.parametrize(
    ("content", "status", "words"),
    [
        (b"", 422, "empty"),
        (b"  \n ", 422, "empty"),
        (b"email,name\n", 422, "no rows"),
        (b"PK\x03\x04 the rest of a workbook", 415, "Excel workbook"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", 415, "Excel workbook"),
        (b"\x1f\x8b\x08", 415, "gzip"),
        (b"%PDF-1.7", 415, "PDF"),
        (b'{"email": "a@x.com"}', 415, "JSON"),
        (b"<!DOCTYPE html><title>Log in</title>", 415, "web page"),
        (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0", 415, "no text"),
        (b'email,name\na@x.com,"never closed\nb@x.com,B\n', 422, "In row 2 a quotation mark"),
        (b'email,name\na@x.com,A\nb@x.com,"' + b"x" * 1_100_000, 422, "In row 3 a quotation"),
        (b"x" * 5_000_000, 422, "A line of the file is endless"),
    ],
)
def test_what_is_not_taken(desk: Desk, content: bytes, status: int, words: str) -> None:
    answer = desk.ask(content)
    assert (answer.status_code, words in (answer.json or {})["detail"]) == (status, True), (
        answer.json
    )
    assert (desk.count(Upload), desk.count(UploadPiece)) == (0, 0)


@on_sqlite
def test_how_it_has_to_be_sent(desk: Desk) -> None:
    plain = desk.owner.post("/uploads", data=b"email\na@x.com\n", content_type="text/csv")
    assert (plain.status_code, "multipart" in (plain.json or {})["detail"]) == (415, True)
    more = {"file": (io.BytesIO(b"email\na@x.com\n"), "x.csv"), "list": "x"}
    unknown = desk.owner.post("/uploads", data=more, content_type="multipart/form-data")
    assert (unknown.status_code, (unknown.json or {})["errors"][0]["where"]) == (422, "list")
    other = desk.owner.post("/uploads", data={"file": "y"}, content_type="multipart/form-data")
    assert (other.status_code, (other.json or {})["errors"][0]["where"]) == (422, "file")


@on_sqlite
def test_what_is_too_large(desk: Desk) -> None:
    object.__setattr__(desk.runtime, "largest_upload", 10_000)
    answer = desk.ask(b"email\n" + b"a@x.com\n" * 20_000)
    assert (answer.status_code, "at most" in (answer.json or {})["detail"]) == (413, True)
    assert desk.ask(b"email\n" + b"a@x.com\n" * 20).status_code == 201


@on_sqlite
def test_columns_have_to_be_there(desk: Desk) -> None:
    upload = desk.bring("who,city\nnobody,Ulm\n")
    path = f"/uploads/{upload['id']}/run"
    assert upload["options"]["email"] == ""
    for options in ({}, {"email": "mail"}, {"email": "who", "tags": "nothing"}):
        refused = desk.owner.post(path, {"consent": None, "options": options})
        assert (refused.status_code, "options." in (refused.json or {})["detail"]) == (422, True)
    assert desk.owner.post(path, {"consent": None, "options": {"email": "who"}}).status_code == 202
    assert UUID(upload["id"])
