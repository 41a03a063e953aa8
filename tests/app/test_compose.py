"""Whole messages: the standard library reads back what was meant, and finds nothing odd."""

import email
import re
from datetime import UTC, datetime
from email.message import EmailMessage
from email.policy import default
from typing import Any
from uuid import uuid4

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.contacts.models import CONTACT_FIELDS, Contact
from app.rules.templates.template import TemplateError
from app.sending.letters.compose import CannotCompose, Composer, Identity, contact_values

LINK = "https://mail.example.com/u/" + "t" * 48
IDENTITY = Identity("news@shop.example.com", "The Shop", "", "")
HTML = "<html><body><p>Hi {{ contact.first_name || 'there' }}</p></body></html>"
_TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=120)


def composed(composer: Composer, **given: Any) -> bytes:
    values: dict[str, Any] = {
        "identity": IDENTITY,
        "to_email": "ada@example.com",
        "contact": {"email": "ada@example.com", "first_name": "Ada", "last_name": "L"},
        "unsubscribe_url": LINK,
        "message_id": "<7.abc@shop.example.com>",
        "date": datetime(2026, 11, 22, 12, 0, 1, 5, tzinfo=UTC),
        "list_id": "0123abcd.shop.example.com",
        "dispatch_id": "11112222-3333-7444-8555-666677778888",
    }
    return composer.compose(**{**values, **given}).whole()


def read(data: bytes) -> EmailMessage:
    """The message as a mail program sees it; it must be sound in every part."""
    assert b"\r" not in data.replace(b"\r\n", b"")
    assert b"\n" not in data.replace(b"\r\n", b"")
    assert max(map(len, data.split(b"\r\n"))) <= 998
    assert b"\r\n." not in data
    message = email.message_from_bytes(data, policy=default)
    assert isinstance(message, EmailMessage)
    for part in message.walk():
        assert part.defects == []
        for value in part.values():
            assert value.defects == ()
    return message


def part(message: EmailMessage, kind: str) -> str:
    body = message.get_body((kind,))
    assert body is not None
    text: str = body.get_content()
    return text.replace("\r\n", "\n")


def test_the_whole_message() -> None:
    composer = Composer("News for {{ contact.first_name }}", "Soon & here", HTML, "")
    reply = Identity("news@shop.example.com", "The Shop", "help@example.com", "Helga")
    message = read(composed(composer, identity=reply))
    assert dict(message.items()) == {
        "Date": "Sun, 22 Nov 2026 12:00:01 +0000",
        "From": "The Shop <news@shop.example.com>",
        "Reply-To": "Helga <help@example.com>",
        "MIME-Version": "1.0",
        "To": "Ada L <ada@example.com>",
        "Subject": "News for Ada",
        "Message-ID": "<7.abc@shop.example.com>",
        "List-Unsubscribe": f"<{LINK}>",
        "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
        "List-Id": "<0123abcd.shop.example.com>",
        "Feedback-ID": "11112222-3333-7444-8555-666677778888:marketing:0123abcd:pressferry",
        "X-Campaign-Dispatch": "11112222-3333-7444-8555-666677778888",
        "Content-Type": 'multipart/alternative; boundary="=_pressferry_alternative"',
    }
    assert [one.get_content_type() for one in message.iter_parts()] == ["text/plain", "text/html"]
    assert part(message, "plain") == f"Hi Ada\n\n-- \nUnsubscribe: {LINK}\n"
    html = part(message, "html")
    assert html.startswith('<html><body><div style="display:none')
    assert "Soon &amp; here" in html
    assert "<p>Hi Ada</p>" in html
    assert html.endswith(
        f'<a href="{LINK}" style="color:#595959">Unsubscribe</a></p></body></html>\n'
    )


def test_one_click_headers_are_never_folded() -> None:
    link = "https://" + "a" * 200 + ".example.com/u/" + "t" * 48
    data = composed(Composer("s", "", HTML, ""), unsubscribe_url=link)
    assert f"\r\nList-Unsubscribe: <{link}>\r\n".encode() in data
    assert b"\r\nList-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n" in data


@pytest.mark.parametrize(
    ("html", "text", "kinds"),
    [
        (HTML, "", ["text/plain", "text/html"]),
        (HTML, "words", ["text/plain", "text/html"]),
        ("", "words", ["text/plain"]),
        ("<img src='x'>", "", ["text/html"]),
    ],
)
def test_the_parts(html: str, text: str, kinds: list[str]) -> None:
    message = read(composed(Composer("s", "p", html, text)))
    found = [one.get_content_type() for one in message.walk() if not one.is_multipart()]
    assert found == kinds
    assert part(message, "plain" if "text/plain" in kinds else "html").count(LINK) == 1


@pytest.mark.parametrize(
    ("source", "times"),
    [
        ("<p>no link</p>", 1),
        ("<a href='{{ unsubscribe_url }}'>bye</a>", 1),
        ("<a href='{{unsubscribe_url}}'>bye</a>", 1),
        ("<p>x</p><!-- {{ unsubscribe_url }} -->", 2),
        ("<p>x</p>{% comment %}{{ unsubscribe_url }}{% endcomment %}", 1),
        ("{% if contact.country == 'DE' %}{{ unsubscribe_url }}{% endif %}", 1),
        ("{% if contact.country != 'DE' %}{{ unsubscribe_url }}{% endif %}", 1),
        ("{{ unsubscribe_url | upcase }}", 1),
        ("<p>x</p>{% if false %}</body>{% endif %}", 1),
        ("<p>x</p>{% comment %}</body>{% endcomment %}", 1),
        ("{{ unsubscribe_url }} {{ unsubscribe_url }}", 2),
    ],
)
def test_every_part_has_a_link_that_a_person_can_see(source: str, times: int) -> None:
    message = read(composed(Composer("s", "", source, "")))
    html = part(message, "html")
    assert html.count(LINK) == times
    assert LINK in re.sub(r"<!--.*?-->", "", html)
    assert LINK in part(message, "plain")


