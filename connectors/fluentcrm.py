"""FluentCRM: its contacts with lists, tags, custom fields, and what they consented to."""

import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from connectors import Consent, Incoming, Needs, Option, Page, Pull, Site, SourceField
from connectors.reading import walk
from connectors.reading.answering import OPTION
from connectors.reading.asking import nice_to_know
from connectors.reading.hooks import ChangeableSite
from connectors.reading.values import enveloped, field_key, listed, mapping, plain, text, utc
from connectors.reading.walk import Noticed, Row, Sheet, Step

_ROUTE = "fluent-crm/v2/subscribers"
_CUSTOM_FIELDS = "fluent-crm/v2/custom-fields/contacts"
_PER_PAGE = 100
#: Its times are local and without a zone: in autumn an hour comes twice.
_OVERLAP = timedelta(minutes=65)
#: What its statuses mean here; others ("transactional") are no consent to be written to.
_CLOSED = frozenset({"unsubscribed", "bounced", "complained"})
#: Who may be written to there, or was asked whether she wants to.
_OPEN = frozenset({"subscribed", "pending"})
_FIELDS = {
    "first_name": "first_name",
    "last_name": "last_name",
    "prefix": "prefix",
    "phone": "phone",
    "address_line_1": "address_line_1",
    "address_line_2": "address_line_2",
    "city": "city",
    "state": "state",
    "postal_code": "postal_code",
    "country": "country",
    "timezone": "timezone",
    "date_of_birth": "date_of_birth",
    "contact_type": "",
    "source": "",
    "life_time_value": "",
    "total_points": "",
}


class _WritesBack:
    """Tells FluentCRM who unsubscribed; the only thing that is ever changed there."""

    permission = (
        "Unsubscribing people in FluentCRM takes an administrator, or a manager there "
        "(Settings > Managers) who may manage contacts."
    )

    def unsubscribe(self, site: ChangeableSite, people: Mapping[str, str]) -> None:
        """Those of them who can still be written to there, in one go."""
        found = [_row(site, int(source_id), email) for source_id, email in people.items()]
        numbers = [number for number, row in filter(None, found) if row.get("status") in _OPEN]
        if numbers:
            said = {"property": "status", "value": "unsubscribed", "subscribers": numbers}
            site.change("PUT", f"{_ROUTE}/subscribers-property", said)


class FluentCRM:
    """By id; afterwards those changed last first. Tags do not count as a change there."""

    key = "fluentcrm"
    title = "FluentCRM"
    needs = Needs(
        namespace="fluent-crm/v2",
        plugin="FluentCRM",
        permission="Reading contacts takes an administrator, or an account that is a manager in "
        "FluentCRM (Settings > Managers) with the permission to read contacts.",
    )
    fields = (
        *(
            SourceField(key, key.replace("_", " ").capitalize(), target)
            for key, target in _FIELDS.items()
        ),
        SourceField("created_at", "Created (UTC)"),
        SourceField("status", "Status"),
    )
    options = (
        Option("only_subscribed", "Only contacts that are subscribed there", True),
        Option("lists", "Bring lists along", True),
        Option("tags", "Bring tags along", True),
        Option(OPTION, "Unsubscribe people there who unsubscribe here", False),
    )

    writes_back = _WritesBack()

    def look(self, site: Site) -> int | None:
        """One contact."""
        return _read(site, {"per_page": "1"}).total

    def pages(self, site: Site, pull: Pull) -> Iterator[Page]:
        """Everybody by id, or who was changed or added since the mark."""
        noticed, zone, labels = Noticed(self.fields), site.zone(), _labels(site)

        def say(rows: Sequence[tuple[int, Row]]) -> tuple[Incoming, ...]:
            return tuple(
                _incoming(number, row, pull, noticed, labels, zone) for number, row in rows
            )

        def everybody(at: Any) -> Iterator[Step]:
            return walk.upwards(_reader(site, "id", "ASC"), say, at, _PER_PAGE)

        def changed(at: Any) -> Iterator[Step]:
            after = _earlier(since.get("updated"))
            known = lambda _, row: text(row.get("updated_at")) < after  # noqa: E731
            return walk.downwards(_reader(site, "updated_at", "DESC"), say, at, _PER_PAGE, known)

        def added(at: Any) -> Iterator[Step]:
            known = lambda number, _: number <= since["id"]  # noqa: E731
            return walk.downwards(_reader(site, "id", "DESC"), say, at, _PER_PAGE, known)

        since = pull.since or {}
        parts = [changed, added] if since else [everybody]
        yield from walk.through(parts, pull, lambda: _newest(site), noticed)


