"""What becomes of a contact: examples, and what holds whatever anybody says."""

from typing import Any
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sync import merge
from sync.mapping import Wanted
from sync.merge import CLOSED, Create, Decision, Keep, Known, Terms, Update

ID, LIST, OTHER_LIST, TAG = (UUID(int=number) for number in range(1, 5))
PLAIN: Terms = Terms()


def known(**more: Any) -> Known:
    usual = {"address": "a@example.com", "email": "a@example.com", "status": "active"}
    return Known(id=ID, **{**usual, **more})


def wanted(fields: dict[str, str] | None = None, address: str = "a@example.com") -> Wanted:
    return Wanted("7", address, address, fields or {})


def update(decision: Decision) -> Update:
    assert isinstance(decision, Update)
    return decision


@pytest.mark.parametrize("status", ["active", "pending", "unsubscribed"])
def test_somebody_new_gets_the_status_of_the_connection(status: str) -> None:
    terms = Terms(status, frozenset({LIST}), frozenset({TAG}))
    made = merge.decide(wanted(), None, terms)
    assert made == Create(wanted(), status, terms.lists, terms.tags)


@pytest.mark.parametrize("refusal", sorted(CLOSED))
def test_somebody_new_with_a_refused_address_is_never_active(refusal: str) -> None:
    made = merge.decide(wanted(), None, PLAIN, refusal)
    assert isinstance(made, Create)
    assert made.status == refusal


@pytest.mark.parametrize(
    ("here", "said", "edited", "changes", "overwrites"),
    [
        ({}, {"first_name": "A"}, set(), {"first_name": "A"}, False),
        ({"first_name": ""}, {"first_name": "A"}, set(), {"first_name": "A"}, False),
        ({"first_name": "B"}, {"first_name": "A"}, set(), {"first_name": "A"}, True),
        (
            {"first_name": "B"},
            {"first_name": "A", "city": "X"},
            {"first_name"},
            {"city": "X"},
            False,
        ),
        ({"fields.vat": "1"}, {"fields.vat": "2"}, set(), {"fields.vat": "2"}, True),
    ],
)
def test_fields(
    here: dict[str, str],
    said: dict[str, str],
    edited: set[str],
    changes: dict[str, str],
    overwrites: bool,
) -> None:
    found = update(merge.decide(wanted(said), known(fields=here, edited=frozenset(edited)), PLAIN))
    assert (found.fields, found.overwrites) == (changes, overwrites)


@pytest.mark.parametrize(
    ("here", "said", "edited"),
    [
        ({"first_name": "A"}, {"first_name": "A"}, set()),
        ({"first_name": "A"}, {"first_name": ""}, set()),
        ({"first_name": "A"}, {}, set()),
        ({"first_name": "B"}, {"first_name": "A"}, {"first_name"}),
        ({"first_name": ""}, {"first_name": "A"}, {"first_name"}),
    ],
)
def test_what_changes_nothing(here: dict[str, str], said: dict[str, str], edited: set[str]) -> None:
    decision = merge.decide(wanted(said), known(fields=here, edited=frozenset(edited)), PLAIN)
    assert decision == Keep(ID, wanted(said))


def test_lists_and_tags_only_gather() -> None:
    terms = Terms("active", frozenset({LIST, OTHER_LIST}), frozenset({TAG}))
    found = update(merge.decide(wanted(), known(lists=frozenset({LIST})), terms))
    assert (found.lists, found.tags, found.overwrites) == ({OTHER_LIST}, {TAG}, False)


def test_another_address_is_a_rename() -> None:
    found = update(merge.decide(wanted(address="b@example.com"), known(), PLAIN))
    assert (found.email, found.address, found.overwrites) == ("b@example.com",) * 2 + (True,)


def test_another_address_does_not_beat_a_person_s_edit() -> None:
    here = known(edited=frozenset({"email"}))
    assert isinstance(merge.decide(wanted(address="b@example.com"), here, PLAIN), Keep)


