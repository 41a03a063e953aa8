"""The text part made from HTML: words, links, and every Liquid tag where it was."""

from datetime import UTC, datetime

import pytest

from app.rules.mail.plain_text import from_html
from app.rules.templates.template import Template, given
from tests.waiting import in_no_time

_VALUES = given({"name": "Ada"}, "https://x.example/u/1", datetime(2026, 1, 1, tzinfo=UTC))


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ("", ""),
        ("   ", ""),
        ("<p>One</p><p>Two</p>", "One\n\nTwo\n"),
        ("a<br>b<br/>c", "a\nb\nc\n"),
        ("<p>a\n   b</p>", "a b\n"),
        ("<h1>Title</h1>words", "Title\n\nwords\n"),
        ("Tom &amp; Jerry &lt;3 &eacute;", "Tom & Jerry <3 é\n"),
        ("<ul><li>one</li><li>two</li></ul>", "* one\n* two\n"),
        ("<table><tr><td>a</td><td>b</td></tr><tr><td>c</td></tr></table>", "a b\nc\n"),
        ('<a href="https://x.example/">Shop</a>', "Shop (https://x.example/)\n"),
        ("<a class=x href='https://x.example/?a=1&amp;b=2'>S</a>", "S (https://x.example/?a=1&b=2)\n"),
        ('<a href="https://x.example/">https://x.example/</a>', "https://x.example/\n"),
        ('<a href="mailto:a@b.co">Write</a>', "Write (a@b.co)\n"),
        ('<a href="#top">Up</a><a name="x">Here</a>', "UpHere\n"),
        ('<a href="https://x.example/"><img src="i.png" alt="Shop"></a>', "Shop (https://x.example/)\n"),
        ('<a href="https://x.example/"><img src="i.png"></a>', "https://x.example/\n"),
        ("<head><title>T</title><style>p{}</style></head><body>seen</body>", "seen\n"),
        ("<head><title>T</title><body>seen", "seen\n"),
        ("a<script>if (a < b) { x() }</script>b<style>p > a {}</style>c", "abc\n"),
        ("a<!-- no <b>x</b> -->b<!--[if mso]><p>outlook</p><![endif]-->c", "abc\n"),
        ("a<!-- never closed", "a\n"),
        ("1 < 2 and 3 > 2", "1 < 2 and 3 > 2\n"),
        ("<p>Hi {{ contact.name || '<b>' }}</p>", "Hi {{ contact.name || '<b>' }}\n"),
        ('<a href="{{ unsubscribe_url }}">Bye</a>', "Bye ({{ unsubscribe_url }})\n"),
        ("a{% comment %}<p>b</p>{% endcomment %}c", "ac\n"),
        ("{% if a > 1 %}<p>x</p>{% endif %}<p>y</p>", "{% if a > 1 %}x\n\n{% endif %}y\n"),
        ("&#123;&#123; x }}", '{{ "{{" }} x }}\n'),
    ],
)  # fmt: skip
def test_how_html_reads(html: str, text: str) -> None:
    assert from_html(html) == text


def test_loops_around_table_rows_stay_around_them() -> None:
    html = (
        "<table>{% for i in (1..3) %}<tr><td>row {{ i }}</td><td>x</td></tr>{% endfor %}</table>"
        "<table><tr>{% for i in (1..2) %}<td>cell {{ i }}</td>{% endfor %}</tr></table><p>end</p>"
    )
    text = Template(from_html(html), html=False).render(_VALUES)
    assert text == "row 1 x\nrow 2 x\nrow 3 x\ncell 1 cell 2 \n\nend\n"


def test_braces_that_html_wrote_as_entities_stay_braces() -> None:
    made = from_html("<p>&#123;&#123; contact.name }} &#123;% if %}</p>")
    assert Template(made, html=False).render(_VALUES) == "{{ contact.name }} {% if %}\n"


@pytest.mark.parametrize(
    "piece",
    ["<a ", "<a href='", "</", "<!--", "<!", "<", "&", "<svg>", "<a>x", "<p>x", "<![CDATA[", "<?",
     "{{ a }}", "{% x %}\n", '<a b="', "<script>"],
)  # fmt: skip
def test_odd_html_takes_no_time(piece: str) -> None:
    with in_no_time():
        from_html(piece * (200_000 // len(piece)))
