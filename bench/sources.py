"""Every source that is pulled, into the contacts table: read, mapped, matched, decided, stored.

Each beside the most rows that its plugin was seen to serve in a second. Sites have their answers
ready: what it takes to read them is ours, what it takes to carry them here is not counted.
"""

import time
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from typing import Any, cast
from uuid import UUID

from app import clock, ids
from app.runtime import Runtime
from app.sources.models import Connection, Site
from app.sources.runs import claiming, control, running
from app.vault import Vault
from bench import copies
from bench.claims import Claim, faster
from bench.copies import Place
from bench.plugins import (
    contact_form_7,
    fluent_forms,
    fluentcrm,
    sureforms,
    users,
    woocommerce,
    wpforms,
)
from bench.plugins.ready import Ready
from bench.rounds import Run, Size
from bench.stage import Stage
from connectors import find
from sync import run as pulling

_ROWS = 5_000
_ROUNDS = 3
#: How many times faster than a WordPress that serves it we have to be.
_TIMES = 20.0
#: What a run wants that goes through all orders, and through no customer.
_ORDERS_ONLY: dict[str, Any] = {"since": {"modified": ""}, "named": ()}
_TAGS = ("tag_products", "tag_skus", "tag_categories", "tag_coupons")


@dataclass(frozen=True)
class Source:
    """One claim: ``served`` rows a second were seen of ``key``, on two cores.

    ``site``: one with so many rows. ``before``: what is taken in first, unmeasured. ``pull``: what
    the measured run wants besides everything.
    """

    key: str
    served: float
    site: Callable[[int], Ready]
    before: Callable[[int], Ready] | None = None
    pull: Mapping[str, Any] = field(default_factory=dict)
    options: Mapping[str, bool | str] = field(default_factory=dict)


def _customers(orders: int) -> Ready:
    return woocommerce.site(woocommerce.customers_of(orders), 0)


def _orders(count: int) -> Ready:
    return woocommerce.site(0, count)


_SHOP = Source("woocommerce", 315.0, _orders, _customers, _ORDERS_ONLY)
SOURCES = {
    "WordPress users": Source("wordpress_users", 786.0, users.site),
    "WooCommerce customers": Source("woocommerce", 230.0, lambda rows: woocommerce.site(rows, 0)),
    "WooCommerce orders": _SHOP,
    "WooCommerce orders with all tags": replace(_SHOP, options=dict.fromkeys(_TAGS, True)),
    "Fluent Forms": Source("fluent_forms", 701.0, fluent_forms.site),
    "FluentCRM": Source("fluentcrm", 626.0, fluentcrm.site),
    "SureForms": Source("sureforms", 236.0, sureforms.site),
    "Contact Form 7": Source("contact_form_7", 387.0, contact_form_7.site),
    # Nobody has seen how fast it is: it is taken for as fast as the fastest of the others.
    "WPForms": Source("wpforms", 701.0, wpforms.site),
}


def run(size: Size) -> list[Claim]:
    """Rows a second of each source, all of them new and none of them changed."""
    rows = size.of(_ROWS, 100)
    with ExitStack() as open_until_then:
        places = {
            "SQLite": open_until_then.enter_context(copies.sqlite()),
            "PostgreSQL": open_until_then.enter_context(copies.postgres()),
        }
        ways: dict[str, Run] = {}
        for name, source in SOURCES.items():
            for database, place in places.items():
                both = _Both(source, rows, place)
                ways[f"{name}, {database}, new"] = both.new
                ways[f"{name}, {database}, unchanged"] = both.unchanged
        found = size.interleaved(ways, _ROUNDS)
    return [
        faster(name, rate, SOURCES[name.partition(",")[0]].served, _TIMES, "rows/s")
        for name, rate in found.items()
    ]


class _Both:
    """A first run and one in which nothing has changed, which is what comes after it."""

    def __init__(self, source: Source, rows: int, place: Place) -> None:
        self._source, self._rows, self._place = source, rows, place
        self._again = 0.0

    def new(self) -> float:
        """Rows in a second of the first run."""
        site = self._source.site(self._rows)
        with self._place() as url:
            one = Stage(url)
            connection_id = connect(one, self._source)
            if self._source.before:
                pull(one, connection_id, self._source.before(self._rows))
            first, self._again = (self._measured(one, connection_id, site) for _ in range(2))
            one.database.close()
        return first

    def unchanged(self) -> float:
        """Rows in a second of the run after it."""
        return self._again

    def _measured(self, one: Stage, connection_id: UUID, site: Ready) -> float:
        start = time.perf_counter()
        seen = pull(one, connection_id, site, self._source.pull)
        seconds = time.perf_counter() - start
        if seen != self._rows:
            raise RuntimeError(f"{seen} of {self._rows} were seen")
        return self._rows / seconds


def connect(one: Stage, source: Source) -> UUID:
    """A connection to a site that is pulled when somebody says so."""
    now = clock.now()
    dates = {"workspace_id": one.workspace_id, "created_at": now, "updated_at": now}
    with one.database.transaction() as session:
        site = Site(url="https://shop.example.com", **dates)
        session.add(site)
        session.flush()
        which = {"site_id": site.id, "source": source.key, "options": dict(source.options)}
        connection = Connection(schedule=None, **which, **dates)
        session.add(connection)
        session.flush()
        return connection.id


def pull(
    one: Stage, connection_id: UUID, site: Ready, wanted: Mapping[str, Any] | None = None
) -> int:
    """A run through everything, as a server does it; how many rows it saw."""
    runtime = Runtime(one.database, Vault(["the key of a bench"]), clock.now, "")
    with one.database.transaction() as session:
        now = clock.now()
        run_id = control.start(session, one.workspace_id, connection_id, full=True, now=now).id
    with one.database.transaction() as session:
        task = claiming.claim(session, run_id, ids.new_id(), clock.now())
    if task is None:
        raise RuntimeError("the run was taken by somebody else")
    connector = find()[task.source]
    store, order = running.prepared(runtime, task, connector, lambda: False, is_read_again=True)
    pulling.run(connector, cast(Any, site), store, order, replace(task.pull, **(wanted or {})))
    return task.progress.numbers.seen
