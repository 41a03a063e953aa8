"""WPForms: entries of its paid version; the free one keeps none, and says so here."""

from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from typing import Any

from connectors import Incoming, Needs, Page, Pull, Site
from connectors.reading import forms, walk
from connectors.reading.asking import nice_to_know
from connectors.reading.forms import Said, Submission
from connectors.reading.values import enveloped, listed, mapping, plain, text, utc
from connectors.reading.walk import Noticed, Row, Sheet
from wp_bridge.errors import AskTheOwner

_ROUTE = "wp-abilities/v1/abilities/wpforms/search-entries/run"
_FORMS = "wp-abilities/v1/abilities/wpforms/list-forms/run"
_PER_PAGE = 100
_KINDS = {
    "email": "email",
    "name": "name",
    "phone": "phone",
    "address": "address",
    "gdpr-checkbox": "consent",
}


class WPForms:
    """Pro from version 1.9.9 on hands entries out through WordPress's abilities."""

    key = "wpforms"
    title = "WPForms"
    needs = Needs(
        namespace="wpforms/v1",
        plugin="WPForms",
        permission="Reading entries takes an administrator, or a role that may view entries "
        "(WPForms > Settings > Access).",
    )
    fields = forms.FIELDS
    options = forms.OPTIONS

    def look(self, site: Site) -> int | None:
        """One entry. Raises AskTheOwner when there are none to be had."""
        try:
            return _read(site, "ASC", 1, 1).total
        except AskTheOwner as trouble:
            raise _explained(trouble) from None

    def pages(self, site: Site, pull: Pull) -> Iterator[Page]:
        """Every entry, or those that came in since the mark."""
        noticed, zone, titles = Noticed(self.fields), site.zone(), Titles(site)

        def say(rows: Sequence[tuple[int, Row]]) -> tuple[Incoming, ...]:
            sent = (_submission(number, row, zone, titles) for number, row in rows)
            return tuple(forms.incoming(one, pull, noticed) for one in sent)

        yield from walk.by_number(partial(_read, site), say, pull, noticed, _PER_PAGE)


connector = WPForms()


class Titles:
    """What the forms of a site are called; asked for when the first entry of one is there.

    Forms that were put aside keep their entries, so these are asked for too when one is unknown.
    """

    def __init__(self, site: Site) -> None:
        self._site = site
        self._known: dict[str, str] = {}
        self._unasked = ["publish", "draft", "trash"]

    def of(self, form: str) -> str:
        """The title of a form; its number when the site does not tell."""
        with nice_to_know():
            while form not in self._known and self._unasked:
                unasked, self._unasked = self._unasked, []
                self._learn(unasked[0])
                self._unasked = unasked[1:]
        return self._known.get(form) or f"Form {form}"

    def _learn(self, status: str) -> None:
        """Goes through the pages: none holds more than a hundred, and none says how many follow."""
        rows: list[Any] = [None] * _PER_PAGE
        fresh, offset = True, 0
        while fresh and len(rows) == _PER_PAGE:
            asked = {"limit": str(_PER_PAGE), "offset": str(offset), "status": status}
            query = {f"input[{name}]": value for name, value in asked.items()}
            found = mapping(self._site.get(_FORMS, query).data).get("forms")
            rows = found if isinstance(found, list) else []
            told = {str(row.get("id")): plain(row.get("title")) for row in map(mapping, rows)}
            fresh = bool(told.keys() - self._known.keys())
            self._known = told | self._known
            offset += len(rows)


def _read(site: Site, way: str, page: int, per_page: int) -> Sheet:
    asked = {"limit": str(per_page), "page": str(page), "orderby": "entry_id", "order": way}
    query = {**asked, "include_fields": "true"}
    answer = site.get(_ROUTE, {f"input[{name}]": value for name, value in query.items()})
    return enveloped(answer.data, "entries", "total_pages")


def _submission(number: int, row: Row, zone: Any, titles: Titles) -> Submission:
    form, fields = str(row.get("form_id") or ""), row.get("fields")
    said = map(mapping, fields if isinstance(fields, list) else [])
    return Submission(
        number,
        form,
        titles.of(form),
        utc(row.get("date"), zone),
        [_said(one) for one in said],
        is_out=text(row.get("status")) in ("spam", "trash"),
    )


def _said(one: Mapping[str, Any]) -> Said:
    label, kind = plain(one.get("name")), _KINDS.get(text(one.get("type")), "")
    # What was ticked is told as the words beside it.
    words = listed(one.get("value")) if kind == "consent" else ""
    return Said(str(one.get("id") or 0), label, one.get("value"), kind, words)


def _explained(trouble: AskTheOwner) -> AskTheOwner:
    if trouble.code == "rest_ability_not_found":
        return AskTheOwner(
            "stores_no_entries",
            "WPForms Lite keeps no entries, and WPForms Pro hands them out only from version "
            f"1.9.9 on: get Pro or update it. {forms.BY_MAIL}",
        )
    if trouble.state == "plugin_absent":
        return AskTheOwner(
            "version_too_old", "WPForms hands out entries from WordPress 6.9 on: update it."
        )
    return trouble
