"""Notification mails of form plugins: every field exactly, whoever wrote what into the form."""

from datetime import UTC, datetime
from email import policy
from email.message import EmailMessage
from email.parser import BytesParser

import pytest

from app.rules import notifications
from app.rules.notifications import Entry, Notification
from tests.rules import form_mails
from tests.rules.form_mails import mail

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)


def told(raw: bytes, *, by_subject: bool = False) -> Notification:
    found = notifications.notification(notifications.read(raw, NOW), by_subject=by_subject)
    assert found is not None
    return found


def fields(raw: bytes) -> dict[str, str]:
    return {entry.label: entry.value for entry in told(raw).entries}


def text(body: str, **more: str) -> bytes:
    return mail(body, html=False, **{"subject": "Something", **more})  # type: ignore[arg-type]


def test_wpforms() -> None:
    raw = form_mails.wpforms(
        [
            ("Name", "Zoë WPForms", "name"),
            ("E-Mail", "zoe+wpf@example.com", "email"),
            ("Telefon & mehr", "+49 30 123", "text"),
            ("Nachricht", "Hallo &\nzweite Zeile: hier", "textarea"),
            ("GDPR Agreement", "I consent to the storage of my data", "gdpr-checkbox"),
            ("Firma", "(empty)", "text"),
        ]
    )
    assert told(raw) == Notification(
        "WPForms Kontakt",
        "zoe+wpf@example.com",
        (
            Entry("Name", "Zoë WPForms", "name"),
            Entry("E-Mail", "zoe+wpf@example.com", "email"),
            Entry("Telefon & mehr", "+49 30 123"),
            Entry("Nachricht", "Hallo &\nzweite Zeile: hier"),
            Entry("GDPR Agreement", "I consent to the storage of my data", "consent"),
            Entry("Firma", ""),
        ),
    )


def test_wpforms_without_html() -> None:
    raw = form_mails.wpforms_plain(
        [("Name", "Zoë"), ("E-Mail", "zoe@example.com"), ("Nachricht", "Phone: 1\n\nzwei")]
    )
    assert (told(raw).form, told(raw).email) == ("Plain", "zoe@example.com")
    assert fields(raw) == {
        "Name": "Zoë",
        "E-Mail": "zoe@example.com",
        "Nachricht": "Phone: 1\n\nzwei",
    }


def test_sureforms() -> None:
    raw = form_mails.sureforms(
        [("First Name", "Zoë"), ("Last Name", "Sure"), ("Email", "zoe+srfm@example.com")]
    )
    assert told(raw) == Notification(
        "Sure Contact",
        "zoe+srfm@example.com",
        (
            Entry("First Name", "Zoë"),
            Entry("Last Name", "Sure"),
            Entry("Email", "zoe+srfm@example.com", "email"),
        ),
    )


def test_fluent_forms_does_not_take_a_persons_name_for_a_form() -> None:
    raw = form_mails.fluent([("Full Name", "Zoë Fluent"), ("Email", "z@example.com"), ("Age", "")])
    assert (told(raw).form, told(raw).email) == ("Fluent Forms", "z@example.com")
    assert fields(raw) == {"Full Name": "Zoë Fluent", "Email": "z@example.com", "Age": ""}


@pytest.mark.parametrize("german", [False, True])
def test_contact_form_7(german: bool) -> None:
    raw = form_mails.contact_form_7(
        "Zoë Feedback", "zoe+cf7@example.com", "via REST", "hi\n\nthere: you", german=german
    )
    found = told(raw)
    assert (found.form, found.email) == ("Contact Form 7", "zoe+cf7@example.com")
    who, about, body = ("Von", "Betreff", "Nachrichtentext") if german else _ENGLISH
    assert found.entries == (
        Entry(who, "Zoë Feedback", "name"),
        Entry(f"{who}: e-mail", "zoe+cf7@example.com", "email"),
        Entry(about, "via REST"),
        Entry(body, "hi\n\nthere: you"),
    )


_ENGLISH = ("From", "Subject", "Message Body")


def test_a_template_that_its_owner_shortened() -> None:
    raw = text(
        "From: Zoë Feedback zoe+cf7@example.com\nSubject: via REST\n\nhi\n-- \n"
        "sent from Rig Site (http://127.0.0.1:8088)\n",
        subject='Rig Site "via REST"',
    )
    assert (told(raw).form, told(raw).email) == ("Contact Form 7", "zoe+cf7@example.com")
    assert fields(raw) == {
        "From": "Zoë Feedback",
        "From: e-mail": "zoe+cf7@example.com",
        "Subject": "via REST",
    }


