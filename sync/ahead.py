"""Reads the next page of a source while the last one is stored: a run takes as long as its site."""

from collections.abc import Callable, Generator, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager

from connectors import Page


@contextmanager
def reading(pages: Iterator[Page], goes_on: Callable[[], bool]) -> Iterator[Iterator[Page]]:
    """The same pages, each of which was asked for when the one before it was given out, as long as
    it ``goes_on``: a process that stops does not wait for a page that nobody takes.

    Only for sources that would say again what they said: a page that was read is lost when the one
    before it cannot be stored. What reading raises comes after the pages before it. At the end of
    the context nothing is read any more.
    """
    with (
        ThreadPoolExecutor(1, "pressferry-reading") as reader,
        closing(_each(pages, reader, goes_on)) as each,
    ):
        yield each


def _each(
    pages: Iterator[Page], reader: ThreadPoolExecutor, goes_on: Callable[[], bool]
) -> Generator[Page]:
    coming = reader.submit(next, pages, None)
    while page := coming.result():
        # What a source does after its last page waits until that is stored, too.
        if page.cursor is not None and goes_on():
            coming = reader.submit(next, pages, None)
            yield page
        else:
            yield page
            coming = reader.submit(next, pages, None)
