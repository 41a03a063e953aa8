"""Forms of WPForms are called what they are called there, where the site tells."""

import pytest

from connectors import Pull, find
from tests.connectors.site import Request, Response, as_json, playing

_ENTRY = {
    "id": 1,
    "form_id": 2362,
    "date": "2026-11-22 10:00:00",
    "status": "",
    "fields": [{"id": 1, "name": "Mail", "value": "ann@example.com", "type": "email"}],
}


def title(forms: Response) -> tuple[str, int]:
    """What the form of the entries is called, and how many times that was asked for."""
    entries = [_ENTRY, {**_ENTRY, "id": 2}]

    def answer(request: Request) -> Response:
        if "list-forms" in request.route:
            return forms
        if "search-entries" in request.route:
            return as_json({"entries": entries, "total": 2, "total_pages": 1})
        return as_json({})

    with playing(answer) as site:
        client = site.client(rest_root=f"{site.url}/wp-json/")
        (page,) = find()["wpforms"].pages(client, Pull())
        asked = sum("list-forms" in one.route for one in site.asked)
    (form,) = page.forms
    assert {row.fields["form"] for row in page.rows} == {form.title}
    return form.title, asked


def test_the_title_is_asked_for_once() -> None:
    forms = {"forms": [{"id": 2362, "title": "Kontakt &amp; mehr"}], "total": 1}
    assert title(as_json(forms)) == ("Kontakt & mehr", 1)


@pytest.mark.parametrize(
    "forms",
    [
        as_json({"code": "rest_ability_not_found", "message": "No."}, 404),
        as_json({"code": "ability_invalid_input", "message": "No."}, 400),
        as_json([]),
        as_json({"forms": "x"}),
        as_json({"forms": [{"id": 1, "title": "Another"}]}),
    ],
)
def test_its_number_where_the_site_does_not_tell(forms: Response) -> None:
    assert title(forms) == ("Form 2362", 1)
