"""What an order says of a person: what she bought, on which lists that puts her, what is left."""

from typing import Any

import pytest

from connectors import Incoming, Pull, find
from tests.connectors.shop import Shop, playing_shop


def order(number: int, **more: Any) -> dict[str, Any]:
    at = f"2026-11-01T00:00:{number % 60:02}"
    return {
        "id": number,
        "status": "completed",
        "customer_id": 0,
        "billing": {"email": f"p{number}@example.com"},
        "date_created_gmt": at,
        "date_modified_gmt": at,
        "total": "20.00",
        "currency": "EUR",
        "refunds": [],
        "coupon_lines": [],
        "line_items": [],
        **more,
    }


def item(product: int, name: str = "", sku: str = "") -> dict[str, Any]:
    return {"product_id": product, "name": name, "sku": sku}


def category(product: int, *names: str) -> dict[str, Any]:
    return {"id": product, "categories": [{"id": 1, "name": name, "slug": "x"} for name in names]}


def pulled(shop: Shop, **options: Any) -> dict[str, Incoming]:
    connector = find()["woocommerce"]
    chosen = {option.key: option.default for option in connector.options} | options
    with playing_shop(shop) as client:
        pages = list(connector.pages(client, Pull(options=chosen)))
    return {row.source_id: row for page in pages for row in page.rows}


def test_categories_and_coupons_become_tags() -> None:
    shop = Shop()
    shop.products = [category(1, "Tea &amp; Coffee", "New"), category(2, "New"), category(9, "No")]
    shop.orders = [
        order(1, line_items=[item(1), item(2)], coupon_lines=[{"code": "xmas"}]),
        order(2, line_items=[item(3)]),
        order(3, line_items=[{"product_id": None, "name": "Fee"}]),
    ]
    rows = pulled(shop, tag_categories=True, tag_coupons=True, tag_prefix="shop: ")
    assert rows["order:1"].tags == {"shop: Tea & Coffee", "shop: New", "shop: xmas"}
    assert rows["order:2"].tags == rows["order:3"].tags == set()


def test_each_product_is_asked_for_once_and_only_when_it_is_wanted() -> None:
    shop = Shop()
    shop.products = [category(number, "All") for number in range(1, 251)]
    shop.orders = [order(n, line_items=[item(n), item(1)]) for n in range(1, 251)]
    rows = pulled(shop)
    assert not any(request.route == "wc/v3/products" for request in shop.asked)
    shop.asked.clear()
    rows = pulled(shop, tag_categories=True)
    assert {row.tags for row in rows.values()} == {frozenset({"All"})}
    asked = [
        number
        for request in shop.asked
        if request.route == "wc/v3/products"
        for number in request.query["include"].split(",")
    ]
    assert sorted(map(int, asked)) == list(range(1, 251))


@pytest.mark.parametrize("status", ["pending", "on-hold", "cancelled", "failed"])
def test_what_was_not_paid_was_not_bought(status: str) -> None:
    shop = Shop()
    shop.orders = [order(1, status=status, line_items=[item(1, "Tea", "T-1")])]
    row = pulled(shop, tag_products=True, tag_skus=True)["order:1"]
    assert row.tags == set()
    assert row.purchase
    assert not row.purchase.is_paid


def test_what_was_bought_stays_so_after_a_refund() -> None:
    shop = Shop()
    refunds = [{"id": 5, "total": "-7.50"}, {"id": 6, "total": "-2.5"}]
    shop.orders = [
        order(1, line_items=[item(1, "Tea", "T-1")], refunds=refunds),
        order(2, status="refunded", line_items=[item(1, "Tea")], refunds=[{"total": "-20.00"}]),
    ]
    rows = pulled(shop, tag_products=True, tag_skus=True)
    amounts = [row.purchase.amount for row in rows.values() if row.purchase]
    assert amounts == ["10.00", "0.00"]
    assert rows["order:1"].tags == {"Tea", "T-1"}
    assert rows["order:2"].tags == {"Tea"}


def test_a_status_puts_on_a_list() -> None:
    shop = Shop()
    statuses = ("completed", "on-hold", "cancelled", "wc-custom")
    shop.orders = [order(n, status=status) for n, status in enumerate(statuses, 1)]
    rows = pulled(shop, list_completed=" Buyers ", list_on_hold="Waiting")
    assert [sorted(row.lists) for row in rows.values()] == [["Buyers"], ["Waiting"], [], []]


def test_a_guest_s_opt_in_and_where_it_is_sent_come_along() -> None:
    """Guests have no account that could hold what they ticked at the checkout."""
    shop = Shop()
    said = {"_marketing_optin": "1", "vat_number": "DE1", "_wc_order_attribution_utm": "x"}
    meta = [{"id": 1, "key": key, "value": value} for key, value in said.items()]
    shop.orders = [order(1, meta_data=meta, shipping={"city": "Bremen", "company": ""})]
    shop.customers = [{"id": 5, "email": "c@example.com", "shipping": {"city": "Kiel"}}]
    rows = pulled(shop)
    fields = rows["order:1"].fields
    assert {key: fields[key] for key in fields if "." in key} == {
        "meta._marketing_optin": "1",
        "meta.vat_number": "DE1",
        "shipping.city": "Bremen",
    }
    assert rows["customer:5"].fields["shipping.city"] == "Kiel"


def test_an_order_without_an_address_is_told_as_it_is() -> None:
    shop = Shop()
    shop.orders = [order(1, billing={"email": ""}), order(2, billing=[])]
    rows = pulled(shop)
    assert [(row.email, row.skip) for row in rows.values()] == [("", ""), ("", "")]
