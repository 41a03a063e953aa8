"""What is usual, and what is called unusual in a sentence."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.rules.health.figures import Figures, quantile, total
from app.rules.health.usual import Compared, compare


def one(figure: str, now: Figures, usual: Figures) -> Compared:
    (found,) = (
        one for one in compare(now, usual, hours=24, usual_hours=168) if one.figure == figure
    )
    return found


def mails(attempts: int, **counts: int) -> Figures:
    return Figures({"attempts": attempts, **counts})


def test_a_share_that_grew() -> None:
    found = one("deferred", mails(100, deferred=12), mails(1000, deferred=15))
    assert found.unusual
    assert found.ratio == pytest.approx(8)
    assert found.sentence == (
        "12 % of the mails were deferred by recipients' servers, usually 1.5 %."
    )


@pytest.mark.parametrize(
    ("now", "usual"),
    [
        pytest.param(mails(49, deferred=49), mails(1000), id="too few now"),
        pytest.param(mails(100, deferred=50), mails(199), id="too few before"),
        pytest.param(mails(1000, deferred=19), mails(1000), id="less than two points"),
        pytest.param(mails(100, deferred=19), mails(1000, deferred=100), id="less than twice"),
        pytest.param(mails(100, deferred=1), mails(1000, deferred=300), id="better"),
        pytest.param(mails(0), mails(0), id="nothing"),
    ],
)
def test_what_is_not_unusual(now: Figures, usual: Figures) -> None:
    found = one("deferred", now, usual)
    assert (found.unusual, found.sentence) == (False, "")


def test_nothing_to_compare_with_has_no_ratio() -> None:
    found = one("deferred", mails(100, deferred=5), mails(1000))
    assert (found.now, found.usual, found.ratio, found.unusual) == (0.05, 0.0, None, True)
    assert one("deferred", mails(0), mails(0)).now is None


def test_answers_that_take_longer() -> None:
    now = Figures({"attempts": 100}, reply={5000: 100})
    usual = Figures({"attempts": 1000}, reply={200: 990, 900: 10})
    found = one("reply_p95", now, usual)
    assert found.sentence == "Of the answers 95 % came within 5 s, usually 0.2 s."
    assert found.ratio == 25
    quick = Figures({"attempts": 100}, reply={900: 100})
    assert not one("reply_p95", quick, usual).unusual, "four times as long, but less than a second"


@pytest.mark.parametrize(
    ("milliseconds", "words"),
    [
        (119_000, "119 s"),
        (120_000, "2 minutes"),
        (3 * 3_600_000, "3 hours"),
        (170_000_000, "47 hours"),
        (200_000_000, "2 days"),
    ],
)
def test_long_times_are_said_as_people_say_them(milliseconds: int, words: str) -> None:
    now = Figures({"attempts": 100}, reply={milliseconds: 100})
    usual = Figures({"attempts": 1000}, reply={200: 1000})
    found = one("reply_p95", now, usual)
    assert found.sentence == f"Of the answers 95 % came within {words}, usually 0.2 s."


def test_volume_is_compared_by_the_hour_and_never_unusual() -> None:
    found = one("attempts_per_hour", mails(2400), mails(168))
    assert (found.now, found.usual, found.ratio, found.unusual) == (100, 1, 100, False)


_times = st.dictionaries(st.integers(0, 10**6), st.integers(1, 50), max_size=20)


@given(_times, _times, st.sampled_from([0.5, 0.95]))
def test_merged_times_say_what_all_of_them_say(
    first: dict[int, int], second: dict[int, int], share: float
) -> None:
    merged = total([Figures(reply=first), Figures(reply=second)]).reply
    every = sorted(
        time for times in (first, second) for time, many in times.items() for _ in range(many)
    )
    found = quantile(merged, share)
    if not every:
        assert found is None
        return
    assert found is not None
    within = sum(time <= found for time in every)
    before = sum(time < found for time in every)
    assert before < share * len(every) <= within + 1e-6
