"""Messages of Contact Form 7 as Flamingo keeps them, told by XML-RPC."""

from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

from bench.plugins.ready import Ready, email, first_name, fixed, last_name, when, who_came
from wp_bridge.answers import Raw

_FORMS = "contact-form-7/v1/contact-forms"
_PER_PAGE = 100
_FIELDS = (
    ("text", "your-name", ""),
    ("email", "your-email", ""),
    ("text", "your-subject", ""),
    ("textarea", "your-message", ""),
    ("acceptance", "consent", "I agree"),
)
_MEMBER = "<member><name>{}</name><value>{}</value></member>\n"
_TEXT = "<string>{}</string>"
_TERM = (
    ("term_id", "17"),
    ("name", "Kontakt"),
    ("slug", "kontakt"),
    ("term_group", "0"),
    ("term_taxonomy_id", "17"),
    ("taxonomy", "flamingo_inbound_channel"),
    ("description", ""),
    ("parent", "16"),
    ("filter", "raw"),
)


def site(count: int) -> Ready:
    """So many messages."""
    posts = [_post(number) for number in range(1, count + 1)]
    # A run asks again for the last one that it has read: each page but the first begins with it.
    starts = [0, *range(_PER_PAGE - 1, count, _PER_PAGE - 1)]
    pages = {start: _answer(posts[start : start + _PER_PAGE]) for start in starts}
    newest = _answer(posts[-1:])

    def listed(wanted: Mapping[str, Any]) -> Raw:
        return newest if wanted["number"] == 1 else pages[wanted["offset"]]

    tags = [{"basetype": kind, "name": name, "content": words} for kind, name, words in _FIELDS]
    form = {"id": 632, "slug": "kontakt", "properties": {"form": {"fields": tags}}}
    may = {"edit_others_posts": True}
    return Ready(
        {
            _FORMS: fixed([{"id": 632, "slug": "kontakt"}]),
            f"{_FORMS}/632": fixed(form),
            "wp/v2/users/me": fixed({"capabilities": may}),
        },
        listed,
    )


def _answer(posts: Sequence[str]) -> Raw:
    rows = "".join(posts)
    body = (
        '<?xml version="1.0" encoding="UTF-8"?>\n<methodResponse>\n  <params>\n    <param>\n'
        f"      <value>\n      <array><data>\n{rows}</data></array>\n      </value>\n"
        "    </param>\n  </params>\n</methodResponse>\n"
    )
    return Raw(200, {}, body.encode())


def _post(number: int) -> str:
    at = when(number, "T").replace("-", "")
    moment = f"<dateTime.iso8601>{at}</dateTime.iso8601>"
    term = _struct((name, _TEXT.format(value)) for name, value in _TERM)
    none = "<array><data>\n</data></array>"
    return "  " + _struct(
        [
            ("post_id", _TEXT.format(number)),
            ("post_date_gmt", moment),
            ("post_status", _TEXT.format("publish")),
            ("post_content", _TEXT.format(_content(number))),
            ("terms", f"<array><data>\n  {term}</data></array>"),
            ("custom_fields", none),
        ]
    )


def _struct(members: Any) -> str:
    return f"<value><struct>\n{''.join(_MEMBER.format(*one) for one in members)}</struct></value>\n"


def _content(number: int) -> str:
    person = who_came(number)
    name = f"{first_name(person)} {last_name(person)}"
    lines = [name, email(person), f"Anfrage {number}", f'Mein Name ist "{name}" \\ Grüße']
    lines += ["I agree"] if number % 20 else []
    lines += [str(number), "203.0.113.7", "Mozilla/5.0", "http://shop.example.com/kontakt/"]
    # Flamingo escapes what it keeps, and XML-RPC what it says.
    return escape(escape("\n".join([*lines, "2", "Our Site"])), quote=False)