connector = FluentCRM()


def _read(site: Site, query: Mapping[str, str]) -> Sheet:
    answer = site.get(_ROUTE, {"custom_fields": "true", **query})
    return enveloped(mapping(answer.data).get("subscribers"))


def _row(site: Site, number: int, email: str) -> tuple[int, Row] | None:
    """A contact as she is there now, None when she is gone. One is never asked for by her number:
    that route changes her. The filter is undocumented, so her address is looked for first.
    """
    above = [[{"source": ["subscriber", "id"], "operator": ">", "value": number - 1}]]
    by_id = {"filter_type": "advanced", "advanced_filters": json.dumps(above)}
    for query in ({"search": email}, {**by_id, "sort_by": "id", "sort_type": "ASC"}):
        rows = _read(site, {"per_page": "20", **query}).rows
        if found := next((one for one in rows if one[0] == number), None):
            return found
    return None


def _reader(site: Site, by: str, way: str) -> walk.Read:
    query = {"per_page": str(_PER_PAGE), "sort_by": by, "sort_type": way}
    return lambda page: _read(site, {**query, "page": str(page)})


def _newest(site: Site) -> dict[str, Any]:
    def last(by: str) -> Sequence[tuple[int, Row]]:
        return _read(site, {"per_page": "1", "sort_by": by, "sort_type": "DESC"}).rows

    changed, added = last("updated_at"), last("id")
    updated = text(changed[0][1].get("updated_at")) if changed else ""
    return {"updated": updated, "id": added[0][0] if added else 0}


def _earlier(moment: Any) -> str:
    """``moment`` less the overlap, in FluentCRM's own spelling; "" for before everything."""
    try:
        return str(datetime.fromisoformat(text(moment)) - _OVERLAP)
    except ValueError:
        return ""


def _labels(site: Site) -> dict[str, str]:
    """What custom fields are called, where the account may know."""
    found: object = None
    with nice_to_know():
        found = mapping(site.get(_CUSTOM_FIELDS, {}).data).get("fields")
    fields = map(mapping, found if isinstance(found, list) else [])
    return {text(field.get("slug")): plain(field.get("label")) for field in fields}


def _incoming(
    number: int, row: Row, pull: Pull, noticed: Noticed, labels: Mapping[str, str], zone: Any
) -> Incoming:
    status = text(row.get("status"))
    fields = {name: plain(row.get(name)) for name in _FIELDS}
    if fields["date_of_birth"].startswith("0000"):
        fields["date_of_birth"] = ""
    fields |= {"created_at": utc(row.get("created_at"), zone), "status": status}
    for slug, value in mapping(row.get("custom_fields")).items():
        key = field_key(slug)
        if key and (said := listed(value)):
            label = labels.get(slug) or slug
            fields[noticed.see(f"custom.{slug}", label, f"fields.{key}")] = said
    is_open = status == "subscribed" or (status == "pending" and not _only_subscribed(pull))
    is_skipped = not is_open and (_only_subscribed(pull) or status not in _CLOSED)
    return Incoming(
        str(number),
        text(row.get("email")),
        fields,
        status="" if status == "subscribed" else status,
        skip="not_subscribed" if is_skipped else "",
        lists=_titles(row, "lists", pull),
        tags=_titles(row, "tags", pull),
        consents=_consents(status),
    )


def _consents(status: str) -> tuple[Consent, ...]:
    """What her status says; FluentCRM does not tell when she said it."""
    is_yes = status == "subscribed"
    said = is_yes or status in _CLOSED
    return (Consent("status", "status", "", status, is_yes),) if said else ()


def _only_subscribed(pull: Pull) -> bool:
    return bool(pull.options.get("only_subscribed", True))


def _titles(row: Row, kind: str, pull: Pull) -> frozenset[str]:
    found = row.get(kind)
    if not pull.options.get(kind, True) or not isinstance(found, list):
        return frozenset()
    return frozenset(plain(mapping(group).get("title")) for group in found) - {""}
