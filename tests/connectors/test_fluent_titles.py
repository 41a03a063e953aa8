"""Forms of Fluent Forms are called what they are called there, where the account may know it."""

import json
from typing import Any

import pytest

from connectors import Page, Pull, find
from tests.connectors.site import Request, Response, as_json, playing


def laravel(rows: list[Any], request: Request) -> Response:
    page = int(request.query.get("page", 1))
    per_page = int(request.query["per_page"])
    some = rows[(page - 1) * per_page : page * per_page]
    pages = -(-len(rows) // per_page)
    return as_json({"data": some, "total": len(rows), "last_page": pages, "current_page": page})


def entry(number: int, form: str) -> dict[str, Any]:
    said = json.dumps({"email": f"p{number}@example.com"})
    at = "2026-11-01 10:00:00"
    row = {"id": number, "form_id": form, "status": "read", "response": said}
    return {**row, "created_at": at, "updated_at": at}


def pulled(forms: Any) -> tuple[list[Page], list[Request]]:
    """What comes over of two forms, and the questions for titles."""

    def answer(request: Request) -> Response:
        if request.route == "fluentform/v1/forms":
            return forms(request) if callable(forms) else laravel(forms, request)
        if request.route == "fluentform/v1/submissions":
            return laravel([entry(1, "3"), entry(2, "250"), entry(3, "3")], request)
        return as_json({"timezone_string": "Europe/Berlin"} if request.route == "" else {})

    with playing(answer) as site:
        client = site.client(rest_root=f"{site.url}/wp-json/")
        pages = list(find()["fluent_forms"].pages(client, Pull()))
        return pages, [one for one in site.asked if one.route == "fluentform/v1/forms"]


def titles(pages: list[Page]) -> dict[str, str]:
    return {form.key: form.title for page in pages for form in page.forms}


def test_their_titles_from_all_pages_and_asked_for_once() -> None:
    rows = [{"id": str(number), "title": f"Tom &amp; Jerry {number}"} for number in range(1, 251)]
    pages, asked = pulled(rows)
    assert titles(pages) == {"3": "Tom & Jerry 3", "250": "Tom & Jerry 250"}
    assert next(row.fields["form"] for page in pages for row in page.rows) == "Tom & Jerry 3"
    assert [one.query["page"] for one in asked] == ["1", "2", "3"]


@pytest.mark.parametrize("status", [401, 403, 404])
def test_by_number_where_the_account_may_not_know(status: int) -> None:
    refused = as_json({"code": "rest_forbidden", "message": "Sorry"}, status)
    pages, asked = pulled(lambda _: refused)
    assert titles(pages) == {"3": "Form 3", "250": "Form 250"}
    assert len(asked) == 1


@pytest.mark.parametrize("body", [b"[]", b'{"data": "x"}', b"<html></html>"])
def test_by_number_where_the_answer_is_none(body: bytes) -> None:
    kind = {"Content-Type": "application/json"}
    pages, _ = pulled(lambda _: Response(200, body, kind))
    assert titles(pages) == {"3": "Form 3", "250": "Form 250"}


def test_a_form_without_a_title_or_that_is_gone() -> None:
    pages, _ = pulled([{"id": "3", "title": ""}])
    assert titles(pages) == {"3": "Form 3", "250": "Form 250"}
