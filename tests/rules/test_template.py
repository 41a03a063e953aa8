"""Templates: what they can say, what they escape, and where they are wrong."""

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given as for_all
from hypothesis import strategies as st

from app.rules.templates.template import Problem, Template, TemplateError, check, given

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
LINK = "https://mail.example.com/u/abc"


def rendered(source: str, *, html: bool = False, **contact: Any) -> str:
    return Template(source, html=html).render(given(contact, LINK, NOW))


@pytest.mark.parametrize(
    ("source", "text"),
    [
        ("", ""),
        ("plain", "plain"),
        ("Hi {{ contact.first_name }}!", "Hi Ada!"),
        ("{{ contact.fields.color }}{{contact['first_name']}}", "redAda"),
        ("{{ contact.nothing }}{{ nothing.at.all }}{{ contact.fields.none.none }}", ""),
        ('{{ contact.nothing | default: "there" }}', "there"),
        ('{{ contact.unsaid | default: "there" }}', "there"),
        ('{{ contact.nothing || "there" }}', "there"),
        ('{{contact.first_name||"there"}}', "Ada"),
        ('{{ contact.nothing || contact.unsaid || "a||b" }}', "a||b"),
        ('{{ contact.nothing || "there" | upcase }}', "THERE"),
        ("{{ contact.first_name | upcase }} {{ contact.first_name | size }}", "ADA 3"),
        ("{{ contact.first_name.size }}", "3"),
        ("{% if contact.first_name == 'Ada' %}yes{% else %}no{% endif %}", "yes"),
        ("{% for i in (1..3) %}{{ i }}{% endfor %}", "123"),
        ("{% assign contact = 'x' %}{{ contact.first_name }}", ""),
        ("{% assign name = contact.first_name %}{{ name }}", "Ada"),
        ("{% comment %}{{ contact.first_name }}{% endcomment %}", ""),
        ("{% raw %}{{ x }}{% endraw %}", "{{ x }}"),
        ("a {%- if true -%} b {%- endif -%} c", "abc"),
        ("{{ unsubscribe_url }}", LINK),
        ("{{ 'now' | date: '%Y-%m-%d' }} {{ now | date: '%H' }} {{ today | date: '%d.%m.' }}",
         "2026-11-22 12 22.11."),
        ("{{ '2026-02-03' | date: '%d' }}", "03"),
        ("{{ contact.__class__ }}{{ contact.fields.__class__.__mro__ }}", ""),
    ],
)  # fmt: skip
def test_what_a_template_says(source: str, text: str) -> None:
    contact = {"first_name": "Ada", "unsaid": "", "fields": {"color": "red"}}
    assert rendered(source, **contact) == text
    assert rendered(source, html=True, **contact) == text


EVIL = "<script>alert('x')</script>&\""


@pytest.mark.parametrize(
    "expression",
    [
        "contact.name",
        "contact.name | default: 'x'",
        "contact.name || 'x'",
        "contact.name | append: '!'",
        "'a' | append: contact.name",
        "contact.name | prepend: '<b>'",
        "contact.name | replace: 'q', 'z'",
        "contact.name | newline_to_br",
        "contact.name | strip_newlines",
        "contact.name | escape_once",
        "contact.name | escape | url_decode",
        "contact.encoded | base64_decode",
        "contact.quoted | url_decode",
        "contact.name | split: ',' | join: '|'",
        "contact.name | truncate: 30",
        "contact.name | squish | capitalize",
        "contact.name | slice: 0, 9",
        "contact",
    ],
)
def test_what_a_contact_brings_is_escaped_in_html(expression: str) -> None:
    values = {
        "name": EVIL,
        "encoded": "PHNjcmlwdD54PC9zY3JpcHQ+",
        "quoted": "%3Cscript%3Ex%3C/script%3E",
    }
    text = rendered("{{ " + expression + " }}", html=True, **values).lower()
    assert "script" in text
    assert "<script" not in text
    caught = "{% capture x %}{{ " + expression + " }}{% endcapture %}{{ x }}"
    assert "<script" not in rendered(caught, html=True, **values).lower()


@for_all(st.text())
def test_no_value_opens_a_tag_or_ends_an_attribute(value: str) -> None:
    text = rendered('<a title="{{ contact.x }}">{{ contact.x || "y" }}</a>', html=True, x=value)
    assert text.count("<") == text.count(">") == text.count('"') == 2


