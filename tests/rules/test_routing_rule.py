"""Conditions, groups, and the first rule that holds."""

from uuid import UUID

import pytest

from app.rules.routing.rule import Condition, Rule, fields_of, first

FACTS = {
    "subject": ["Hello World"],
    "recipient_domain": ["gmail.com"],
    "tag": ["VIP", "Berlin"],
    "list": [],
}
A, B = (UUID(int=n) for n in (1, 2))


def holds(*groups: list[Condition]) -> bool:
    return first([Rule("r", A, groups)], lambda field: FACTS.get(field, [])) is not None


@pytest.mark.parametrize(
    ("field", "operator", "value", "expected"),
    [
        ("subject", "contains", "WORLD", True),
        ("subject", "contains", "moon", False),
        ("subject", "not_contains", "moon", True),
        ("subject", "not_contains", "world", False),
        ("subject", "starts_with", "hello", True),
        ("subject", "starts_with", "world", False),
        ("subject", "ends_with", "world", True),
        ("subject", "ends_with", "hello", False),
        ("recipient_domain", "is", "Gmail.com", True),
        ("recipient_domain", "is", "mail.com", False),
        ("recipient_domain", "is_not", "mail.com", True),
        ("recipient_domain", "is_not", "gmail.com", False),
        ("tag", "is", "berlin", True),
        ("tag", "is_not", "berlin", False),
        ("tag", "not_contains", "berl", False),
        ("list", "is", "news", False),
        ("list", "is_not", "news", True),
    ],
)
def test_conditions(field: str, operator: str, value: str, expected: bool) -> None:
    assert holds([Condition(field, operator, value)]) == expected


def test_all_of_a_group_and_any_group() -> None:
    yes, no = Condition("tag", "is", "vip"), Condition("tag", "is", "nobody")
    assert holds([yes, yes])
    assert not holds([yes, no])
    assert holds([yes, no], [yes])
    assert not holds()
    assert not holds([])


def test_the_first_rule_wins() -> None:
    groups = [[Condition("tag", "is", "vip")]]
    rules = [Rule("a", A, groups), Rule("b", B, groups)]
    found = first(rules, lambda field: FACTS.get(field, []))
    assert found is not None
    assert found.name == "a"
    assert fields_of(rules) == {"tag"}
