"""Contact Form 7: its messages as Flamingo keeps them, read over XML-RPC."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from html import unescape
from typing import Any

from connectors import Incoming, Needs, Page, Pull, Site
from connectors.reading import forms, walk
from connectors.reading.asking import nice_to_know
from connectors.reading.forms import Said, Submission
from connectors.reading.values import is_address, mapping, number_of, plain, text, utc
from connectors.reading.walk import Noticed, Row, Step
from wp_bridge.errors import AskTheOwner, NotUnderstood

_FORMS = "contact-form-7/v1/contact-forms"
_PER_PAGE = 100
_COLUMNS = ["post_id", "post_content", "post_date_gmt", "post_status", "terms"]


class ContactForm7:
    """Flamingo keeps a message as the lines of its values, without their names.

    So the address is known by its look, and the fields before it by the order of the form.
    """

    key = "contact_form_7"
    title = "Contact Form 7 (Flamingo)"
    needs = Needs(
        namespace="contact-form-7/v1",
        plugin="Contact Form 7",
        permission="Reading the messages that Flamingo keeps takes an administrator or an editor, "
        "and XML-RPC (/xmlrpc.php) open for this server.",
        xmlrpc=True,
    )
    fields = forms.FIELDS
    options = tuple(option for option in forms.OPTIONS if option.key == "tag_forms")

    def look(self, site: Site) -> int | None:
        """One message. Raises AskTheOwner when Flamingo is not there, or hides them from us."""
        try:
            _posts(site, {"number": 1})
        except AskTheOwner as trouble:
            if trouble.code != "xmlrpc_403":
                raise
            site.call("wp.getPostTypes")  # raises as well when it is the login
            raise AskTheOwner(
                "stores_no_entries",
                "Contact Form 7 keeps no messages by itself: install the plugin Flamingo (by the "
                f"same author), which keeps them from then on. {forms.BY_MAIL}",
            ) from None
        _require_all(site)
        return None

    def pages(self, site: Site, pull: Pull) -> Iterator[Page]:
        """Every message, or those that came in since the mark."""
        noticed, known = Noticed(self.fields), _forms(site)

        def say(rows: Sequence[tuple[int, Row]]) -> tuple[Incoming, ...]:
            sent = (_submission(number, row, known) for number, row in rows)
            return tuple(forms.incoming(one, pull, noticed) for one in sent)

        def everything(at: Any) -> Iterator[Step]:
            for rows, after in _upwards(site, dict(at or {"offset": 0, "last": 0})):
                yield Step(say(rows), after, 0)

        def added(at: Any) -> Iterator[Step]:
            last = (pull.since or {}).get("id", 0)
            for rows, after in _downwards(site, dict(at or {"offset": 0}), last):
                yield Step(say(rows), after, 0)

        def newest() -> dict[str, int]:
            _require_all(site)
            rows = _posts(site, {"number": 1, "orderby": "ID", "order": "DESC"})
            return {"id": rows[0][0] if rows else 0}

        for page in walk.through([added if pull.since else everything], pull, newest, noticed):
            yield replace(page, total=None)


connector = ContactForm7()
Batch = tuple[list[tuple[int, Row]], dict[str, int] | None]


def _posts(site: Site, wanted: Mapping[str, Any]) -> list[tuple[int, Row]]:
    found = site.call("wp.getPosts", {"post_type": "flamingo_inbound", **wanted}, _COLUMNS)
    if not isinstance(found, list):
        raise NotUnderstood("The site's answer is not a list of posts.")
    return [(number_of(post, "post_id"), post) for post in found]


def _require_all(site: Site) -> None:
    """To an author WordPress shows her own messages only, which are none, and says nothing."""
    me: object = None
    with nice_to_know():
        me = site.get("wp/v2/users/me", {"context": "edit", "_fields": "capabilities"}).data
    may = mapping(mapping(me).get("capabilities"))
    if may and not may.get("edit_others_posts"):
        raise AskTheOwner(
            "needs_permission",
            "To this account Flamingo shows nobody's messages but its own, so none would come: "
            "give an account that is an editor or an administrator.",
        )


def _upwards(site: Site, here: dict[str, int]) -> Iterator[Batch]:
    """By number, with the last one read at the top of each page: if it is not there, rows have
    moved up, and it goes back. XML-RPC does not say how many there are."""
    for steps_back in range(10**9):
        offset = max(0, here["offset"] - 1)
        wanted = {"number": _PER_PAGE, "offset": offset, "orderby": "ID", "order": "ASC"}
        rows = _posts(site, wanted)
        is_here = any(number == here["last"] for number, _ in rows[:1])
        if here["offset"] and not is_here and steps_back < walk.MOST_STEPS_BACK:
            here["offset"] = max(0, offset - _PER_PAGE)
            continue
        fresh = {number: row for number, row in rows if number > here["last"]}
        here["offset"] = offset + len(rows)
        here["last"] = max([here["last"], *fresh])
        more = len(rows) == _PER_PAGE
        yield sorted(fresh.items()), dict(here) if more else None
        if not more:
            return


def _downwards(site: Site, here: dict[str, int], last: int) -> Iterator[Batch]:
    """The newest first, down to the number ``last``."""
    more = True
    while more:
        wanted = {"number": _PER_PAGE, "offset": here["offset"], "orderby": "ID", "order": "DESC"}
        rows = _posts(site, wanted)
        fresh = [(number, row) for number, row in rows if number > last]
        here["offset"] += len(rows)
        more = len(fresh) == _PER_PAGE
        yield sorted(fresh), dict(here) if more else None


@dataclass(frozen=True, slots=True)
class Tag:
    """A field of a form; ``words``: what stands beside a box to tick."""

    name: str
    kind: str
    words: str


def _forms(site: Site) -> dict[str, list[Tag]]:
    """The fields of every form in their order, by the form's slug."""
    known: dict[str, list[Tag]] = {}
    for number in _numbers(site):
        with nice_to_know():
            form = mapping(site.get(f"{_FORMS}/{number}", {}).data)
            known[text(form.get("slug"))] = _fields(form)
    return known


