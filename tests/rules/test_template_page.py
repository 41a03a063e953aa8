"""The page about templates says what is true."""

import re
from pathlib import Path

from app.contacts.models import CONTACT_FIELDS
from app.rules.templates.language import environment
from app.rules.templates.template import check

_PAGE = (Path(__file__).parents[2] / "docs/reference/templates.md").read_text("utf-8")


def _named_after(word: str) -> set[str]:
    sentence = _PAGE.split(f"\n{word}: ")[1].split(".", 1)[0]
    return set(re.findall(r"`([^`]+)`", sentence))


def test_it_names_every_filter() -> None:
    assert _named_after("Filters") == set(environment(True).filters)


def test_it_names_every_tag() -> None:
    pseudo = {"content", "illegal", "output"}
    assert _named_after("Tags") == set(environment(True).tags) - pseudo | {"raw"}


def test_it_names_every_field() -> None:
    assert set(CONTACT_FIELDS) <= set(re.findall(r"`contact\.([a-z_0-9]+)`", _PAGE))


def test_its_examples_work() -> None:
    examples = re.findall(r"```liquid\n(.*?)```", _PAGE, re.DOTALL)
    assert len(examples) == 3
    for example in examples:
        assert check("", "", example, example) == []