@for_all(st.text())
def test_text_is_not_escaped(value: str) -> None:
    assert rendered("[{{ contact.x }}]", x=value) == f"[{value}]"


@pytest.mark.parametrize(
    ("source", "line", "column", "says"),
    [
        ("Hello\n  {{ contact.first_name", 2, 3, "not closed by }}"),
        ("a\nb {% if x", 2, 3, "not closed by %}"),
        ("{% raw %} x", 1, 1, "not closed by {% endraw %}"),
        ("one\ntwo {% if contact.x %}\nthree", 2, 5, "{% if %} is not closed by {% endif %}"),
        ("{% for a in b %}\n{% if a %}{% endif %}", 1, 1, "endfor"),
        ("x\n{% endif %}", 2, 4, "endif"),
        ("x {{ contact.first name }}", 1, 20, "word"),
        ("\n\n {{ }}", 3, 4, "expression"),
        ("\n{{ contact. }}", 2, 4, "identifier"),
        ("é\n{{ contact.x | shout }}", 2, 16, "no filter 'shout'"),
        ("{% if x %}{{ contact.x | shout }}{% endif %}", 1, 26, "no filter 'shout'"),
        ("{{ contact.x | safe }}", 1, 16, "no filter 'safe'"),
        ("{% include '/etc/passwd' %}", 1, 4, "unexpected tag 'include'"),
        ("{% render 'x' %}", 1, 4, "unexpected tag 'render'"),
        ("a\n\n{% nonsense %}", 3, 4, "unexpected tag 'nonsense'"),
        ("{{ 1 | divided_by: 0 }}", 1, 8, "divide by 0"),
        ("{{ 'x' | date }}", 1, 10, "date"),
        ("ok {{ contact.x || 'y' || a b }}", 1, 29, "argument"),
        ("{% break %}", 1, 1, "outside of a loop"),
        ('{{ contact.x || "there }}', 1, 17, '"'),
    ],
)
def test_a_mistake_is_named_with_line_and_column(
    source: str, line: int, column: int, says: str
) -> None:
    [problem] = check("", "", "", source)
    assert (problem.where, problem.line, problem.column) == ("text", line, column)
    assert says in problem.sentence


def test_every_part_is_checked() -> None:
    problems = check("{{", "ok", "{% x %}", "\n{{ y")
    assert [(p.where, p.line) for p in problems] == [("subject", 1), ("html", 1), ("text", 2)]
    assert isinstance(problems[0], Problem)
    assert check("Hi {{ contact.first_name }}", "", "<p>{{ unsubscribe_url }}</p>", "") == []


def test_html_of_which_no_text_can_be_made_asks_for_text() -> None:
    """The end of the loop is in a place that text leaves out."""
    html = "{% for i in (1..2) %}<p>x</p><style>{% endfor %}</style>"
    [problem] = check("s", "", html, "")
    assert problem.where == "html"
    assert "give the text, too" in problem.sentence
    assert check("s", "", html, "text") == []


@pytest.mark.parametrize(
    ("source", "shown"),
    [
        ("{{ unsubscribe_url }}", True),
        ("<a href='{{unsubscribe_url}}'>x</a>", True),
        ("{% if contact.x %}{{ unsubscribe_url | upcase }}{% endif %}", True),
        ("<!-- {{ unsubscribe_url }} -->", False),
        ("<!-- a --> {{ unsubscribe_url }} <!-- b -->", True),
        ("{% comment %}{{ unsubscribe_url }}{% endcomment %}", False),
        ("{% raw %}{{ unsubscribe_url }}{% endraw %}", False),
        ("{{ 'unsubscribe_url' }} unsubscribe_url", False),
        ("{{ contact.unsubscribe_url }}", False),
        ("{% assign unsubscribe_url = 'x' %}{{ unsubscribe_url }}", False),
    ],
)
def test_whether_the_unsubscribe_link_shows(source: str, shown: bool) -> None:
    assert Template(source, html=True).shows("unsubscribe_url") is shown


def test_a_comment_sign_in_text_hides_nothing() -> None:
    assert Template("<!-- {{ unsubscribe_url }} -->", html=False).shows("unsubscribe_url")


def test_a_contact_can_break_a_template_for_itself() -> None:
    template = Template("{{ 100 | divided_by: contact.share }}", html=False)
    assert template.render(given({"share": "4"}, LINK, NOW)) == "25"
    with pytest.raises(TemplateError, match="divide by 0"):
        template.render(given({"share": "0"}, LINK, NOW))
