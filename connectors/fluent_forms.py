"""Fluent Forms: who filled in which form."""

import json
from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from typing import Any

from connectors import Incoming, Needs, Page, Pull, Site
from connectors.reading import forms, walk
from connectors.reading.asking import nice_to_know
from connectors.reading.forms import Said, Submission
from connectors.reading.values import enveloped, mapping, plain, text, utc
from connectors.reading.walk import Noticed, Row, Sheet

_ROUTE, _FORMS = "fluentform/v1/submissions", "fluentform/v1/forms"
_PER_PAGE = 100
#: A site with more forms than on so many pages calls the others by their numbers.
_MOST_PAGES = 10
_KINDS = {
    "input_email": "email",
    "input_name": "name",
    "phone": "phone",
    "address": "address",
    "gdpr_agreement": "consent",
}


class FluentForms:
    """By id. What it writes into a submission besides the fields begins with an underscore."""

    key = "fluent_forms"
    title = "Fluent Forms"
    needs = Needs(
        namespace="fluentform/v1",
        plugin="Fluent Forms",
        permission="Reading entries takes an administrator, or an account that is a manager in "
        "Fluent Forms (Global Settings > Managers) with the permission to view entries.",
    )
    fields = forms.FIELDS
    options = forms.OPTIONS

    def look(self, site: Site) -> int | None:
        """One submission."""
        return enveloped(site.get(_ROUTE, {"per_page": "1"}).data).total

    def pages(self, site: Site, pull: Pull) -> Iterator[Page]:
        """Every submission, or those that came in since the mark."""
        noticed, zone, known = Noticed(self.fields), site.zone(), Forms(site)

        def say(rows: Sequence[tuple[int, Row]]) -> tuple[Incoming, ...]:
            sent = (_submission(number, row, known, zone) for number, row in rows)
            return tuple(forms.incoming(one, pull, noticed) for one in sent)

        yield from walk.by_number(partial(_read, site), say, pull, noticed, _PER_PAGE)


connector = FluentForms()


class Forms:
    """What the forms of a site ask for, and what they are called; each is looked up once."""

    def __init__(self, site: Site) -> None:
        self._site = site
        self._known: dict[str, Mapping[str, Said]] = {}
        self._titles: dict[str, str] | None = None

    def title(self, form: str) -> str:
        """What a form is called; by its number when the account may not know it."""
        if self._titles is None:
            self._titles = {}
            with nice_to_know():
                self._titles.update(self._listed())
        return self._titles.get(form) or f"Form {form}"

    def _listed(self) -> Iterator[tuple[str, str]]:
        for page in range(1, _MOST_PAGES + 1):
            query = {"per_page": str(_PER_PAGE), "page": str(page)}
            sheet = enveloped(self._site.get(_FORMS, query).data)
            yield from ((str(number), plain(row.get("title"))) for number, row in sheet.rows)
            if page >= sheet.pages:
                return

    def fields(self, form: str) -> Mapping[str, Said]:
        """The fields of a form by name, with nothing in them; none when the account may not know
        them.
        """
        if form not in self._known:
            query = {"form_id": form, "fields": "true", "labels": "true"}
            self._known[form] = {}
            with nice_to_know():
                found = self._site.get(f"{_ROUTE}/resources", query)
                told = mapping(mapping(found.data).get("fields"))
                self._known[form] = {name: _asked(name, mapping(told[name])) for name in told}
        return self._known[form]


def _read(site: Site, way: str, page: int, per_page: int) -> Sheet:
    # The addresses of other pages in its answer have lost the filters: they are not followed.
    query = {"per_page": str(per_page), "page": str(page), "sort_by": way}
    return enveloped(site.get(_ROUTE, query).data)


def _submission(number: int, row: Row, known: Forms, zone: Any) -> Submission:
    form = str(row.get("form_id") or "")
    fields = known.fields(form)
    said = {name: value for name, value in _response(row).items() if not name.startswith("_")}
    told = [
        Said(name, asked.label, said.get(name), asked.kind, asked.text)
        for name, asked in fields.items()
        if name in said or asked.kind == "consent"
    ]
    told += [Said(name, name, value) for name, value in said.items() if name not in fields]
    return Submission(
        number,
        form,
        known.title(form),
        utc(row.get("created_at"), zone),
        told,
        is_out=text(row.get("status")) in ("spam", "trashed"),
    )


def _response(row: Row) -> Mapping[str, Any]:
    try:
        return mapping(json.loads(text(row.get("response"))))
    except (ValueError, RecursionError):
        return {}


def _asked(name: str, field: Mapping[str, Any]) -> Said:
    settings = mapping(mapping(field.get("raw")).get("settings"))
    kind = _KINDS.get(text(field.get("element")), "")
    label = plain(field.get("admin_label")) or name
    return Said(name, label, None, kind, plain(settings.get("tnc_html")))
