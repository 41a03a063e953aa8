"""SureForms: who filled in which form, read through WordPress's abilities."""

from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from typing import Any

from connectors import Incoming, Needs, Page, Pull, Site
from connectors.reading import forms, walk
from connectors.reading.forms import Said, Submission
from connectors.reading.values import enveloped, mapping, number_of, plain, text, utc
from connectors.reading.walk import Noticed, Row, Sheet
from wp_bridge.errors import AskTheOwner

_LIST = "wp-abilities/v1/abilities/sureforms/list-entries/run"
_SOME = "wp-abilities/v1/abilities/sureforms/bulk-get-entries/run"
_PER_PAGE = 100
_AT_ONCE = 50
_KINDS = {"srfm-email": "email", "srfm-phone": "phone", "srfm-gdpr": "consent"}


class SureForms:
    """Its own routes want the nonce of a browser; its abilities take an application password."""

    key = "sureforms"
    title = "SureForms"
    needs = Needs(
        namespace="sureforms/v1",
        plugin="SureForms",
        permission="Reading entries takes an administrator.",
    )
    fields = forms.FIELDS
    options = forms.OPTIONS

    def look(self, site: Site) -> int | None:
        """One entry. Raises AskTheOwner with what to switch on."""
        try:
            return _listed(site, "ASC", 1, 1).total
        except AskTheOwner as trouble:
            raise _explained(trouble) from None

    def pages(self, site: Site, pull: Pull) -> Iterator[Page]:
        """Every entry, or those that came in since the mark."""
        noticed, zone = Noticed(self.fields), site.zone()

        def say(rows: Sequence[tuple[int, Row]]) -> tuple[Incoming, ...]:
            whole = _whole(site, [number for number, _ in rows])
            sent = (_submission(number, entry, zone) for number, entry in sorted(whole.items()))
            return tuple(forms.incoming(one, pull, noticed) for one in sent)

        yield from walk.by_number(partial(_listed, site), say, pull, noticed, _PER_PAGE)


connector = SureForms()


def _listed(site: Site, way: str, page: int, per_page: int) -> Sheet:
    asked = {"per_page": str(per_page), "page": str(page), "orderby": "ID", "order": way}
    answer = site.get(_LIST, {f"input[{name}]": value for name, value in asked.items()})
    return enveloped(answer.data, "entries", "total_pages")


def _whole(site: Site, numbers: Sequence[int]) -> dict[int, Row]:
    """Entries with what was filled in; those that are gone meanwhile are not among them."""
    found: dict[int, Row] = {}
    for start in range(0, len(numbers), _AT_ONCE):
        some = numbers[start : start + _AT_ONCE]
        query = {f"input[entry_ids][{place}]": str(number) for place, number in enumerate(some)}
        entries = mapping(site.get(_SOME, query).data).get("entries")
        for entry in entries if isinstance(entries, list) else []:
            found[number_of(entry)] = entry
    return found


def _submission(number: int, entry: Row, zone: Any) -> Submission:
    data = entry.get("form_data")
    said = map(mapping, data if isinstance(data, list) else [])
    return Submission(
        number,
        str(entry.get("form_id") or ""),
        plain(entry.get("form_name")),
        utc(entry.get("created_at"), zone),
        [_said(one) for one in said],
        is_out=text(entry.get("status")) in ("spam", "trash"),
    )


def _said(one: Mapping[str, Any]) -> Said:
    label = plain(one.get("label"))
    return Said(label, label, one.get("value"), _KINDS.get(text(one.get("block_name")), ""))


def _explained(trouble: AskTheOwner) -> AskTheOwner:
    if trouble.code == "rest_ability_not_found":
        return AskTheOwner(
            "needs_permission",
            "SureForms does not hand out its entries yet: switch on SureForms > Settings > MCP "
            "(abilities); it has this from version 2.5.2 on.",
        )
    if trouble.state == "plugin_absent":
        return AskTheOwner(
            "version_too_old", "SureForms hands out entries from WordPress 6.9 on: update it."
        )
    return trouble
