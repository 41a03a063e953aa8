"""For every connector a site that speaks its plugin's dialect, with as many people as wanted."""

import json
import xmlrpc.client
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from app.dev.replay.listings import Row
from app.dev.replay.site import Answers
from app.dev.wordpress_front import XMLRPC, Asked, route_of
from app.dev.wordpress_login import PASSWORD, Login
from tests.connectors.site import Request, Response, as_json

#: A time at which each person did what she did: one after the other.
SECONDS = 37
ROOT = {"gmt_offset": 1, "timezone_string": "Europe/Berlin", "namespaces": ["wp/v2"]}


def when(number: int) -> str:
    """When the person of a number came, as plugins write it."""
    minutes, seconds = divmod(number * SECONDS, 60)
    hours, minutes = divmod(minutes, 60)
    return f"2026-03-{1 + hours // 24:02} {hours % 24:02}:{minutes:02}:{seconds:02}"


def email(number: int) -> str:
    """The address of the person of a number."""
    return f"person{number}@example.com"


class Stage:
    """A site with rows in one plugin's dialect."""

    def __init__(self) -> None:
        self.answers = Answers([], Login("admin", PASSWORD))
        self.entries: list[Row] = []

    def answer(self, request: Request) -> Response:
        """What the site answers when nothing is wrong with it."""
        route = route_of(request.path, request.query)
        if route == "/":
            return as_json(ROOT)
        if route is None:
            return Response(404, b"<html></html>", {"Content-Type": "text/html"})
        if "wpforms/list-forms" in route:
            return as_json({"forms": [{"id": 7, "title": "Kontakt &amp; mehr"}], "total": 1})
        if "wpforms/" in route:
            return _wpforms(self.entries, request.query)
        login = request.headers.get("authorization", "")
        reply = self.answers.answer(
            Asked(request.method, route, request.query, login, request.body)
        )
        if isinstance(reply.data, str):
            return Response(reply.status, reply.data.encode(), reply.headers)
        names = {name.replace("-", "_"): value for name, value in reply.headers.items()}
        return as_json(reply.data, reply.status, **names)


@dataclass(frozen=True)
class Case:
    """How a connector is tried.

    ``rows``: where its rows are in a stage. ``row``: one of them. ``route``: what lists them.
    """

    key: str
    route: str
    rows: Callable[[Stage], list[Row]]
    row: Callable[[int], Row]
    in_body: Callable[[Any], list[Any]]
    id_name: str = "id"

    def __str__(self) -> str:
        return f"{self.key}:{self.route.rpartition('/')[2]}"

    def stage(self, people: int) -> Stage:
        """A site with people 1 to ``people``."""
        stage = Stage()
        self.rows(stage)
        for number in range(1, people + 1):
            self.add(stage, number)
        return stage

    def add(self, stage: Stage, number: int) -> None:
        """One more person."""
        self.rows(stage).append(self.row(number))

    def remove(self, stage: Stage, numbers: set[int]) -> None:
        """Some leave."""
        rows = self.rows(stage)
        rows[:] = [row for row in rows if int(row[self.id_name]) not in numbers]

    def is_listing(self, request: Request) -> bool:
        """Whether this asks for a page of rows."""
        return f"/{request.route}" == self.route or request.path == f"/{self.route}"

    def change(self, response: Response, change: Callable[[list[Any]], list[Any]]) -> Response:
        """The same page with other rows."""
        if self.route == XMLRPC:
            rows: Any = xmlrpc.client.loads(response.body.decode())[0][0]
            said = xmlrpc.client.dumps((change(rows),), methodresponse=True, encoding="UTF-8")
            return Response(200, said.encode(), response.headers)
        body = json.loads(response.body)
        rows = self.in_body(body)
        rows[:] = change(list(rows))
        return Response(200, json.dumps(body).encode(), response.headers)


