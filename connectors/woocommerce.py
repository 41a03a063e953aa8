"""WooCommerce: customers with an account, and the people behind orders without one."""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any

from connectors import (
    PURCHASE_FIELDS,
    Incoming,
    Needs,
    Option,
    Page,
    Pull,
    Purchase,
    Site,
    SourceField,
)
from connectors.reading import amounts, metadata, statuses, walk
from connectors.reading.catalogue import Catalogue
from connectors.reading.hooks import RestHooks
from connectors.reading.values import bare, first_address, mapping, plain, text, utc
from connectors.reading.walk import Noticed, Row, Sheet, Step

_CUSTOMERS, _ORDERS, _PRODUCTS = "wc/v3/customers", "wc/v3/orders", "wc/v3/products"
_PER_PAGE = 100
_ORDER_FIELDS = (
    "id,status,customer_id,billing,shipping,meta_data,customer_note,date_created_gmt,date_modified_gmt,"
    "date_paid_gmt,total,currency,refunds,coupon_lines,line_items"
)
#: WooCommerce counts in whole seconds, and orders may be written a moment after their time.
_OVERLAP = timedelta(minutes=2)
_PAID = frozenset({"processing", "completed", "refunded"})
_UNPAID = frozenset({"pending", "on-hold", "cancelled", "failed"})
_TOTALS = "wc/v3/reports/orders/totals"
_STATUSES = ("pending", "on-hold", "processing", "completed", "refunded", "cancelled", "failed")
_NO_ORDER = frozenset({"checkout-draft", "auto-draft", "draft", "trash"})
_USUAL = _NO_ORDER.union(_STATUSES)
_LONG_AGO = "1970-01-01T00:00:00Z"
_NAMES = ("first_name", "last_name")
_BILLING = {
    "phone": "phone",
    "company": "company",
    "address_1": "address_line_1",
    "address_2": "address_line_2",
    "city": "city",
    "postcode": "postal_code",
    "state": "state",
    "country": "country",
}
_PERSON = {**{name: name for name in _NAMES}, **_BILLING}


class WooCommerce:
    """Customers have no filter for what changed, so they are compared; orders have one."""

    key = "woocommerce"
    title = "WooCommerce"
    needs = Needs(
        namespace="wc/v3",
        plugin="WooCommerce",
        permission="Reading customers and orders takes an administrator or a shop manager.",
    )
    fields = (
        SourceField("first_name", "First name", "first_name"),
        SourceField("last_name", "Last name", "last_name"),
        *(SourceField(key, key.replace("_", " ").capitalize(), key) for key in _BILLING.values()),
        *PURCHASE_FIELDS,
        SourceField("username", "User name"),
        SourceField("registered_at", "Registered (UTC)"),
        SourceField("order_note", "Note of the latest order"),
        SourceField("order_status", "Status of the latest order"),
        SourceField("products", "Products of the latest order"),
        SourceField("coupons", "Coupons of the latest order"),
    )
    options = (
        Option("guests", "Bring in people who ordered without an account", True),
        Option("tag_products", "Tag people with the names of what they bought", False),
        Option("tag_skus", "Tag people with the SKUs of what they bought", False),
        Option("tag_categories", "Tag people with the categories of what they bought", False),
        Option("tag_coupons", "Tag people with the coupons that they used", False),
        Option("tag_prefix", "Put this before such tags", ""),
        *(
            Option(statuses.option_of(status), f"List for who has an order: {status}", "")
            for status in _STATUSES
        ),
    )

    hints = RestHooks(
        "wc/v3/webhooks",
        ("customer.created", "customer.updated", "order.created", "order.updated"),
        "X-WC-Webhook-Signature",
        permission="Making webhooks takes an administrator or a shop manager, or a key with the "
        "permission Read/Write.",
        resource_header="X-WC-Webhook-Resource",
        where="WooCommerce > Settings > Advanced > Webhooks",
    )

    def look(self, site: Site) -> int | None:
        """A customer and an order."""
        query = {"per_page": "1", "_fields": "id"}
        return sum(bare(site.get(route, query)).total for route in (_CUSTOMERS, _ORDERS))

    def pages(self, site: Site, pull: Pull) -> Iterator[Page]:
        """Customers by id, all or those named; then orders, all or those changed since the mark."""
        noticed, catalogue = Noticed(self.fields), Catalogue(site, _PRODUCTS)
        since = text((pull.since or {}).get("modified"))

        def customers(at: Any) -> Iterator[Step]:
            def say(rows: Sequence[tuple[int, Row]]) -> tuple[Incoming, ...]:
                return tuple(_customer(number, row, noticed) for number, row in rows)

            query = _customers_named(pull)
            if query is None:
                return iter(())
            return walk.upwards(_reader(site, _CUSTOMERS, query), say, at, _PER_PAGE)

        def orders(at: Any) -> Iterator[Step]:
            def say(rows: Sequence[tuple[int, Row]]) -> tuple[Incoming, ...]:
                if pull.options.get("tag_categories"):
                    catalogue.look_up(one for _, row in rows for one in _products(row))
                return tuple(_order(number, row, pull, catalogue, noticed) for number, row in rows)

            query = {"_fields": _ORDER_FIELDS, **_changed_after(since)}
            return walk.upwards(_reader(site, _ORDERS, query), say, at, _PER_PAGE)

        pages = walk.through([customers, orders], pull, lambda: _newest(site), noticed)
        yield from pages if since or pull.cursor else statuses.told(pages, site, _TOTALS, _USUAL)


