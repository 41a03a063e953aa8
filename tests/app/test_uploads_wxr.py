"""WordPress' own export as a source: authors, who commented, and what Flamingo keeps."""

from typing import Any

import pytest

from app.contacts.models import ConsentProof
from app.runtime import Runtime
from app.sources.uploads.models import Upload
from tests.app.bringing import Desk, numbers
from tests.app.conftest import Client, on_sqlite

HEAD = """<?xml version="1.0" encoding="UTF-8" ?>
<!-- This is a WordPress eXtended RSS file -->
<rss version="2.0" xmlns:excerpt="http://wordpress.org/export/1.2/excerpt/"
  xmlns:content="http://purl.org/rss/1.0/modules/content/" xmlns:dc="http://purl.org/dc/elements/1.1/"
  xmlns:wp="http://wordpress.org/export/1.2/">
<channel>
<title>A site</title><language>de-DE</language><wp:wxr_version>1.2</wp:wxr_version>
<wp:category><wp:term_id>1</wp:term_id><wp:category_nicename>a</wp:category_nicename></wp:category>
"""
TAIL = "</channel>\n</rss>\n"


def author(number: int, email: str, first: str = "", last: str = "") -> str:
    return (
        f"<wp:author><wp:author_id>{number}</wp:author_id>"
        f"<wp:author_login><![CDATA[login{number}]]></wp:author_login>"
        f"<wp:author_email><![CDATA[{email}]]></wp:author_email>"
        f"<wp:author_display_name><![CDATA[{first} {last}]]></wp:author_display_name>"
        f"<wp:author_first_name><![CDATA[{first}]]></wp:author_first_name>"
        f"<wp:author_last_name><![CDATA[{last}]]></wp:author_last_name></wp:author>\n"
    )


def comment(number: int, name: str, email: str, **more: str) -> str:
    said = {"date_gmt": "2024-05-01 10:00:00", "approved": "1", "type": "comment", "user_id": "0"}
    said |= {"author_url": "", **more}
    parts = "".join(f"<wp:comment_{key}>{value}</wp:comment_{key}>" for key, value in said.items())
    return (
        f"<wp:comment><wp:comment_id>{number}</wp:comment_id>"
        f"<wp:comment_author><![CDATA[{name}]]></wp:comment_author>"
        f"<wp:comment_author_email>{email}</wp:comment_author_email>{parts}"
        "<wp:comment_content><![CDATA[a@not.example says <b>hello</b>]]></wp:comment_content>"
        "<wp:commentmeta><wp:meta_key>_email</wp:meta_key><wp:meta_value>no@x.com</wp:meta_value>"
        "</wp:commentmeta></wp:comment>\n"
    )


def post(
    number: int,
    kind: str,
    metas: dict[str, str],
    inside: str = "",
    status: str = "publish",
    terms: tuple[tuple[str, str, str], ...] = (),
) -> str:
    told = "".join(
        f"<wp:postmeta><wp:meta_key><![CDATA[{key}]]></wp:meta_key>"
        f"<wp:meta_value><![CDATA[{value}]]></wp:meta_value></wp:postmeta>"
        for key, value in metas.items()
    )
    named = "".join(
        f'<category domain="{taxonomy}" nicename="{slug}"><![CDATA[{name}]]></category>'
        for taxonomy, slug, name in terms
    )
    return (
        f"<item><title><![CDATA[Post {number}]]></title>"
        "<content:encoded><![CDATA[<p>words@in.text</p>]]></content:encoded>"
        f"<wp:post_id>{number}</wp:post_id><wp:post_date_gmt>2024-06-01 12:00:00</wp:post_date_gmt>"
        f"<wp:status>{status}</wp:status><wp:post_type>{kind}</wp:post_type>{named}{told}{inside}"
        "</item>\n"
    )


def serialized(*texts: str) -> str:
    """A list as PHP stores it."""
    rows = "".join(f'i:{at};s:{len(one.encode())}:"{one}";' for at, one in enumerate(texts))
    return f"a:{len(texts)}:{{{rows}}}"


FORM = (("flamingo_inbound_channel", "kontakt", "Kontakt"),)
ACCEPTED = 'a:1:{s:10:"acceptance";s:16:"Ja, schreibt mir";}'
MESSAGE = {
    "_subject": "Hello",
    "_from_email": "jörg@bücher.example",
    "_from_name": "Jörg Weiß",
    "_field_your-name": "Jörg Weiß",
    "_field_your-email": "jörg@bücher.example",
    "_field_topics": serialized("Äpfel", "Birnen"),
    "_fields": 'a:1:{s:9:"your-name";N;}',
    "_meta": 'a:1:{s:9:"remote_ip";s:9:"127.0.0.1";}',
}
SITE = (
    HEAD
    + author(1, "Admin@Example.com", "Ada", "Min")
    + author(2, "", "No", "Mail")
    + post(
        10,
        "post",
        {"_edit_last": "1", "_email": "meta@of.a.post"},
        comment(1, "Bob Reader", "bob@x.com", author_url="https://bob.example/")
        + comment(2, "Spammer", "spam@x.com", approved="spam")
        + comment(3, "Other site", "", type="pingback")
        + comment(4, "Nickname", "admin@example.com", user_id="1")
        + comment(5, "Robert Reader", "BOB@x.com", date_gmt="2024-07-01 10:00:00"),
    )
    + post(
        20,
        "flamingo_contact",
        {
            "_email": "carl@x.com",
            "_name": "Carl C",
            "_props": 'a:2:{s:10:"first_name";s:4:"Carl";s:9:"last_name";s:6:"Çetin";}',
        },
        terms=(("flamingo_contact_tag", "friend", "Friend &amp; fan"),),
    )
    + post(21, "flamingo_contact", {"_email": "Admin@example.com", "_name": "Ada Min"})
    + post(30, "flamingo_inbound", MESSAGE, terms=FORM)
    + post(31, "flamingo_inbound", {**MESSAGE, "_field_your-email": "s@x.com"}, "", "flamingo-spam")
    + TAIL
)