def test_an_older_template_has_the_address_in_brackets() -> None:
    raw = text("De: Marcos <marcos@example.com>\nAsunto: ninguno\n\nCuerpo del mensaje:\nHola\n")
    assert (told(raw).form, told(raw).email) == ("Contact Form 7", "marcos@example.com")
    assert fields(raw)["De"] == "Marcos"


@pytest.mark.parametrize(
    "raw",
    [
        form_mails.shop_account(),
        text("Hello,\n\nyour site was updated to WordPress 7.\nNo action is needed.\n"),
        text("Howdy!\n\nPassword changed for: admin\n"),
        mail("<p>Nothing here</p>"),
        mail(""),
        b"",
        b"\0\xff" * 500,
    ],
)
def test_other_mails_of_the_site_are_none(raw: bytes) -> None:
    assert notifications.notification(notifications.read(raw, NOW)) is None


@pytest.mark.parametrize(
    "body",
    [
        "<table><tr><td>Name</td><td>Zoë</td></tr><tr><td>E-mail:</td><td>z@x.com</td></tr></table>",
        "<table><tr><th>Name</th></tr><tr><td>Zoë</td></tr><tr><th>E-mail</th></tr>"
        "<tr><td>z@x.com</td></tr></table>",
        "<p><strong>Name:</strong> Zoë</p><p><strong>E-mail:</strong> z@x.com</p>",
        "<div><b>Name</b><br>Zoë<br><b>E-mail</b><br><a href='mailto:z@x.com'>z@x.com</a></div>",
        "<div>Name: Zoë<br/>E-mail: z@x.com</div>",
        "<table><tr><td>Name: Zoë<br>E-mail: z@x.com</td></tr></table>",
        "<dl><dt>Name</dt><dd>Zoë</dd><dt>E-mail</dt><dd>z@x.com</dd></dl>",
        "<h3>Name</h3><p>Zoë</p><h3>E-mail</h3><p>z@x.com</p>",
        "<table><tr><td>&nbsp;</td><td>Name</td><td>Zoë</td></tr>"
        "<tr><td></td><td>E-mail</td><td>z@x.com</td></tr></table>",
    ],
)
def test_any_page_with_labels_and_values(body: str) -> None:
    raw = mail(f"<html><body>{body}</body></html>", subject="New message")
    assert (told(raw).email, told(raw).form) == ("z@x.com", "Other forms")
    assert fields(raw) == {"Name": "Zoë", "E-mail": "z@x.com"}


@pytest.mark.parametrize(
    ("body", "email", "first"),
    [
        ("Nom : Zoé\nCourriel : z@x.com\n", "z@x.com", ("Nom", "Zoé")),
        ("お名前：花子\nメールアドレス：z@x.com\n", "z@x.com", ("お名前", "花子")),
        (
            "\u200fالاسم: ليلى\u200f\n\u200fالبريد الإلكتروني: z@x.com\u200f\n",
            "z@x.com",
            ("الاسم", "ليلى"),
        ),
        ("שם: נועה\nדואר אלקטרוני: z@x.com\n", "z@x.com", ("שם", "נועה")),
        ("Имя: Анна\nПочта: z@x.com\n", "z@x.com", ("Имя", "Анна")),
        ("* Name: Zoë\n* Your e-mail address: z@x.com\n", "z@x.com", ("Name", "Zoë")),
        ("Name:\nZoë\n\nEmail:\nz@x.com\n", "z@x.com", ("Name", "Zoë")),
        ("Name:\nEmail: z@x.com\n", "z@x.com", ("Name", "")),
        ("Tom &amp; Co: 5 &lt; 6\nEmail: z@x.com", "z@x.com", ("Tom &amp; Co", "5 &lt; 6")),
    ],
)
def test_labels_in_any_language(body: str, email: str, first: tuple[str, str]) -> None:
    found = told(text(body))
    assert found.email == email
    assert (found.entries[0].label, found.entries[0].value) == first


def test_what_somebody_writes_into_a_message_is_no_field() -> None:
    raw = text(
        "Name: Zoë\nEmail: zoe@x.com\nMessage: Hello\nMy budget: 5\n\nPS: call me\n"
        "E-mail: other@x.com\nPhone: 123\n"
    )
    assert told(raw).email == "zoe@x.com"
    assert fields(raw) == {
        "Name": "Zoë",
        "Email": "zoe@x.com",
        "Message": "Hello\nMy budget: 5\n\nPS: call me",
        "E-mail": "other@x.com",
        "Phone": "123",
    }


