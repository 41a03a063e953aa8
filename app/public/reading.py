"""The pages of the documentation as HTML; their folder lies beside the code, or within it when
pressferry was installed from a wheel."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path, PurePosixPath

from markdown_it import MarkdownIt
from markdown_it.token import Token
from markupsafe import Markup

import app

_APP = Path(app.__file__).parent
_FOLDERS = (_APP / "docs", _APP.parent / "docs")


@dataclass(frozen=True, slots=True)
class Document:
    """A page: its first heading, its HTML, and the way to the first page."""

    title: str
    html: Markup
    home: str


@cache
def rendered(name: str) -> Document | None:
    """The page of a name such as ``sources/woocommerce``; None when there is none."""
    path = _pages().get(name)
    if path is None:
        return None
    parser = MarkdownIt("commonmark", {"html": False}).enable("table")
    tokens = parser.parse(path.read_text("utf-8"))
    titles = [_named(tokens, place) for place in range(len(tokens)) if _is_heading(tokens[place])]
    _lead_on(tokens, name)
    # Our own pages, and HTML that stands in them is not let through.
    html = Markup(parser.renderer.render(tokens, parser.options, {}))  # noqa: S704
    return Document(titles[0] if titles else name, html, "../" * name.count("/"))


@cache
def _pages() -> Mapping[str, Path]:
    folder = next((one for one in _FOLDERS if one.is_dir()), _FOLDERS[0])
    return {
        path.relative_to(folder).with_suffix("").as_posix(): path for path in folder.rglob("*.md")
    }


def _is_heading(token: Token) -> bool:
    return token.type == "heading_open"


def _named(tokens: list[Token], place: int) -> str:
    """Gives a heading the name by which links know it; gives back its words."""
    words = "".join(one.content for one in tokens[place + 1].children or ())
    name = re.sub(r"[^\w\- ]", "", words.lower()).replace(" ", "-")
    tokens[place].attrSet("id", name)
    return words


def _lead_on(tokens: Iterable[Token], name: str) -> None:
    """Links between pages lose their ``.md``; one out of the documentation leads nowhere."""
    for token in tokens:
        _lead_on(token.children or (), name)
        target, mark, place = str(token.attrGet("href") or "").partition("#")
        if token.type != "link_open" or "://" in target or not target:
            continue
        page = _joined(PurePosixPath(name).parent, target.removesuffix(".md"))
        if page in _pages():
            token.attrSet("href", target.removesuffix(".md") + mark + place)
        else:
            del token.attrs["href"]


def _joined(folder: PurePosixPath, target: str) -> str:
    parts = list(folder.parts)
    for part in PurePosixPath(target).parts:
        if part == "..":
            if not parts:
                return ""
            parts.pop()
        else:
            parts.append(part)
    return "/".join(parts)