@pytest.fixture
def desk(runtime: Runtime, owner: Client) -> Desk:
    return Desk(runtime, owner)


def test_everybody_in_an_export(desk: Desk) -> None:
    upload = desk.bring(SITE, "site.wordpress.2024-06-01.xml")
    assert (upload["kind"], upload["rows"], upload["layout"]) == ("wxr", 10, {})
    assert upload["options"]["comments"] is True
    assert upload["sample"][0]["email"] == "Admin@Example.com"
    run = desk.run(upload)
    skipped = {"no_email": 1, "trashed_or_spam": 2, "duplicate": 1}
    assert numbers(run) == ("succeeded", 4, 1, 1, skipped)
    people = desk.contacts()
    named = {address: (who.first_name, who.last_name) for address, who in people.items()}
    assert named == {
        "admin@example.com": ("Ada", "Min"),
        "bob@x.com": ("Robert", "Reader"),
        "carl@x.com": ("Carl", "Çetin"),
        "jörg@xn--bcher-kva.example": ("Jörg", "Weiß"),
    }
    assert desk.groups("carl@x.com")[1] == {"Friend & fan"}
    shown = desk.owner.get(f"/connections/{upload['connection_id']}/forms").json or {}
    assert [form["title"] for form in shown["items"]] == ["Flamingo", "Kontakt"]
    assert numbers(desk.run(upload))[:4] == ("succeeded", 0, 0, 6)


def test_flamingo_s_fields_are_mapped_by_their_names(desk: Desk) -> None:
    upload = desk.bring(HEAD + post(30, "flamingo_inbound", MESSAGE, terms=FORM) + TAIL)
    desk.run(upload)
    path = f"/connections/{upload['connection_id']}/forms/kontakt"
    body: dict[str, Any] = {
        "mapping": {"kontakt.topics": "fields.topics"},
        "create_fields": True,
        "add_lists": ["Questions"],
    }
    assert desk.owner.patch(path, body).status_code == 200
    desk.run(upload)
    (who,) = desk.contacts().values()
    assert who.fields == {"topics": "Äpfel, Birnen"}
    assert desk.groups(who.address)[0] == {"Questions"}


def test_a_box_that_was_ticked_is_a_proof(desk: Desk) -> None:
    ticked = {**MESSAGE, "_field_acceptance": "1", "_consent": ACCEPTED}
    desk.run(desk.bring(HEAD + post(30, "flamingo_inbound", ticked, terms=FORM) + TAIL))
    (who,) = desk.contacts()
    proofs = desk.owner.get(f"/contacts/{desk.contacts()[who].id}/consents").json or {}
    found = {(one["way"], one["text"], one["said_at"]) for one in proofs["items"]}
    assert ("checkbox", "Ja, schreibt mir", "2024-06-01T12:00:00Z") in found
    assert desk.count(ConsentProof) == 2


def test_whom_nobody_wants_stays_out(desk: Desk) -> None:
    upload = desk.bring(SITE)
    options = {"comments": False, "messages": False, "address_book": False}
    assert numbers(desk.run(upload, options=options)) == ("succeeded", 1, 0, 0, {"no_email": 1})


def test_letters_that_xml_forbids_are_left_out(desk: Desk) -> None:
    upload = desk.bring(HEAD + author(1, "a@x.com", "A\x0bda\x01") + TAIL)
    desk.run(upload)
    assert desk.contacts()["a@x.com"].first_name == "Ada"


LAUGHS = (
    '<?xml version="1.0"?><!DOCTYPE rss [<!ENTITY a "ha">'
    + "".join(f'<!ENTITY {chr(98 + at)} "{f"&{chr(97 + at)};" * 10}">' for at in range(12))
    + "]><rss><channel><title>&m;</title></channel></rss>"
)
OUTSIDE = (
    '<?xml version="1.0"?><!DOCTYPE rss [<!ENTITY x SYSTEM "file:///etc/passwd">]>'
    "<rss><channel><wp:author><wp:author_email>&x;</wp:author_email></wp:author></channel></rss>"
)


@on_sqlite
@pytest.mark.parametrize(
    ("content", "words"),
    [
        (LAUGHS, "entities"),
        (OUTSIDE, "entities"),
        ("<?xml version='1.0'?><feed><entry/></feed>", "not WordPress"),
        (HEAD + author(1, "a@x.com"), "ends in the middle"),
        (HEAD + "<item><content:encoded><![CDATA[cut", "ends in the middle"),
        (HEAD + "<item></author>" + TAIL, "broken there"),
        (HEAD + "<a>" * 100, "nested"),
        (HEAD + TAIL, "Nobody is in the file"),
        ("<?xml", "ends in the middle"),
    ],
)
def test_what_is_not_taken(desk: Desk, content: str, words: str) -> None:
    answer = desk.ask(content.encode(), "export.xml")
    assert (answer.status_code, words in (answer.json or {})["detail"]) == (422, True), answer.json
    assert desk.count(Upload) == 0