connector = WooCommerce()


def _customers_named(pull: Pull) -> dict[str, str] | None:
    """What asks for the customers that are wanted; None when there are none."""
    if pull.named is None or not pull.since:
        return {}
    found = {one.removeprefix("customer:") for one in pull.named if one.startswith("customer:")}
    return {"include": ",".join(sorted(found))} if found else None


def _reader(site: Site, route: str, more: dict[str, str]) -> walk.Read:
    def read(page: int) -> Sheet:
        query = {"orderby": "id", "order": "asc", "per_page": str(_PER_PAGE), "page": str(page)}
        return bare(site.get(route, {**query, **more}))

    return read


def _changed_after(since: str) -> dict[str, str]:
    """The one form in which the filter works: UTC without a zone, and the flag that says so."""
    try:
        after = datetime.fromisoformat(since) - _OVERLAP
    except ValueError:
        return {}
    return {"modified_after": after.strftime("%Y-%m-%dT%H:%M:%S"), "dates_are_gmt": "true"}


def _newest(site: Site) -> dict[str, str]:
    query = {"orderby": "modified", "order": "desc", "per_page": "1"}
    found = bare(site.get(_ORDERS, {**query, "_fields": "id,date_modified_gmt"})).rows
    return {"modified": text(found[0][1].get("date_modified_gmt")) if found else ""}


def _customer(number: int, row: Row, noticed: Noticed) -> Incoming:
    billing = mapping(row.get("billing"))
    fields = _person(billing)
    for name in _NAMES:
        fields[name] = plain(row.get(name)) or fields[name]
    fields["username"] = plain(row.get("username"))
    fields["registered_at"] = utc(row.get("date_created_gmt"))
    fields |= metadata.more(row, noticed)
    email = first_address((row.get("email"), billing.get("email")))
    return Incoming(f"customer:{number}", email, fields)


def _order(number: int, row: Row, pull: Pull, catalogue: Catalogue, noticed: Noticed) -> Incoming:
    billing, status = mapping(row.get("billing")), text(row.get("status"))
    placed_at = utc(row.get("date_created_gmt")) or _LONG_AGO
    items, customer = _items(row, "line_items"), str(row.get("customer_id") or 0)
    is_guest = customer == "0"
    fields = {
        **_person(billing),
        "order_note": plain(row.get("customer_note")),
        "order_status": status,
        "products": ", ".join(plain(item.get("name")) for item in items),
        "coupons": ", ".join(plain(one.get("code")) for one in _items(row, "coupon_lines")),
        **metadata.more(row, noticed),
    }
    left_out = is_guest and not pull.options.get("guests", True)
    skip = "trashed_or_spam" if status in _NO_ORDER else "rejected_by_mapping" if left_out else ""
    return Incoming(
        f"order:{number}",
        text(billing.get("email")),
        fields,
        skip=skip,
        said_at=placed_at,
        about="" if is_guest else f"customer:{customer}",
        lists=statuses.lists(status, pull),
        tags=_tags(row, pull, catalogue) if _is_paid(row) else frozenset(),
        purchase=_purchase(row, placed_at),
    )


def _purchase(row: Row, placed_at: str) -> Purchase:
    amount = amounts.paid(row.get("total"), (one.get("total") for one in _items(row, "refunds")))
    return Purchase(placed_at, amount, text(row.get("currency")), _is_paid(row))


def _person(billing: Row) -> dict[str, str]:
    return {ours: plain(billing.get(name)) for name, ours in _PERSON.items()}


def _items(row: Row, name: str) -> list[Row]:
    found = row.get(name)
    return [mapping(one) for one in found] if isinstance(found, list) else []


def _products(row: Row) -> list[int]:
    numbers = (str(item.get("product_id") or 0) for item in _items(row, "line_items"))
    return [int(number) for number in numbers if number.isdecimal()]


def _tags(row: Row, pull: Pull, catalogue: Catalogue) -> frozenset[str]:
    """What somebody bought: only what counts as paid says that."""
    prefix = str(pull.options.get("tag_prefix") or "")
    wanted = (
        ("tag_products", "line_items", "name"),
        ("tag_skus", "line_items", "sku"),
        ("tag_coupons", "coupon_lines", "code"),
    )
    found = {
        plain(item.get(name))
        for option, items, name in wanted
        if pull.options.get(option)
        for item in _items(row, items)
    }
    if pull.options.get("tag_categories"):
        found |= catalogue.categories(_products(row))
    return frozenset(prefix + name for name in found if name)


def _is_paid(row: Row) -> bool:
    status = text(row.get("status"))
    return status in _PAID or (status not in _UNPAID and bool(row.get("date_paid_gmt")))
