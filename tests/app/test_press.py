"""The short way of composing makes the very bytes that the long way makes, or leaves it alone."""

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.sending.letters.compose import Composer, Draft, Identity
from app.sending.letters.press import Pressed

LINK = "https://mail.example.com/u/" + "t" * 48
NAMES = ("first_name", "last_name", "company", "city")
_HTML = (
    "<p class='a'>Hi {{ contact.first_name || 'you & me' }} of {{ contact.company }}</p>"
    "<a href='{{ unsubscribe_url }}'>.</a>{{ contact.city }}{{ contact.city }}"
)
_TEXT = (
    "Hi {{ contact.last_name | default: 'nobody' }},\n\n{{ contact.company }}\n"
    "{{ unsubscribe_url }}"
)
CONTENTS = {
    "both": ("News for {{ contact.first_name }}", "", _HTML, _TEXT),
    "made text and footers": ("Hi", "Soon {{ contact.city }}", "<p>{{ contact.company }}</p>", ""),
    "text only": ("{{ contact.city || 'Here' }} {{ unsubscribe_url }}", "", "", _TEXT),
    "no gaps of its own": ("Hi", "", "<p>words</p>", "words"),
}
_VALUE = st.one_of(
    st.sampled_from(["", ".", "=", "Ada", "Löfgren", "Harbour & Sons", " a  b ", "a\r\nb", "日本"]),
    st.text(st.characters(exclude_categories=["Cs"]), max_size=60),
)


class _Odd(str):
    """Text that the short way does not take."""

    __slots__ = ()


def drafted(composer: Composer, contact: dict[str, Any], link: str = LINK) -> Draft:
    return composer.compose(
        identity=Identity("news@shop.example.com", "The Shop", "", ""),
        to_email="ada@example.com",
        contact={"email": "ada@example.com", "fields": {}, **contact},
        unsubscribe_url=link,
        message_id="<7.abc@shop.example.com>",
        date=datetime(2026, 11, 22, 12, 0, 1, 5, tzinfo=UTC),
        list_id="0123abcd.shop.example.com",
        dispatch_id="11112222-3333-7444-8555-666677778888",
    )


@pytest.mark.parametrize("content", CONTENTS)
@given(contact=st.fixed_dictionaries(dict.fromkeys(NAMES, _VALUE)))
@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
def test_both_ways_make_the_same_bytes(content: str, contact: dict[str, str]) -> None:
    composer = _COMPOSERS[content]
    short = drafted(composer, contact)
    assert isinstance(short, Pressed)
    long = drafted(composer, {name: _Odd(value) for name, value in contact.items()})
    assert not isinstance(long, Pressed)
    assert short.whole() == long.whole()


@pytest.mark.parametrize(
    "source",
    [
        "{% if contact.city %}x{% endif %}",
        "{{ contact.city | upcase }}",
        "{{ contact.fields.city }}",
        "{{ now }}",
        "日本語の言葉ばかりのお知らせ" * 20,
    ],
)
def test_what_is_more_than_fields_takes_the_long_way(source: str) -> None:
    composer = Composer("s", "", "", source)
    assert not isinstance(drafted(composer, dict.fromkeys(NAMES, "x")), Pressed)


@pytest.mark.parametrize("odd", [{"city": "x" * 600}, {"city": 5}, {"city": None}])
def test_a_contact_with_more_than_short_texts_takes_the_long_way(odd: dict[str, Any]) -> None:
    contact = {**dict.fromkeys(NAMES, "x"), **odd}
    assert not isinstance(drafted(_COMPOSERS["both"], contact), Pressed)


def test_a_field_that_nobody_has_takes_the_long_way() -> None:
    assert not isinstance(drafted(_COMPOSERS["both"], {"first_name": "Ada"}), Pressed)


def test_a_link_that_html_would_change_takes_the_long_way() -> None:
    content = Composer("s", "", "", "words")
    draft = drafted(content, dict.fromkeys(NAMES, "x"), "https://mail.example.com/?a=1&b=2")
    assert not isinstance(draft, Pressed)


_COMPOSERS = {name: Composer(*content) for name, content in CONTENTS.items()}
