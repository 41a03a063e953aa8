"""Reads the next page of a source while the last one is stored: a run takes as long as its site."""

from collections.abc import Generator, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager

from connectors import Page


@contextmanager
def reading(pages: Iterator[Page]) -> Iterator[Iterator[Page]]:
    """The same pages, each of which was asked for when the one before it was given out.

    Only for sources that would say again what they said: a page that was read is lost when the one
    before it cannot be stored. What reading raises comes after the pages before it. At the end of
    the context nothing is read any more.
    """
    with (
        ThreadPoolExecutor(1, "pressferry-reading") as reader,
        closing(_each(pages, reader)) as each,
    ):
        yield each


def _each(pages: Iterator[Page], reader: ThreadPoolExecutor) -> Generator[Page]:
    coming = reader.submit(next, pages, None)
    while page := coming.result():
        if page.cursor is None:
            yield page  # what a source does after its last page waits until that is stored
            coming = reader.submit(next, pages, None)
        else:
            coming = reader.submit(next, pages, None)
            yield page
