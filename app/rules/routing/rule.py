"""Rules that lead some mails to a relay: AND in a group, OR between groups, the first one wins."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from uuid import UUID

#: What a condition looks at. Those of PERSONAL differ from recipient to recipient.
PERSONAL = (
    "subject",
    "message",
    "to",
    "cc",
    "bcc",
    "header",
    "recipient_domain",
    "list",
    "tag",
)
FIELDS = (*PERSONAL, "from_email", "from_name", "reply_to", "mail_type", "stream", "campaign")
OPERATORS = ("contains", "not_contains", "is", "is_not", "starts_with", "ends_with")

#: The values of a field of one mail: none, one, or several (lists and tags).
Facts = Callable[[str], Sequence[str]]


@dataclass(frozen=True, slots=True)
class Condition:
    """One look at one field; upper and lower case are the same."""

    field: str
    operator: str
    value: str


@dataclass(frozen=True, slots=True)
class Rule:
    """Mails for which all conditions of any group hold go to the relay first."""

    name: str
    relay_id: UUID
    groups: Sequence[Sequence[Condition]]


def first(rules: Sequence[Rule], facts: Facts) -> Rule | None:
    """The first rule that holds."""
    return next((rule for rule in rules if _holds(rule, facts)), None)


def fields_of(rules: Sequence[Rule]) -> frozenset[str]:
    """Every field that some rule looks at."""
    return frozenset(one.field for rule in rules for group in rule.groups for one in group)


def _holds(rule: Rule, facts: Facts) -> bool:
    return any(
        bool(group) and all(_is_met(condition, facts) for condition in group)
        for group in rule.groups
    )


def _is_met(condition: Condition, facts: Facts) -> bool:
    """Where a field has several values, one of them is enough; "not" is said of all of them."""
    wanted = condition.value.casefold()
    values = [value.casefold() for value in facts(condition.field)]
    match condition.operator:
        case "contains":
            return any(wanted in value for value in values)
        case "not_contains":
            return all(wanted not in value for value in values)
        case "is":
            return wanted in values
        case "is_not":
            return wanted not in values
        case "starts_with":
            return any(value.startswith(wanted) for value in values)
        case _:
            return any(value.endswith(wanted) for value in values)
