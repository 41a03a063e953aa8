"""A shop: customers with an account, and orders of theirs and of guests."""

from collections.abc import Mapping

from bench.plugins.ready import Listing, Ready, Row, email, first_name, fixed, last_name, when
from wp_bridge.answers import Raw

CUSTOMERS, ORDERS = "wc/v3/customers", "wc/v3/orders"
#: Four of ten orders are a guest's; every customer orders twice, every guest once or twice.
_OF_TEN, _GUESTS = 10, 4
_STATUSES = (
    "completed",
    "completed",
    "processing",
    "completed",
    "on-hold",
    "refunded",
    "cancelled",
)
_PRODUCTS = 60
_NO_BODY: Mapping[str, str] = {}


def site(customers: int, orders: int) -> Ready:
    """So many customers, and so many orders."""
    people = Listing([_customer(one) for one in range(1, customers + 1)], lambda rows, *_: rows)
    sold = Listing([_order(one) for one in range(1, orders + 1)], lambda rows, *_: rows)
    return Ready(
        {
            CUSTOMERS: people.by_page,
            ORDERS: sold.by_page,
            "wc/v3/products": _categories,
            "wc/v3/reports/orders/totals": fixed(
                [{"slug": "completed", "name": "Completed", "total": orders}]
            ),
        }
    )


def customers_of(orders: int) -> int:
    """How many customers with an account have made so many orders."""
    return orders * (_OF_TEN - _GUESTS) // (2 * _OF_TEN) + 1


def _customer(number: int) -> Row:
    at, billing = when(number, "T"), _address(number)
    return {
        "id": number,
        "date_created": at,
        "date_created_gmt": at,
        "date_modified": at,
        "date_modified_gmt": at,
        "email": email(number),
        "first_name": billing["first_name"],
        "last_name": billing["last_name"],
        "role": "customer",
        "username": f"user{number}",
        "billing": billing | {"email": email(number)},
        "shipping": billing,
        "is_paying_customer": number % 2 == 0,
        "avatar_url": f"https://secure.gravatar.com/avatar/{number:064x}?s=96&d=mm&r=g",
        "meta_data": [
            {"id": number, "key": "newsletter_optin", "value": "yes" if number % 3 else "no"}
        ],
        "_links": {"self": [{"href": f"https://shop.example.com/wp-json/{CUSTOMERS}/{number}"}]},
    }


def _address(number: int) -> dict[str, str]:
    return {
        "first_name": first_name(number),
        "last_name": last_name(number),
        "company": "Müller & Söhne" if number % 6 == 0 else "",
        "address_1": f"{number % 300} Hauptstraße",
        "address_2": "",
        "city": ("São Paulo", "København", "東京", "Köln")[number % 4],
        "postcode": f"{number % 100_000:05}",
        "country": ("BR", "DK", "JP", "DE")[number % 4],
        "state": "",
        "phone": f"00420{number:09}",
    }


def _order(number: int) -> Row:
    is_guest = number % _OF_TEN < _GUESTS
    person = (
        10**6 + number * 2 // 3 if is_guest else 1 + number * (_OF_TEN - _GUESTS) // (2 * _OF_TEN)
    )
    address, at = _address(person), when(number, "T")
    status = _STATUSES[number % len(_STATUSES)]
    return {
        "id": number,
        "status": status,
        "currency": "CZK" if number % 11 == 0 else "EUR",
        "customer_id": 0 if is_guest else person,
        "billing": address | {"email": email(person)},
        "shipping": address,
        "customer_note": "Bitte klingeln" if number % 8 == 0 else "",
        "date_created_gmt": at,
        "date_modified_gmt": at,
        "date_paid_gmt": at if status != "on-hold" else None,
        "total": f"{number % 97}.{number % 100:02}",
        "refunds": [{"id": 1, "reason": "", "total": "-5.00"}] if status == "refunded" else [],
        "coupon_lines": [{"id": 1, "code": "spring"}] if number % 9 == 0 else [],
        "meta_data": [
            {"id": number, "key": "_marketing_optin", "value": "1" if number % 3 else "0"},
            {"id": number + 1, "key": "vat_number", "value": f"DE{number:09}"},
        ],
        "line_items": [_item(number, place) for place in range(1 + number % 3)],
    }


def _item(number: int, place: int) -> Row:
    product = (number * 7 + place) % _PRODUCTS + 1
    return {
        "id": number * 10 + place,
        "name": f"T-Shirt &amp; Cap {product}",
        "product_id": product,
        "variation_id": 0,
        "quantity": 1,
        "subtotal": "9.99",
        "total": "9.99",
        "taxes": [],
        "meta_data": [],
        "sku": f"SKU-{product}",
        "price": 9.99,
        "image": {"id": "", "src": ""},
        "parent_name": None,
    }


def _categories(params: Mapping[str, str]) -> Raw:
    numbers = [int(one) for one in params["include"].split(",")]
    rows = [
        {"id": one, "categories": [{"id": one % 6, "name": f"Category {one % 6}"}]}
        for one in numbers
    ]
    return Listing(rows, lambda found, *_: found).page("1", "100")
