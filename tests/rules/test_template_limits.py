"""Whatever a template does, it ends soon and stays small."""

import resource
from datetime import UTC, datetime

import pytest

from app.rules.templates.template import Template, TemplateError, given
from tests.waiting import in_no_time

_VALUES = given({"big": "x" * 100_000}, "", datetime(2026, 1, 1, tzinfo=UTC))
_HALF = "{% assign s = '" + "x" * 20_000 + "' %}"


@pytest.mark.parametrize(
    "source",
    [
        "{% for i in (1..100000000) %}x{% endfor %}",
        "{% for i in (1..1000) %}{% for j in (1..1000) %}x{% endfor %}{% endfor %}",
        "{{ (1..20000000) | join: ',' | size }}",
        "{% assign a = (1..30000000000000000000) %}{{ a | size }}",
        "{% for i in (1..30000000000000000000) %}{% endfor %}",
        "{{ (1..1000000) | reverse | first }}",
        _HALF + "{{ s | replace: '', s | replace: '', s | size }}",
        _HALF + "{{ s | split: '' | join: s | size }}",
        "{{ contact.big | replace: '', contact.big | size }}",
        "{% for i in (1..100) %}{{ contact.big }}{% endfor %}",
        "{{ contact.big }}" * 6,
        "{% assign x = 99999999999 %}{{ x" + " | times: 99999999999" * 2_000 + " }}",
        "{{ '" + "9" * 5_000 + "' | plus: 1 }}",
        "{{ 'now' | date: '%1000000000d' }}",
        "{{ 'now' | date: contact.big }}",
        "{{" * 100_000,
        "{%" * 100_000,
        "{{ x }}" + "{{" * 100_000,
        "{% raw %}" * 50_000,
        "{% doc %}" * 50_000,
        "{% if x %}" * 20_000,
        "{{ a" + "[a" * 5_000 + "]" * 5_000 + "}}",
    ],
    ids=lambda source: source[-40:],
)
def test_it_is_stopped(source: str) -> None:
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with in_no_time(), pytest.raises(TemplateError):
        Template(source, html=True).render(_VALUES)
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 300_000


@pytest.mark.parametrize(
    "source",
    ["{{ contact.big }}", "x" * 500_000, "{{ 'x' }}" * 20_000, "<!--" * 50_000],
    ids=lambda source: source[:20],
)
def test_what_is_merely_long_goes_through(source: str) -> None:
    with in_no_time():
        Template(source, html=True).render(_VALUES)


@pytest.mark.parametrize("format", ["%Y-%m-%d", "%d. %B %Y, %H:%M", "100 %%", "%-d/%-m"])
def test_dates_keep_their_formats(format: str) -> None:
    template = Template("{{ 'now' | date: '" + format + "' }}", html=False)
    assert template.render(_VALUES) == datetime(2026, 1, 1).strftime(format)


@pytest.mark.parametrize("value", ["99999999999999999999", "9" * 400, "no date", "", "0000-99-99"])
def test_what_is_no_date_stays_as_it_is(value: str) -> None:
    template = Template("{{ contact.d | date: '%Y' }}", html=False)
    assert template.render(given({"d": value}, "", datetime(2026, 1, 1, tzinfo=UTC))) == value