def test_a_rename_to_a_refused_address_closes() -> None:
    found = update(merge.decide(wanted(address="b@example.com"), known(), PLAIN, "bounced"))
    assert (found.address, found.status) == ("b@example.com", "bounced")


@pytest.mark.parametrize("said", sorted(CLOSED))
def test_a_no_of_the_source_comes_here(said: str) -> None:
    row = Wanted("7", "a@example.com", "a@example.com", {}, said)
    assert update(merge.decide(row, known(), PLAIN)).status == said
    made = merge.decide(row, None, PLAIN)
    assert isinstance(made, Create)
    assert made.status == said


STATUSES = st.sampled_from(["pending", "active", *sorted(CLOSED)])
TEXT = st.sampled_from(["", "A", "B"])
TARGETS = st.sampled_from(["first_name", "last_name", "fields.vat"])
FIELDS = st.dictionaries(TARGETS, TEXT)
GROUPS = st.frozensets(st.sampled_from([LIST, OTHER_LIST, TAG]))
ADDRESSES = st.sampled_from(["a@example.com", "b@example.com"])
ROWS = st.builds(Wanted, st.just("7"), ADDRESSES, ADDRESSES, FIELDS, st.just("") | STATUSES)
CONTACTS = st.builds(
    Known,
    id=st.just(ID),
    address=ADDRESSES,
    status=STATUSES,
    fields=FIELDS,
    edited=st.frozensets(TARGETS | st.just("email")),
    lists=GROUPS,
    tags=GROUPS,
)
TERMS = st.builds(Terms, STATUSES, GROUPS, GROUPS)
REFUSALS = st.just("") | st.sampled_from(sorted(CLOSED))


#: The first row takes long to invent where many tests run at once.
on_slow_machines_too = settings(suppress_health_check=[HealthCheck.too_slow], deadline=None)


@on_slow_machines_too
@given(ROWS, CONTACTS, TERMS, REFUSALS)
def test_a_no_is_never_undone(row: Wanted, here: Known, terms: Terms, refusal: str) -> None:
    decision = merge.decide(row, here, terms, refusal)
    after = (decision.status if isinstance(decision, Update) else "") or here.status
    if here.status in CLOSED:
        assert after == here.status
    else:
        assert after == here.status or after in CLOSED
    if refusal:
        assert after in CLOSED


@on_slow_machines_too
@given(ROWS, TERMS, REFUSALS)
def test_nobody_is_new_and_active_at_a_refused_address(
    row: Wanted, terms: Terms, refusal: str
) -> None:
    made = merge.decide(row, None, terms, refusal)
    assert isinstance(made, Create)
    if refusal or row.status in CLOSED:
        assert made.status in CLOSED


@on_slow_machines_too
@given(ROWS, CONTACTS, TERMS, REFUSALS)
def test_empty_never_erases_and_edits_stay(
    row: Wanted, here: Known, terms: Terms, refusal: str
) -> None:
    decision = merge.decide(row, here, terms, refusal)
    if isinstance(decision, Update):
        assert all(decision.fields.values())
        assert not set(decision.fields) & here.edited
        assert not (decision.address and "email" in here.edited)
        assert not decision.lists & here.lists
        assert not decision.tags & here.tags


@on_slow_machines_too
@given(ROWS, CONTACTS, TERMS, REFUSALS)
def test_the_second_time_nothing_changes(
    row: Wanted, here: Known, terms: Terms, refusal: str
) -> None:
    decision = merge.decide(row, here, terms, refusal)
    if isinstance(decision, Update):
        here = Known(
            here.id,
            decision.address or here.address,
            decision.status or here.status,
            decision.email or here.email,
            {**here.fields, **decision.fields},
            here.edited,
            here.lists | decision.lists,
            here.tags | decision.tags,
        )
    assert isinstance(merge.decide(row, here, terms, refusal), Keep)
