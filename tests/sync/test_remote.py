"""What a connector says arrives as it was said; what is no page is told where it is none."""

from collections.abc import Iterator
from dataclasses import fields
from typing import Any, get_type_hints

import pytest

from connectors import (
    Choice,
    Consent,
    Incoming,
    Page,
    Pull,
    Purchase,
    Site,
    SourceField,
    SourceForm,
)
from sync import remote, travelling
from sync.remote import Batch, Task
from sync.travelling import NotInForm
from wp_bridge.errors import AskTheOwner, NotUnderstood, TryLater

BOUGHT = Purchase("2026-01-02T03:04:05Z", "12.50", "EUR", True)
ASKED = Consent("checkbox", "3.gdpr", "I agree.", "on", False, "2026-01-02T03:04:05Z")
FULL = Incoming(
    "7",
    "Tom+x@Example.org",
    {"name": "Tom & Jerry 🐭", "note": "a\nb"},
    "unsubscribed",
    "trashed_or_spam",
    "2026-01-02T03:04:05Z",
    "customer-7",
    frozenset({"b", "a"}),
    frozenset({"t"}),
    BOUGHT,
    "form-3",
    (ASKED, Consent("status", "s", "", "subscribed", True)),
)
PAGE = Page(
    (FULL, Incoming("8", "")),
    {"part": 1, "at": {"page": 2, "is": None, "ids": [1, 2]}},
    1234,
    {"after": "x"},
    (SourceField("shoe", "Shoe size", "fields.shoe"), SourceField("k", "l")),
    (SourceForm("3", "Newsletter"),),
    (Choice("list_shipped", "List for who has an order: Shipped"),),
    3,
)


@pytest.mark.parametrize("page", [PAGE, Page((), None)])
def test_a_page_arrives_as_it_was_said(page: Page) -> None:
    batch = Batch("r", 3, page)
    assert remote.decoded(remote.encoded(batch)) == batch


@pytest.mark.parametrize(
    "kind", [Page, Incoming, Purchase, Consent, SourceField, SourceForm, Choice]
)
def test_everything_that_a_connector_can_say_can_travel(kind: type) -> None:
    """A field of a new kind would be lost, or stop every agent."""
    examples: dict[type, Any] = {
        Page: PAGE,
        Incoming: FULL,
        Purchase: BOUGHT,
        Consent: ASKED,
        SourceField: SourceField("k", "l", "t"),
        SourceForm: SourceForm("3", "Newsletter"),
        Choice: Choice("k", "l"),
    }
    example = examples[kind]
    said = travelling.said(example)
    assert set(said) == {one.name for one in fields(kind)} == set(get_type_hints(kind))
    assert travelling.understood(kind, said, "it") == example


@pytest.mark.parametrize(
    "trouble",
    [
        TryLater("Down.", 12.5, throttled=True),
        TryLater("Down."),
        AskTheOwner("blocked", "By a wall.", code="rest_x"),
        NotUnderstood("What?", code="y"),
    ],
)
def test_a_trouble_arrives_as_it_was_said(trouble: TryLater | AskTheOwner | NotUnderstood) -> None:
    found = remote.decoded(remote.encoded(Batch("r", 0, trouble=trouble))).trouble
    assert type(found) is type(trouble)
    assert found is not None
    for name in ("sentence", "retry_after", "throttled", "state", "code"):
        assert getattr(found, name, None) == getattr(trouble, name, None)


def test_what_cannot_be_stored_or_is_endless_is_mended_before_it_travels() -> None:
    row = Incoming("1", "a\0b", {"n\0": "x\ud800y", "long": "z" * 100_000})
    said = travelling.said(Page((row,), None))
    (found,) = travelling.understood(Page, said, "page").rows
    assert (found.email, found.fields["n "]) == ("a b", "x y")
    assert len(found.fields["long"]) == travelling.LONGEST


@pytest.mark.parametrize(
    ("said", "where"),
    [
        ({}, "page"),
        ({"page": {"rows": []}, "trouble": {"kind": "x", "sentence": "y"}}, "page"),
        ({"page": []}, "page"),
        ({"page": {"rows": [[]], "cursor": None}}, "page.rows.0"),
        ({"page": {"rows": [{"source_id": "1", "email": "\ud800"}]}}, "page.rows.0.email"),
        ({"page": {"rows": [], "cursor": None, "total": True}}, "page.total"),
        ({"page": {"rows": [], "cursor": [1]}}, "page.cursor"),
        ({"trouble": {"kind": "of another kind", "sentence": "x"}}, "trouble.kind"),
        ({"trouble": {"kind": "try_later"}}, "trouble"),
    ],
)
def test_what_is_no_batch(said: dict[str, Any], where: str) -> None:
    with pytest.raises(NotInForm) as caught:
        remote.decoded({"run_id": "r", "number": 0, **said})
    assert caught.value.where == where


def test_what_is_nested_without_end_is_refused() -> None:
    deep: Any = 1
    for _ in range(100):
        deep = {"a": deep}
    with pytest.raises(NotInForm, match="nested"):
        remote.decoded({"run_id": "r", "number": 0, "page": {"rows": [], "cursor": deep}})


class Source:
    """A connector of two pages, the second of which cannot be read."""

    key = title = "source"

    def pages(self, site: Site, pull: Pull) -> Iterator[Page]:
        assert pull.cursor == {"from": 5}
        yield PAGE
        raise TryLater("Down.")


def test_the_steps_of_a_run_end_with_its_trouble() -> None:
    task = Task("r", "source", 5, Pull({"from": 5}))
    steps = remote.run(Source(), lambda: None, task, lambda: True)  # type: ignore[arg-type,return-value]
    page, trouble = steps
    assert (page.number, page.page, page.is_last) == (5, PAGE, False)
    assert (trouble.number, trouble.page, trouble.is_last) == (6, None, True)
