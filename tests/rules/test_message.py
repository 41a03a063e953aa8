"""Where the preheader and the unsubscribe link are put, and how parts become one message."""

import pytest

from app.rules.mail import message
from app.rules.mail.transfer import Body


def place(html: str) -> str:
    """The HTML with P where the preheader and U where the link went."""
    marked = message.with_html_footer(message.with_preheader(html, "PRE"))
    head, _, rest = marked.partition("<div style")
    inner, _, rest = rest.partition("</div>")
    assert ">PRE&#847;" in inner
    assert "display:none" in inner
    body, _, rest = rest.partition("<p style")
    link, _, tail = rest.partition("</p>")
    assert 'href="{{ unsubscribe_url }}"' in link
    return f"{head}P{body}U{tail}"


@pytest.mark.parametrize(
    ("html", "placed"),
    [
        ("hello", "PhelloU"),
        ("<body>a</body>", "<body>PaU</body>"),
        ("<BODY class='x'>a</BODY>\n", "<BODY class='x'>PaU</BODY>\n"),
        (
            "<!doctype html><html><head></head><body>a</body></html>",
            "<!doctype html><html><head></head><body>PaU</body></html>",
        ),
        ("<html><head></head>a</html>", "<html><head></head>PaU</html>"),
        ("<html>a", "<html>PaU"),
        ("<!DOCTYPE html>\na", "<!DOCTYPE html>P\naU"),
        (
            "<!-- <body> --><body>a</body><!-- </body> -->",
            "<!-- <body> --><body>PaU</body><!-- </body> -->",
        ),
        ("<body>a</body> quoted </body>", "<body>Pa</body> quoted U</body>"),
        (
            '<body class="{% if a > 1 %}x{% endif %}">a',
            '<body class="{% if a > 1 %}x{% endif %}">PaU',
        ),
        ("<header>a</header>", "P<header>a</header>U"),
    ],
)
def test_where_things_are_put(html: str, placed: str) -> None:
    assert place(html) == placed


def test_without_a_preheader_nothing_is_put() -> None:
    assert message.with_preheader("<body>a", "  ") == "<body>a"


def test_the_words_of_a_preheader_are_escaped_and_its_liquid_is_not() -> None:
    html = message.with_preheader("", 'Tom & "J" <b> {{ contact.x | default: "a<b" }}')
    assert 'Tom &amp; &#34;J&#34; &lt;b&gt; {{ contact.x | default: "a<b" }}' in html


def test_the_link_ends_a_text() -> None:
    assert message.with_text_footer("a\n\n") == "a\n\n-- \nUnsubscribe: {{ unsubscribe_url }}\n"


@pytest.mark.parametrize(
    ("html", "text", "made"),
    [
        ("<p>a</p>", "", "a\n"),
        ("<p>a</p>", " \n", "a\n"),
        ("<p>a</p>", "b", "b"),
        ("", "", ""),
        ("", "b", "b"),
    ],
)
def test_text_is_made_only_when_missing(html: str, text: str, made: str) -> None:
    assert message.text_of(html, text) == made


def test_one_part_needs_no_multipart() -> None:
    body = Body(["a"])
    whole = message.alternative([(message.content_headers("plain", body), body.fill([]))])
    assert whole == (
        b'Content-Type: text/plain; charset="utf-8"\r\n'
        b"Content-Transfer-Encoding: quoted-printable\r\n\r\na\r\n"
    )