def test_a_second_field_of_the_same_label_does_not_replace_the_first() -> None:
    assert fields(text("Email: a@x.com\nName: A\nEmail: b@x.com"))["Email"] == "a@x.com"
    raw = form_mails.wpforms(
        [("Name", "A", "name"), ("Name", "B", "name"), ("E", "a@x.c", "email")]
    )
    assert fields(raw) == {"Name": "A", "Name 2": "B", "E": "a@x.c"}


@pytest.mark.parametrize(
    ("raw", "email"),
    [
        # the site's own address is nobody's, wherever it stands
        (text(f"Email: {form_mails.SITE}\nName: Z", reply_to="z@x.com"), "z@x.com"),
        (text(f"Sent by: {form_mails.SITE}\nWho: z@x.com"), "z@x.com"),
        # her address is known by its look, then by whom an answer would go to
        (text("Who: Z\nReach me: z@x.com"), "z@x.com"),
        (text("Who: Z\nHow: by phone", reply_to="Zoë <z@x.com>"), "z@x.com"),
        (text("Who: Z\nHow: by phone", reply_to=form_mails.OWNER), ""),
        (text(f"Who: Z\nTo: {form_mails.OWNER}"), ""),
        # an owner who tries her own form says so in the field
        (text(f"Who: Z\nEmail: {form_mails.OWNER}"), form_mails.OWNER),
        (text("Who: Z\nEmail: nobody"), "nobody"),
        (text("Who: Z\nEmail: nobody\nE-mail again: z@x.com"), "z@x.com"),
        (text("Who: Z\nEmail: zoë@bücher.example"), "zoë@bücher.example"),
        (text("Who: Z\nEmail: ZOE+Tag@Example.COM"), "ZOE+Tag@Example.COM"),
    ],
)
def test_whose_address_it_is(raw: bytes, email: str) -> None:
    assert told(raw).email == email


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("Newsletter: Yes", "Yes"),
        ("Newsletter: no", ""),
        ("Newsletter:", ""),
        ("I agree to get the newsletter: I agree to get the newsletter", None),
        ("DSGVO-Einwilligung: Ja", "Ja"),
    ],
)
def test_boxes_that_were_ticked(line: str, said: str | None) -> None:
    entries = told(text(f"Email: z@x.com\n{line}")).entries
    (box,) = [entry for entry in entries if entry.kind == "consent"]
    assert box.value == (box.label if said is None else said)


def test_a_choice_is_no_consent() -> None:
    entries = told(text("Email: z@x.com\nNewsletter: weekly")).entries
    assert [entry.kind for entry in entries] == ["email", ""]


@pytest.mark.parametrize(
    ("subject", "form"),
    [
        ("New Entry: Contact & more", "Contact & more"),
        ("Neuer Eintrag: Kontakt", "Kontakt"),
        ("Nouvelle entrée : Contact", "Contact"),
        ("New Simple Contact Form Entry", "Simple Contact Form"),
        ("Hello from Anna", "WPForms"),
    ],
)
def test_the_name_of_a_form_stands_in_a_subject_that_the_plugin_wrote(
    subject: str, form: str
) -> None:
    raw = form_mails.wpforms([("E-Mail", "z@x.com", "email")], subject=subject)
    assert told(raw).form == form
    assert told(raw, by_subject=True).form == subject


def test_charsets_and_encodings() -> None:
    body = "Name: Zoë Ångström\nEmail: z@x.com\n"
    for charset, transfer in (
        ("iso-8859-1", "quoted-printable"),
        ("windows-1252", "base64"),
        ("utf-8", "8bit"),
        ("utf-8", "base64"),
        ("utf-16", "base64"),
    ):
        raw = text(body, charset=charset, transfer=transfer)
        assert fields(raw)["Name"] == "Zoë Ångström", (charset, transfer)
    unknown = text(body, transfer="base64").replace(b"utf-8", b"x-nobody-knows")
    assert fields(unknown)["Name"] == "Zoë Ångström"
    wrong = text("Name: Zo\xeb\nEmail: z@x.com\n").replace(b"Zo=C3=AB", b"Zo=EB")
    assert (told(wrong).email, fields(wrong)["Name"]) == ("z@x.com", "Zo\ufffd")