@pytest.mark.parametrize("attack", ["Ada\r\nBcc: evil@example.com", "Ada\n\n<b>", "A\x00\rBcc: x"])
def test_no_field_of_a_contact_makes_a_header(attack: str) -> None:
    composer = Composer("{{ contact.first_name }}", "{{ contact.first_name }}", HTML, "")
    evil = {"first_name": attack, "last_name": attack}
    sender = Identity("news@shop.example.com", attack, "help@example.com", attack)
    message = read(composed(composer, contact=evil, identity=sender))
    assert "Bcc" not in message
    assert "<b>" not in part(message, "html")
    assert [a.addr_spec for a in message["To"].addresses] == ["ada@example.com"]
    assert len(message.keys()) == 13


SMUGGLED = "\r\n.\r\nMAIL FROM:<evil@example.com>\r\n"


@pytest.mark.parametrize(
    "value",
    [
        SMUGGLED,
        ".",
        "x" * 100_000,
        "ü" * 100_000,
        "👩‍🚀",
        "שלום",
        "日本語",
        "\ud800",
        "=",
        "a\r\nb",
        "",
    ],
)
def test_every_value_stays_where_it_belongs(value: str) -> None:
    composer = Composer("s", "{{ contact.x }}", "<p>[{{ contact.x }}]</p>", "[{{ contact.x }}]")
    names = {"x": value, "first_name": value, "last_name": value}
    message = read(composed(composer, contact=names))
    text = value.replace("\r\n", "\n").replace("\ud800", "?")
    assert f"[{text}]" in part(message, "plain")
    assert part(message, "html").count("[") == 1


_EVERYWHERE = Composer(
    "Hi {{ contact.first_name }}",
    "{{ contact.city }}",
    "<p title='{{ contact.city }}'>{{ contact.first_name }}</p>",
    "{{ contact.city }}\n{% for i in (1..2) %}{{ contact.last_name }}{% endfor %}",
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(_TEXT, _TEXT, _TEXT, _TEXT)
def test_every_message_is_read_back(first: str, last: str, city: str, name: str) -> None:
    contact = {"first_name": first, "last_name": last, "city": city}
    sender = Identity("news@shop.example.com", name, "help@example.com", name)
    message = read(composed(_EVERYWHERE, contact=contact, identity=sender))
    assert len(message.keys()) == 13
    assert [a.addr_spec for a in message["To"].addresses] == ["ada@example.com"]
    assert [a.addr_spec for a in message["From"].addresses] == ["news@shop.example.com"]
    assert part(message, "html").count("<p") == 2


@pytest.mark.parametrize(
    ("given", "written"),
    [
        ("ada@example.com", "ada@example.com"),
        ("Ada.L+x@Example.COM", "Ada.L+x@example.com"),
        ("ada@bücher.example", "ada@xn--bcher-kva.example"),
        ("  ada@example.com ", "ada@example.com"),
    ],
)
def test_addresses_are_ready_for_the_wire(given: str, written: str) -> None:
    sender = Identity(given, "", given, "")
    data = composed(Composer("s", "", HTML, ""), to_email=given, identity=sender, contact={})
    for name in ("To", "From", "Reply-To"):
        assert f"\r\n{name}: {written}\r\n".encode() in data


@pytest.mark.parametrize(
    "email", ["", "ada", "a b@example.com", "a@b@c.example", "x\r\n@y.example"]
)
def test_who_cannot_be_written_to_is_named(email: str) -> None:
    with pytest.raises(CannotCompose, match="not an address"):
        composed(Composer("s", "", HTML, ""), to_email=email)


def test_data_that_breaks_a_template_is_named() -> None:
    composer = Composer("s", "", "{{ 100 | divided_by: contact.share }}", "")
    with pytest.raises(CannotCompose, match="divide by 0"):
        composed(composer, contact={"share": "0"})
    assert "50" in part(read(composed(composer, contact={"share": "2"})), "html")


def test_a_template_that_does_not_parse_is_no_composer() -> None:
    with pytest.raises(TemplateError):
        Composer("{{", "", HTML, "")


def test_text_that_is_mostly_not_ascii_travels_as_base64() -> None:
    data = composed(
        Composer("件名", "", "", "こんにちは {{ contact.first_name }} さん、お元気ですか\n")
    )
    assert b"Content-Transfer-Encoding: base64" in data
    assert "こんにちは Ada さん" in part(read(data), "plain")


def test_what_a_template_sees_of_a_contact() -> None:
    contact = Contact(
        id=uuid4(),
        email="ada@example.com",
        **dict.fromkeys(CONTACT_FIELDS, "") | {"first_name": "Ada", "last_name": "Lovelace"},
        fields={"color": "red", "first_name": "hidden"},
    )
    values = contact_values(contact)
    assert values["email"] == "ada@example.com"
    assert values["full_name"] == "Ada Lovelace"
    assert values["color"] == values["fields"]["color"] == "red"
    assert values["first_name"] == "Ada"
    assert values["fields"]["first_name"] == "hidden"
    assert set(CONTACT_FIELDS) <= set(values)
    words = Composer("s", "", "", "{{ contact.full_name }} {{ contact.fields.color }}").render(
        values, LINK, datetime(2026, 1, 1, tzinfo=UTC)
    )
    assert words.text.startswith("Ada Lovelace red\n")
    assert words.html == ""