def _numbers(site: Site) -> list[int]:
    """The forms that the account may see; an editor's login may show fewer than an owner's."""
    found: object = None
    with nice_to_know():
        found = site.get(_FORMS, {"per_page": "100"}).data
    return [number_of(form) for form in found] if isinstance(found, list) else []


def _fields(form: Row) -> list[Tag]:
    content = mapping(mapping(form.get("properties")).get("form"))
    tags = content.get("fields")
    named = [mapping(tag) for tag in (tags if isinstance(tags, list) else [])]
    return [
        Tag(text(tag["name"]), text(tag.get("basetype")), plain(tag.get("content")))
        for tag in named
        if tag.get("name")
    ]


def _submission(number: int, row: Row, known: Mapping[str, list[Tag]]) -> Submission:
    channel = _channel(row)
    lines = [unescape(line).strip() for line in text(row.get("post_content")).split("\n")]
    return Submission(
        number,
        text(channel.get("slug")),
        plain(channel.get("name")),
        utc(row.get("post_date_gmt")),
        _said(lines, known.get(text(channel.get("slug")), [])),
        is_out="spam" in text(row.get("post_status")) or row.get("post_status") == "trash",
    )


def _channel(row: Row) -> Row:
    """The form that a message came from: Flamingo calls it a channel."""
    terms = row.get("terms")
    found = [mapping(term) for term in (terms if isinstance(terms, list) else [])]
    of_form = [one for one in found if text(one.get("taxonomy")) == "flamingo_inbound_channel"]
    return of_form[-1] if of_form else {}


def _said(lines: list[str], fields: list[Tag]) -> list[Said]:
    """The address, what stands before it if every field before it was filled in, and what was
    agreed to: its words are among the lines.
    """
    place = next((at for at, line in enumerate(lines) if is_address(line)), None)
    if place is None:
        broken = next((line for line in lines if "@" in line and " " not in line), "")
        return [Said("email", "email", broken, "email")]
    kinds = [tag.kind for tag in fields]
    is_sure = "email" in kinds and kinds.index("email") == place
    before = fields[:place] if is_sure and "textarea" not in kinds[:place] else []
    named = [Said(tag.name, tag.name, lines[at]) for at, tag in enumerate(before)]
    return [*named, Said("email", "email", lines[place], "email"), *_agreed(lines, fields, place)]


def _agreed(lines: list[str], fields: list[Tag], place: int) -> Iterator[Said]:
    """Boxes whose words stand after the address: one that was not ticked leaves no line."""
    for tag in fields:
        if tag.kind == "acceptance" and tag.words and tag.words in map(plain, lines[place:]):
            yield Said(tag.name, tag.name, tag.words, "consent", tag.words)
