"""Who is in an export of WordPress: authors, who commented, and what Flamingo keeps."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from connectors import Cursor, Incoming, Option, Page, Pull, SourceField
from connectors.reading import forms
from connectors.reading.files import php
from connectors.reading.files.wxr import Part
from connectors.reading.forms import LONG_AGO, Said, Submission, split_name
from connectors.reading.values import listed, mapping, plain, utc
from connectors.reading.walk import Noticed

PER_PAGE = 200
FIELDS = (
    *forms.FIELDS,
    SourceField("login", "User name"),
    SourceField("display_name", "Display name"),
    SourceField("website", "Website"),
)
OPTIONS = (
    Option("authors", "Take the authors of the site", True),
    Option("comments", "Take who commented", True),
    Option("messages", "Take who sent a message (Flamingo)", True),
    Option("address_book", "Take Flamingo's address book", True),
    *forms.OPTIONS,
)
#: Which option lets a part in, by its kind, of a post by its type.
_OPTION_OF = {
    "author": "authors",
    "comment": "comments",
    "flamingo_inbound": "messages",
    "flamingo_contact": "address_book",
}
_FIELD = "_field_"


def people(parts: Iterable[Part]) -> Iterator[tuple[str, Part]]:
    """The parts that are about somebody, each with the option that lets it in."""
    for part in parts:
        kind = part.values.get("wp:post_type", "") if part.kind == "item" else part.kind
        is_ping = part.values.get("wp:comment_type") in ("pingback", "trackback")
        if kind in _OPTION_OF and not is_ping:
            yield _OPTION_OF[kind], part


def pages(parts: Iterable[Part], pull: Pull, total: int) -> Iterator[Page]:
    """The people after the cursor in pages; the last one has no cursor."""
    noticed = Noticed(FIELDS)
    at: Cursor = pull.cursor or {"row": 0}
    some: list[Incoming] = []
    last = at["row"]
    for number, (option, part) in enumerate(people(parts), 1):
        if number <= at["row"] or not pull.options.get(option, True):
            continue
        if len(some) == PER_PAGE:
            yield _page(some, {"row": last}, total, noticed)
            some = []
        some.append(incoming(option, part, pull, noticed))
        last = number
    yield _page(some, None, total, noticed)


def _page(rows: list[Incoming], cursor: Cursor | None, total: int, noticed: Noticed) -> Page:
    fields, met = noticed.fresh(), noticed.fresh_forms()
    return Page(tuple(rows), cursor, total, fields=fields, forms=met)


def incoming(option: str, part: Part, pull: Pull, noticed: Noticed) -> Incoming:
    """A part as a person."""
    match option:
        case "authors":
            return _author(part.values)
        case "comments":
            return _comment(part.values)
        case "address_book":
            return _contact(part)
    return forms.incoming(_submission(part), pull, noticed)


def _author(values: Mapping[str, str]) -> Incoming:
    login = values.get("wp:author_login", "")
    named = {
        "first_name": plain(values.get("wp:author_first_name", "")),
        "last_name": plain(values.get("wp:author_last_name", "")),
        "display_name": plain(values.get("wp:author_display_name", "")),
        "login": plain(login),
    }
    number = values.get("wp:author_id") or login
    return Incoming(_key("author", number), values.get("wp:author_email", ""), _filled(named))


def _comment(values: Mapping[str, str]) -> Incoming:
    """Something that somebody did; of who has an account, the account says better who she is."""
    user = values.get("wp:comment_user_id", "0")
    is_open = values.get("wp:comment_approved", "1") not in ("spam", "trash", "post-trashed")
    return Incoming(
        _key("comment", values.get("wp:comment_id", "")),
        values.get("wp:comment_author_email", ""),
        _filled(
            {
                **split_name(plain(values.get("wp:comment_author", ""))),
                "website": plain(values.get("wp:comment_author_url", "")),
            }
        ),
        skip="" if is_open else "trashed_or_spam",
        said_at=utc(values.get("wp:comment_date_gmt", "")) or LONG_AGO,
        about=_key("author", user) if user not in ("", "0") else "",
    )


def _contact(part: Part) -> Incoming:
    """Somebody in Flamingo's address book, with the tags that she has there."""
    props = mapping(php.value(part.metas.get("_props", "")))
    known = {name: plain(props.get(name)) for name in ("first_name", "last_name")}
    named = known if any(known.values()) else split_name(plain(part.metas.get("_name", "")))
    is_out = part.values.get("wp:status") == "trash"
    tags = (plain(name) for taxonomy, _, name in part.terms if taxonomy == "flamingo_contact_tag")
    return Incoming(
        _key("contact", part.values.get("wp:post_id", "")),
        part.metas.get("_email") or part.values.get("title", ""),
        _filled(named),
        skip="trashed_or_spam" if is_out else "",
        tags=frozenset(tags) - {""},
    )


def _submission(part: Part) -> Submission:
    """A message as Flamingo keeps it: each field by its name, boxes that were ticked with words."""
    channel = next((term for term in part.terms if term[0] == "flamingo_inbound_channel"), None)
    number = part.values.get("wp:post_id", "")
    agreed = mapping(php.value(part.metas.get("_consent", "")))
    fields = {
        key.removeprefix(_FIELD): php.value(said)
        for key, said in part.metas.items()
        if key.startswith(_FIELD)
    }
    return Submission(
        int(number) if number.isascii() and number.isdecimal() and len(number) < 19 else 0,
        channel[1] if channel else "flamingo",
        plain(channel[2]) if channel else "Flamingo",
        utc(part.values.get("wp:post_date_gmt", "")),
        [*_said(fields, agreed), *_from(part.metas), *_agreed(agreed)],
        is_out=part.values.get("wp:status", "") in ("flamingo-spam", "trash"),
    )


def _said(fields: Mapping[str, Any], agreed: Mapping[str, Any]) -> Iterator[Said]:
    for name, value in fields.items():
        if name not in agreed:
            kind = "email" if "mail" in name and "@" in listed(value) else ""
            yield Said(name, name, value, kind)


def _from(metas: Mapping[str, str]) -> Iterator[Said]:
    """What Flamingo itself took for the sender, where the fields do not say it."""
    if address := metas.get("_from_email", ""):
        yield Said("from_email", "From", address, "email")
    if name := metas.get("_from_name", ""):
        yield Said("from_name", "From (name)", name, "name")


def _agreed(agreed: Mapping[str, Any]) -> Iterator[Said]:
    for name, words in agreed.items():
        yield Said(name, name, plain(words), "consent", plain(words))


def _filled(values: Mapping[str, str]) -> dict[str, str]:
    return {name: value for name, value in values.items() if value}


def _key(kind: str, number: str) -> str:
    return f"{kind}:{plain(number)[:100]}"
