"""Every file here is one kind of source: it says a plugin's rows in our words.

What connectors share (walking through pages, reading values) is in the folder ``reading``.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import tzinfo
from functools import cache
from importlib import import_module
from importlib.metadata import entry_points
from pkgutil import iter_modules
from typing import Any, Protocol

from connectors.reading.frozen import frozen

#: Where a connector goes on; JSON that only the connector itself understands.
Cursor = Mapping[str, Any]
#: What a finished run leaves behind, so that the next one may ask for what changed since; JSON.
#: With ``"lasts": True`` where nothing changes that was read once: no daily full pass then.
Mark = Mapping[str, Any]


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

    def call(self, method: str, *values: Any) -> Any:
        """What an XML-RPC method answers; blog, user name and password go before ``values``."""
        ...

    def zone(self) -> tzinfo:
        """The time zone that the site is set to: many plugins write times without one."""
        ...


@dataclass(frozen=True, slots=True)
class Needs:
    """What must be at a site for a source to be readable.

    ``namespace``: what its ``plugin`` registers, such as ``wc/v3``. ``permission``: a sentence
    saying which role or setting an account needs. ``xmlrpc``: it is read over XML-RPC.
    """

    namespace: str
    plugin: str
    permission: str
    xmlrpc: bool = False


@dataclass(frozen=True, slots=True)
class SourceField:
    """A field that rows of a source have; ``target`` is the contact's field it fills by itself.

    ``target`` is "" when the field is left out unless a mapping names it; ``fields.<key>`` is a
    custom field, which is created when the source first has it.
    """

    key: str
    label: str
    target: str = ""


@dataclass(frozen=True, slots=True)
class SourceForm:
    """A form of a source: ``key`` begins the keys of its fields (``<key>.<field>``)."""

    key: str
    title: str


@frozen
class Consent:
    """What a person was asked, and what she said to it.

    ``way``: checkbox or status. ``key``: the field that says it. ``text``: the words she read.
    ``value``: what stands there. ``at``: an instant in UTC, "" when nobody knows.
    """

    way: str
    key: str
    text: str
    value: str
    is_yes: bool
    at: str = ""


@dataclass(frozen=True, slots=True)
class Option:
    """A choice that a connection has: yes or no, or a short text."""

    key: str
    label: str
    default: bool | str


@dataclass(frozen=True, slots=True)
class Choice:
    """An option that only this very site offers: a short text, empty by default."""

    key: str
    label: str


@frozen
class Purchase:
    """An order of the person a row is about; what she bought in all is added up here.

    ``placed_at``: in UTC. ``amount``: decimal, refunds taken off. ``is_paid``: whether it counts.
    """

    placed_at: str
    amount: str
    currency: str
    is_paid: bool


#: Fields that are added up from the purchases of a person; a connector with purchases has them.
PURCHASE_FIELDS = (
    SourceField("order_count", "Orders", "fields.order_count"),
    SourceField("total_spent", "Total spent", "fields.total_spent"),
    SourceField("average_order", "Average order", "fields.average_order"),
    SourceField("first_order_at", "First order (UTC)", "fields.first_order_at"),
    SourceField("last_order_at", "Last order (UTC)", "fields.last_order_at"),
    SourceField("order_currency", "Currency"),
)


@frozen
class Incoming:
    """A row of a source: ``source_id`` never changes there, ``email`` is as it stands there.

    ``fields``: plain text by the keys of the connector's. ``status``: what the source knows about
    consent ("unsubscribed", "pending"), "" for nothing. ``skip``: why this is nobody to write to,
    "" for no reason; a closed status counts all the same.

    A row with ``said_at`` (an instant in UTC) is something that a person did, such as an order
    or a submission: several may be about one person, and the newest counts. ``about``: the
    source id of a row that says better who it is, if there is one. ``lists`` and ``tags``:
    names; what such a row no longer names, a person loses again, if she has it from here.
    ``form``: the key of the form that was filled in. ``consents``: what she was asked about being
    written to.
    """

    source_id: str
    email: str
    fields: Mapping[str, str] = field(default_factory=dict)
    status: str = ""
    skip: str = ""
    said_at: str = ""
    about: str = ""
    lists: frozenset[str] = frozenset()
    tags: frozenset[str] = frozenset()
    purchase: Purchase | None = None
    form: str = ""
    consents: tuple[Consent, ...] = ()


@dataclass(frozen=True, slots=True)
class Pull:
    """What one run wants of a connector.

    ``cursor``: where to go on, None at the beginning. ``since``: the mark of an earlier run,
    None for a full pass. ``options``: every option of the connector with its value. ``named``: what
    the source said itself that it changed ("customer:5"), when only that is wanted of whatever has
    no filter for what changed; None for everything.
    """

    cursor: Cursor | None = None
    since: Mark | None = None
    options: Mapping[str, bool | str] = field(default_factory=dict)
    named: tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True)
class Page:
    """Rows that are stored together; ``cursor`` is where to go on after them, None at the end.

    ``total``: how many rows the source says it has; ``hidden``: how many of them belong here and
    were not shown. ``mark``: on the last page, what the next run may begin from; None where every
    run is a full pass. ``fields``, ``forms``, ``choices``: those that turned up meanwhile.
    """

    rows: tuple[Incoming, ...]
    cursor: Cursor | None
    total: int | None = None
    mark: Mark | None = None
    fields: tuple[SourceField, ...] = ()
    forms: tuple[SourceForm, ...] = ()
    choices: tuple[Choice, ...] = ()
    hidden: int = 0


class Connector(Protocol):
    """One kind of source. A file in this folder holds one as ``connector``."""

    key: str
    title: str
    needs: Needs
    fields: tuple[SourceField, ...]
    options: tuple[Option, ...]

    def look(self, site: Site) -> int | str | None:
        """Asks for as little as tells that the source can be read; gives how many rows it has, or
        a sentence where that is not all. Raises what the site raises; AskTheOwner when something is
        missing there.
        """
        ...

    def pages(self, site: Site, pull: Pull) -> Iterator[Page]:
        """The pages that ``pull`` wants, at least one; the last has no cursor."""
        ...


@cache
def find() -> Mapping[str, Connector]:
    """Every connector by its key, of this folder and of what is installed beside it: WordPress's
    own first, the others by title.
    """
    modules = sorted(module.name for module in iter_modules(__path__) if not module.ispkg)
    found = [import_module(f"{__name__}.{name}").connector for name in modules]
    found += [entry.load() for entry in entry_points(group="pressferry.connectors")]
    known = {connector.key: connector for connector in reversed(found)}
    return {connector.key: connector for connector in sorted(known.values(), key=_place)}


def _place(connector: Connector) -> tuple[bool, str]:
    return connector.needs.namespace != "wp/v2", connector.title.casefold()
