"""Every file here is one kind of source: it says a plugin's rows in our words, oldest first."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib import import_module
from importlib.metadata import entry_points
from pkgutil import iter_modules
from typing import Any, Protocol

#: Where a connector goes on; JSON that only the connector itself understands.
Cursor = Mapping[str, Any]


class Answer(Protocol):
    """What a route answered; ``total`` rows and ``pages`` where the site reports them."""

    @property
    def data(self) -> Any:
        """The JSON."""
        ...

    @property
    def total(self) -> int | None:
        """How many rows there are in all."""
        ...

    @property
    def pages(self) -> int | None:
        """How many pages there are in all."""
        ...


class Site(Protocol):
    """A site that can be asked; raises the errors of ``wp_bridge.errors``."""

    def get(self, route: str, params: Mapping[str, str]) -> Answer:
        """What ``route`` ("wp/v2/users") answers."""
        ...


@dataclass(frozen=True, slots=True)
class Needs:
    """What must answer at a site for a source to be readable.

    ``params`` ask ``route`` for a small page. ``plugin`` brings it; ``permission`` is a sentence
    saying which role or setting an account needs.
    """

    namespace: str
    route: str
    params: Mapping[str, str]
    plugin: str
    permission: str


@dataclass(frozen=True, slots=True)
class SourceField:
    """A field that rows of a source have; ``target`` is the contact's field it fills by itself.

    ``target`` is "" when the field is left out unless a mapping names it.
    """

    key: str
    label: str
    target: str = ""


@dataclass(frozen=True, slots=True)
class Incoming:
    """A row of a source: ``source_id`` never changes there, ``email`` is as it stands there.

    ``fields``: plain text by the keys of the connector's ``fields``. ``status``: what the source
    knows about consent ("unsubscribed"), "" for nothing. ``skip``: a reason why this is nobody
    to write to, "" for none.
    """

    source_id: str
    email: str
    fields: Mapping[str, str] = field(default_factory=dict)
    status: str = ""
    skip: str = ""


@dataclass(frozen=True, slots=True)
class Page:
    """Rows that are stored together; ``cursor`` is where to go on after them, None at the end.

    ``total``: how many rows the source says it has.
    """

    rows: tuple[Incoming, ...]
    cursor: Cursor | None
    total: int | None = None


class Connector(Protocol):
    """One kind of source. A file in this folder holds one as ``connector``."""

    key: str
    title: str
    needs: Needs
    fields: tuple[SourceField, ...]

    def pages(self, site: Site, cursor: Cursor | None) -> Iterator[Page]:
        """The source's pages from ``cursor`` on, or all of them; the last has no cursor."""
        ...


@cache
def find() -> Mapping[str, Connector]:
    """Every connector by its key: the files of this folder, then what is installed beside it."""
    modules = sorted(module.name for module in iter_modules(__path__))
    found = [import_module(f"{__name__}.{name}").connector for name in modules]
    found += [entry.load() for entry in entry_points(group="pressferry.connectors")]
    return {connector.key: connector for connector in reversed(found)}