def test_a_subject_in_encoded_words() -> None:
    raw = form_mails.wpforms([("E-Mail", "z@x.com", "email")], subject="New Entry: Grüße an 花子")
    assert b"=?utf-8?" in raw
    assert told(raw).form == "Grüße an 花子"


def test_nested_parts_and_attachments() -> None:
    made = EmailMessage()
    made["From"], made["Date"] = form_mails.SITE, "Sun, 22 Nov 2026 04:41:57 +0000"
    made.set_content("Please read the HTML")
    made.add_alternative("<p>Name: Zoë<br>Email: z@x.com</p>", subtype="html")
    made.add_attachment("Email: file@x.com\nName: File", filename="a.txt")
    held = EmailMessage()
    held.set_content("Email: held@x.com\nName: Held")
    made.add_attachment(held)
    assert told(bytes(made)).email == "z@x.com"
    only_attached = EmailMessage()
    only_attached["From"] = form_mails.SITE
    only_attached.add_attachment("Email: file@x.com\nName: File", filename="a.txt")
    assert notifications.notification(notifications.read(bytes(only_attached), NOW)) is None


def test_flowed_lines_are_one() -> None:
    raw = text("Name: Zoë\nEmail: z@x.com\nMessage: one \ntwo \nthree\n")
    flowed = raw.replace(b'charset="utf-8"', b'charset="utf-8"; format=flowed').replace(
        b"=20\n", b"=20\n"
    )
    assert b"format=flowed" in flowed
    assert fields(flowed)["Message"] == "one two three"


def test_100_kilobytes_and_more() -> None:
    long = "x: y\n" * 20_000
    found = told(text(f"Name: Zoë\nEmail: z@x.com\nMessage: {long}"))
    assert found.email == "z@x.com"
    assert max(len(entry.value) for entry in found.entries) <= 4_000
    many = told(text("".join(f"Field {number}: 1\n" for number in range(3_000)) + "E-mail: z@x.c"))
    assert len(many.entries) <= 200
    wide = form_mails.wpforms([("Message", "y" * 200_000, "textarea"), ("E", "z@x.com", "email")])
    assert told(wide).email == "z@x.com"


@pytest.mark.timeout(300)
@pytest.mark.parametrize(
    "body",
    [
        "<table>" * 40_000,
        "<tr><td>" * 40_000,
        "<" * 300_000,
        "<!--" * 70_000,
        "<a href='" * 30_000,
        "<td " + "a=" * 100_000,
        "&" * 300_000,
        "<b>" * 90_000,
        "Label: " * 40_000,
        "a: b\n" * 60_000,
        "@" * 300_000,
        "\n" * 300_000,
        "-" * 300_000,
    ],
)
def test_hostile_bodies_are_read_in_time(body: str) -> None:
    """Every step is linear, or bounded: what is not would take minutes for these."""
    for html in (True, False):
        found = notifications.read(mail(body, html=html), NOW)
        notifications.notification(found)


def test_a_mail_is_the_same_wherever_it_lies() -> None:
    raw = text("Email: z@x.com\nName: Z")
    again = b"Received: from elsewhere\r\n" + raw
    assert notifications.read(raw, NOW).id == notifications.read(again, NOW).id
    other = text("Email: z@x.com\nName: Z", date="Sun, 22 Nov 2026 04:41:58 +0000")
    assert notifications.read(raw, NOW).id != notifications.read(other, NOW).id
    nameless = raw.replace(b"Message-ID", b"X-Nothing")
    assert notifications.read(nameless, NOW).id not in ("", notifications.read(raw, NOW).id)


@pytest.mark.parametrize(
    ("date", "at"),
    [
        ("Sun, 22 Nov 2026 04:41:57 +0100", "2026-11-22T03:41:57Z"),
        ("Tue, 22 Nov 2033 04:41:57 +0000", ""),
        ("Thu, 01 Jan 1970 00:00:00 +0000", ""),
    ],
)
def test_when_it_was_sent(date: str, at: str) -> None:
    assert notifications.read(text("Email: z@x.com", date=date), NOW).at == at


def test_a_date_that_is_none() -> None:
    raw = BytesParser(policy=policy.compat32).parsebytes(text("Email: z@x.com"))
    raw.replace_header("Date", "yesterday")
    assert notifications.read(raw.as_bytes(), NOW).at == ""
