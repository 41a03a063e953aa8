"""When figures are bad enough to warn of, and when to stop."""

import pytest

from app.rules.health.guards import (
    FINE,
    Figures,
    Judgement,
    Limits,
    freezes_warm_up,
    judge,
    limits_from,
)


@pytest.mark.parametrize(
    ("figures", "level"),
    [
        (Figures(accepted=1000), "fine"),
        (Figures(accepted=999, complained=0), "fine"),
        (Figures(accepted=1000, complained=1), "warn"),
        (Figures(accepted=1001, complained=1), "fine"),
        (Figures(accepted=1000, complained=3), "pause"),
        (Figures(accepted=299, complained=1), "warn"),
        (Figures(accepted=299, complained=2), "pause"),
        (Figures(accepted=980, bounced=20), "warn"),
        (Figures(accepted=981, bounced=19), "fine"),
        (Figures(accepted=950, bounced=50), "pause"),
        (Figures(accepted=800, deferred=200), "warn"),
        (Figures(accepted=1, deferred=999), "warn"),
        (Figures(accepted=801, deferred=199), "fine"),
        (Figures(accepted=100, bounced=99), "fine"),
        (Figures(accepted=101, bounced=99), "pause"),
        (Figures(accepted=199, complained=199), "fine"),
        (Figures(), "fine"),
    ],
)
def test_the_thresholds(figures: Figures, level: str) -> None:
    assert judge(figures, Limits()).level == level


def test_it_says_why_with_its_figures() -> None:
    found = judge(Figures(accepted=188, bounced=12), Limits())
    assert found == Judgement(
        "pause", "12 of 200 mails (6 %) were returned for good; the limit is 5 %"
    )
    found = judge(Figures(accepted=2000, complained=3), Limits())
    assert found.why == (
        "3 of 2000 mails (0.15 %) were complained about as spam; the limit is 0.1 %"
    )


def test_the_worst_is_told() -> None:
    both = Figures(accepted=500, bounced=100, complained=1)
    assert judge(both, Limits()).why.startswith("100 of 600 mails")


def test_a_guard_that_may_only_warn() -> None:
    assert judge(Figures(accepted=100, bounced=100), Limits(), may_pause=False).level == "warn"


def test_limits_can_be_set_and_switched_off() -> None:
    words = {"sample": 10, "bounce_pause": 0.5, "bounce_warn": None}
    limits = limits_from(words)
    assert (limits.sample, limits.complaint_pause) == (10, 0.003)
    assert judge(Figures(accepted=60, bounced=40), limits) == FINE
    assert judge(Figures(accepted=50, bounced=50), limits).level == "pause"


def test_what_was_counted_before_is_not_counted_again() -> None:
    before = Figures(accepted=100, bounced=100)
    now = Figures(accepted=300, bounced=101)
    assert now.since(before) == Figures(accepted=200, bounced=1)
    assert before.since(now) == Figures()
    assert before + now == Figures(accepted=400, bounced=201)


@pytest.mark.parametrize(
    ("figures", "freezes"),
    [
        (Figures(accepted=19), False),
        (Figures(accepted=38, bounced=2), False),
        (Figures(accepted=37, bounced=2), True),
        (Figures(accepted=50, complained=1), True),
        (Figures(accepted=10, bounced=9), False),
    ],
)
def test_a_relay_that_warms_up_does_not_grow_on_bad_figures(
    figures: Figures, freezes: bool
) -> None:
    assert freezes_warm_up(figures) is freezes
