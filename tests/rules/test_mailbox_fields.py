"""Whose mail arrives in a mailbox."""

import pytest

from app.rules.mail.names import covers, spelled
from app.rules.mailbox_fields import takes


@pytest.mark.parametrize(
    ("sender", "taken"),
    [
        ("bounces@example.com", True),
        ("Bounces@EXAMPLE.com", True),
        ("bounces+{token}@example.com", True),
        ("bounces-{token}@example.com", True),
        ("other+{token}@example.com", False),
        ("anybody@b.example", True),
        ("x+{token}@b.example", True),
        ("anybody@sub.b.example", False),
        ("anybody@example.com", False),
        ("nonsense", False),
    ],
)
def test_addresses_with_additions_and_whole_domains(sender: str, taken: bool) -> None:
    assert takes(["bounces@example.com", "@b.example"], sender) is taken


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("A@B\u00dcCHER.example", "a@xn--bcher-kva.example"),
        ("@B.Example", "@b.example"),
        ("@", ""),
        ("b.example", ""),
        ("a@b@c.example", ""),
    ],
)
def test_one_spelling(given: str, expected: str) -> None:
    assert spelled(given) == expected


@pytest.mark.parametrize(
    ("address", "covered"),
    [
        ("a@b.example", True),
        ("x@c.example", True),
        ("x@b.example", False),
        ("a@d.c.example", False),
    ],
)
def test_an_address_is_covered_by_itself_or_its_domain(address: str, covered: bool) -> None:
    assert covers(["a@b.example", "@c.example"], address) is covered
