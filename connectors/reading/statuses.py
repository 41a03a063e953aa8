"""Lists by the status of an order: an option for each that a shop has, its plugins' too."""

import re
from collections.abc import Collection, Iterator
from dataclasses import replace

from connectors import Choice, Page, Pull, Site
from connectors.reading.asking import nice_to_know
from connectors.reading.values import mapping, plain, text


def option_of(status: str) -> str:
    """The key of the option that names the list for a status."""
    return "list_" + status.removeprefix("wc-").replace("-", "_")


def lists(status: str, pull: Pull) -> frozenset[str]:
    """The list for who has an order with this status, if one was chosen."""
    name = str(pull.options.get(option_of(status)) or "").strip()
    return frozenset([name] if name else ())


def told(pages: Iterator[Page], site: Site, route: str, usual: Collection[str]) -> Iterator[Page]:
    """The pages; the first one offers a list for each status that the shop has besides the
    ``usual`` ones, if ``route`` tells them.
    """
    choices = tuple(_choices(site, route, usual))
    for page in pages:
        yield replace(page, choices=choices)
        choices = ()


def _choices(site: Site, route: str, usual: Collection[str]) -> Iterator[Choice]:
    """The statuses that a shop tells, whatever number of orders has them.

    Source: WooCommerce, ``Version3/class-wc-rest-report-orders-totals-controller.php`` and
    ``OrderUtil::get_count_for_type``: every status of ``wc_get_order_statuses`` (those of plugins
    with it) is a row, also with none, and with orders in tables of their own (HPOS) as with posts.
    The slug is there without ``wc-``, the name as it is shown. Before 8.7 a status that its plugin
    had not registered with WordPress was left out.
    """
    found: object = None
    with nice_to_know():
        found = site.get(route, {}).data
    for row in map(mapping, found if isinstance(found, list) else []):
        status = text(row.get("slug")).removeprefix("wc-")
        if status not in usual and re.fullmatch("[a-z0-9_-]{1,40}", status):
            name = plain(row.get("name")) or status
            yield Choice(option_of(status), f"List for who has an order: {name}")
