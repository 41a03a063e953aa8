"""The next page is read while one is stored: never more, never twice, and nothing after an end."""

import threading
from collections.abc import Iterator

import pytest

from connectors import Page
from sync import ahead
from tests.waiting import PATIENCE, until


def always() -> bool:
    """It goes on."""
    return True


class Source:
    """Gives out numbered pages, and knows which were asked for."""

    def __init__(self, count: int, fails_at: int = 0) -> None:
        self.asked: list[int] = []
        self.over = False
        self._count, self._fails_at = count, fails_at

    def pages(self) -> Iterator[Page]:
        """From 1 on; the last has no cursor."""
        for number in range(1, self._count + 1):
            self.asked.append(number)
            if number == self._fails_at:
                raise OSError("the site is gone")
            yield Page((), {"at": number} if number < self._count else None, number)
        self.over = True


def test_every_page_comes_once_and_in_order() -> None:
    source = Source(5)
    with ahead.reading(source.pages(), always) as pages:
        assert [page.total for page in pages] == [1, 2, 3, 4, 5]
    assert source.asked == [1, 2, 3, 4, 5]
    assert source.over


def test_one_page_is_read_ahead_and_no_more() -> None:
    source = Source(5)
    with ahead.reading(source.pages(), always) as pages:
        next(pages)
        until(lambda: source.asked == [1, 2], "the next page was not asked for")
        next(pages)
        until(lambda: source.asked == [1, 2, 3], "the next page was not asked for")
    assert source.asked == [1, 2, 3]


def test_a_source_is_read_on_another_thread_while_a_page_is_worked_on() -> None:
    working, read = threading.Event(), threading.Event()

    def slow() -> Iterator[Page]:
        yield Page((), {"at": 1})
        assert working.wait(PATIENCE)
        read.set()
        yield Page((), None)

    with ahead.reading(slow(), always) as pages:
        next(pages)
        working.set()
        assert read.wait(PATIENCE), "the next page was not read meanwhile"


def test_after_the_last_page_nothing_happens_until_it_is_done() -> None:
    source = Source(1)
    with ahead.reading(source.pages(), always) as pages:
        next(pages)
        assert not source.over
        assert list(pages) == []
    assert source.over


def test_what_goes_wrong_comes_after_the_pages_before_it() -> None:
    source = Source(5, fails_at=3)
    told = []
    with pytest.raises(OSError, match="gone"), ahead.reading(source.pages(), always) as pages:
        for page in pages:
            told.append(page.total)
    assert told == [1, 2]


def test_who_stops_waits_until_nothing_is_read_any_more() -> None:
    gate, left = threading.Event(), threading.Event()

    def slow() -> Iterator[Page]:
        yield Page((), {"at": 1})
        assert gate.wait(PATIENCE)
        yield Page((), {"at": 2})
        raise AssertionError("a page too many")

    def work() -> None:
        with pytest.raises(KeyError), ahead.reading(slow(), always) as pages:
            next(pages)
            raise KeyError
        left.set()

    thread = threading.Thread(target=work)
    thread.start()
    assert not left.wait(0.05), "it left while its source was being read"
    gate.set()
    thread.join(PATIENCE)
    assert left.is_set()


def test_who_is_about_to_stop_asks_for_nothing_more() -> None:
    source, stops = Source(5), threading.Event()
    with ahead.reading(source.pages(), lambda: not stops.is_set()) as pages:
        next(pages)
        until(lambda: source.asked == [1, 2], "the next page was not asked for")
        stops.set()
        next(pages)
    assert source.asked == [1, 2]


def test_who_does_not_stop_after_all_misses_nothing() -> None:
    source = Source(5)
    with ahead.reading(source.pages(), lambda: False) as pages:
        assert [page.total for page in pages] == [1, 2, 3, 4, 5]
