"""How a row is read: the rules of its form, who may be written to, what a site may change."""

from typing import Any
from uuid import UUID

import pytest

from connectors import Consent, Incoming, SourceField
from sync.consent import ConsentRule, judged
from sync.forms import RULE, Form, Forms, fields_of, read_by, whole
from sync.mapping import Skipped, Wanted
from sync.merge import Keep, Known, Terms, Update, gather
from sync.policy import Policy
from sync.reading import Order, read

LIST, TAG, GONE = UUID(int=1), UUID(int=2), UUID(int=3)
FIELDS = (SourceField("name", "Name", "first_name"), SourceField("7.nick", "Nick"))
EVERYONE = ConsentRule("everyone", "why")


def row(**more: Any) -> Incoming:
    return Incoming("1", "a@x.com", more.pop("fields", {"name": "A", "7.nick": "N"}), **more)


def order(form: Form | None = None, consent: ConsentRule | None = None) -> Order:
    forms = Forms({"7": form}, Form({})) if form else None
    same = lambda email: email  # noqa: E731
    return Order({"name": "first_name"}, Terms(), None, same, forms=forms, consent=consent)


@pytest.mark.parametrize(
    ("rule", "default", "found"),
    [
        (None, None, {}),
        (None, {"enabled": False}, {"enabled": False}),
        ({"add_tags": ["x"]}, {"enabled": False}, {"add_tags": ["x"]}),
    ],
)
def test_a_form_has_its_own_rule_or_the_default(rule: Any, default: Any, found: Any) -> None:
    assert whole(rule, default) == {**RULE, **found}


def test_fields_of_other_forms_are_not_its_own() -> None:
    fields = [*FIELDS, SourceField("71.nick", "Other")]
    assert [field.key for field in fields_of("7", fields)] == ["name", "7.nick"]


def test_what_is_chosen_comes_after_what_goes_there_by_itself() -> None:
    rule = {**RULE, "mapping": {"7.nick": "first_name"}, "add_lists": [str(LIST), str(GONE)]}
    form = read_by(rule, [FIELDS[1], FIELDS[0]], {}, {"first_name"}, {LIST, TAG})
    assert list(form.targets) == ["name", "7.nick"]
    assert (form.lists, form.tags) == ({LIST}, set())
    found = read(row(form="7"), order(form))
    assert isinstance(found, Wanted)
    assert found.fields == {"first_name": "N"}


def test_a_form_that_is_off() -> None:
    off = order(Form({}, is_on=False))
    assert read(row(form="7"), off) == Skipped("1", "rejected_by_mapping")
    assert read(row(form="7", skip="trashed_or_spam"), off) == Skipped("1", "trashed_or_spam")
    assert isinstance(read(row(form="8"), off), Wanted)
    assert isinstance(read(row(), off), Wanted)


def test_a_form_s_consent_goes_before_the_connection_s() -> None:
    field = ConsentRule("field", field="7.nick", yes=frozenset({"yes"}))
    assert read(row(form="7"), order(Form({}), field)) == Skipped("1", "no_consent")
    assert isinstance(read(row(form="7"), order(Form({}, consent=EVERYONE), field)), Wanted)


@pytest.mark.parametrize(
    ("value", "yes", "agrees"),
    [
        ("on", (), True),
        ("Ja, gerne", (), True),
        ("", (), False),
        ("0", (), False),
        ("NO", (), False),
        ("Nein", (), False),
        ("Mail", ("mail",), True),
        ("on", ("mail",), False),
    ],
)
def test_who_agrees(value: str, yes: tuple[str, ...], agrees: bool) -> None:
    rule = ConsentRule("field", "words", "f", frozenset(yes))
    found = judged(row(fields={"f": value}), rule)
    assert found.skip == ("" if agrees else "no_consent")
    proofs = (Consent("field", "f", "words", value, agrees),) if value else ()
    assert found.consents == proofs


@pytest.mark.parametrize(
    ("fields", "key", "agrees"),
    [
        ({"meta.news": "1"}, "meta.news", True),
        ({"meta._optin": "1"}, "meta._optin", True),
        ({"meta.news": "0", "meta._optin": "1"}, "meta.news", False),
        ({"meta.news, meta._optin": "1"}, "meta.news, meta._optin", True),
    ],
)
def test_rows_of_two_kinds_may_say_it_in_two_fields(
    fields: dict[str, str], key: str, agrees: bool
) -> None:
    rule = ConsentRule("field", field="meta.news, meta._optin")
    found = judged(row(fields=fields), rule)
    assert found.skip == ("" if agrees else "no_consent")
    assert found.consents[0].key == key


def test_a_field_that_agrees_outranks_a_box_that_was_not_ticked() -> None:
    asked = row(fields={"f": "yes"}, skip="no_consent")
    assert judged(asked, ConsentRule("field", field="f")).skip == ""
    assert judged(asked, EVERYONE) == asked


@pytest.mark.parametrize(
    "more",
    [
        {"status": "unsubscribed"},
        {"status": "pending"},
        {"skip": "trashed_or_spam"},
        {"about": "2"},
    ],
)
def test_rows_that_say_it_themselves_are_left_alone(more: dict[str, str]) -> None:
    found = row(**more)
    assert judged(found, EVERYONE) == found
    assert judged(found, ConsentRule("field", field="f")) == found


@pytest.mark.parametrize(
    ("policy", "known", "lets"),
    [
        (Policy(), "x", True),
        (Policy("fill_empty"), "x", False),
        (Policy("fill_empty"), "", True),
        (Policy("never"), "", False),
        (Policy("never", {"phone": "site_wins"}), "x", True),
        (Policy("site_wins", {"phone": "never"}), "", False),
    ],
)
def test_policies(policy: Policy, known: str, lets: bool) -> None:
    assert policy.lets("phone", known) is lets


def test_what_an_older_deed_brings() -> None:
    known = Known(UUID(int=9), "a@x.com", "active", lists=frozenset({LIST}))
    found = Wanted("1", "a@x.com", "a@x.com", {"first_name": "Old"})
    terms = Terms(lists=frozenset({LIST}), tags=frozenset({TAG}), left=frozenset({LIST}))
    update = gather(found, known, terms)
    assert isinstance(update, Update)
    assert (update.fields, update.lists, update.tags, update.left) == ({}, set(), {TAG}, set())
    assert isinstance(gather(found, known, Terms(lists=frozenset({LIST}))), Keep)