def _wpforms(entries: list[Row], query: dict[str, str]) -> Response:
    """WPForms Pro's own ability, as its source says it answers."""
    limit, page = int(query["input[limit]"]), int(query["input[page]"])
    is_down = query["input[order]"] == "DESC"
    found = sorted(entries, key=lambda row: int(row["id"]), reverse=is_down)
    some = found[(page - 1) * limit : page * limit]
    pages = -(-len(found) // limit)
    told = {"total": len(found), "total_pages": pages, "page": page, "limit": limit}
    return as_json({"entries": some, **told})


def _user(number: int) -> Row:
    at = when(number).replace(" ", "T") + "+00:00"
    return {"id": number, "email": email(number), "registered_date": at, "roles": ["customer"]}


def _customer(number: int) -> Row:
    at = when(number).replace(" ", "T")
    billing = {"first_name": "A", "email": email(number), "phone": "1"}
    dates = {"date_created_gmt": at, "date_modified_gmt": at}
    return {"id": number, "email": email(number), "billing": billing, "meta_data": [], **dates}


def _order(number: int) -> Row:
    at = when(number).replace(" ", "T")
    return {
        **_customer(number),
        "customer_id": 0,
        "status": "completed",
        "total": "10.00",
        "currency": "EUR",
        "refunds": [],
        "line_items": [],
        "date_modified": at,
    }


def _submission(number: int) -> Row:
    said = {"__internal": "x", "email": email(number), "names": {"first_name": "A"}}
    dates = {"created_at": when(number), "updated_at": when(number)}
    return {
        "id": number,
        "form_id": "1",
        "status": "read",
        "response": json.dumps(said),
        **dates,
    }


def _subscriber(number: int) -> Row:
    return {
        "id": number,
        "email": email(number),
        "status": "subscribed",
        "custom_fields": {"shoe_size": "40"},
        "tags": [],
        "lists": [],
        "created_at": when(number),
        "updated_at": when(number),
    }


def _entry(number: int) -> Row:
    said = [{"label": "Email", "value": email(number), "block_name": "srfm-email"}]
    named = {"form_id": 7, "form_name": "Contact", "status": "read"}
    return {"id": number, **named, "created_at": when(number), "form_data": said}


def _post(number: int) -> Row:
    at = when(number).replace("-", "").replace(" ", "T")
    return {
        "post_id": str(number),
        "post_content": f"Anna\n{email(number)}\nHello",
        "post_date_gmt": xmlrpc.client.DateTime(at),
        "post_status": "publish",
        "terms": [],
    }


def _pro_entry(number: int) -> Row:
    said = [{"id": 1, "name": "E-Mail", "value": email(number), "type": "email"}]
    return {"id": number, "form_id": 3, "date": when(number), "status": "", "fields": said}


def _listing(key: str, route: str, row: Callable[[int], Row], *way: str, also: str = "") -> Case:
    def rows(stage: Stage) -> list[Row]:
        if also:
            stage.answers.rows.setdefault(also, [])
        return stage.answers.rows.setdefault(route, [])

    def in_body(body: Any) -> list[Any]:
        for name in way:
            body = body[name]
        found: list[Any] = body
        return found

    return Case(key, route, rows, row, in_body)


class _Values(list[Row]):
    """The entries of a stage that keeps them by number, as a list."""

    def __init__(self, kept: dict[Any, Row], name: str) -> None:
        super().__init__(kept.values())
        self._kept, self._name = kept, name

    def append(self, row: Row) -> None:
        """One more."""
        self._kept[int(row[self._name]) if self._name == "id" else row[self._name]] = row

    def __setitem__(self, place: Any, rows: Any) -> None:
        self._kept.clear()
        for row in rows:
            self.append(row)


def _sureforms_rows(stage: Stage) -> list[Row]:
    stage.answers.entries.is_recorded = True
    return _Values(stage.answers.entries.entries, "id")


def _flamingo_rows(stage: Stage) -> list[Row]:
    return _Values(stage.answers.posts.posts.setdefault("flamingo_inbound", {}), "post_id")


_ORDERS, _CUSTOMERS = "/wc/v3/orders", "/wc/v3/customers"
_ABILITY = "/wp-abilities/v1/abilities/{}/run"
CASES = (
    _listing("wordpress_users", "/wp/v2/users", _user),
    _listing("woocommerce", _CUSTOMERS, _customer, also=_ORDERS),
    _listing("woocommerce", _ORDERS, _order, also=_CUSTOMERS),
    _listing("fluent_forms", "/fluentform/v1/submissions", _submission, "data"),
    _listing("fluentcrm", "/fluent-crm/v2/subscribers", _subscriber, "subscribers", "data"),
    Case(
        "sureforms",
        _ABILITY.format("sureforms/list-entries"),
        _sureforms_rows,
        _entry,
        lambda body: body["entries"],
    ),
    Case(
        "wpforms",
        _ABILITY.format("wpforms/search-entries"),
        lambda stage: stage.entries,
        _pro_entry,
        lambda body: body["entries"],
    ),
    Case("contact_form_7", XMLRPC, _flamingo_rows, _post, lambda body: body, "post_id"),
)
