"""Forms of WPForms are called what they are called there, where the site tells."""

import pytest

from connectors import Pull, find
from connectors.wpforms import Titles
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
    ],
)
def test_its_number_where_the_site_does_not_let_us(forms: Response) -> None:
    assert title(forms)[0] == "Form 2362"


@pytest.mark.parametrize("forms", ["x", [], [{"id": 1, "title": "Another"}]])
def test_its_number_where_the_site_does_not_tell(forms: object) -> None:
    assert title(as_json({"forms": forms})) == ("Form 2362", 3)  # published, drafts, trash


def listing(request: Request) -> Response:
    """A site with 250 forms, and one in the trash; a page holds a hundred at most."""
    numbers = {"publish": range(1, 251), "trash": range(2362, 2363)}
    some = numbers.get(request.query["input[status]"], range(0))
    start, limit = (int(request.query[f"input[{name}]"]) for name in ("offset", "limit"))
    rows = [{"id": one, "title": f"Called {one}"} for one in some[start : start + limit]]
    return as_json({"forms": rows, "total": len(rows)})


def test_all_pages_are_asked_for_and_no_more_than_needed() -> None:
    with playing(listing) as site:
        titles = Titles(site.client(rest_root=f"{site.url}/wp-json/"))
        assert [titles.of(one) for one in ("1", "250")] == ["Called 1", "Called 250"]
        assert len(site.asked) == 3
        assert [titles.of(one) for one in ("2362", "101")] == ["Called 2362", "Called 101"]
        assert len(site.asked) == 5  # no draft, and one in the trash


def test_a_site_that_knows_no_pages_is_not_asked_forever() -> None:
    rows = [{"id": one, "title": f"Called {one}"} for one in range(1, 101)]
    with playing(lambda _: as_json({"forms": rows})) as site:
        titles = Titles(site.client(rest_root=f"{site.url}/wp-json/"))
        assert (titles.of("7"), titles.of("101")) == ("Called 7", "Form 101")
        assert len(site.asked) == 4
