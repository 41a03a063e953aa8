"""A run near the site: its pages go to a server, which decides what becomes of them.

Rows travel as connectors say them, so that mapping, terms and guard have one home: the server.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from connectors import Connector, Page, Pull, Site
from sync import ahead
from sync.aftermath import Trouble
from sync.travelling import NotInForm, said, understood
from wp_bridge.errors import AskTheOwner, NotUnderstood, TryLater

#: What both ends speak. It changes when an older server would misread what a newer agent says.
FORMAT = 1


@dataclass(frozen=True, slots=True)
class Task:
    """A run that the server gave to an agent; ``number`` is that of its next batch."""

    run_id: str
    source: str
    number: int
    pull: Pull


@dataclass(frozen=True, slots=True)
class Batch:
    """One step of a run: a page of rows, or the trouble in which it ended."""

    run_id: str
    number: int
    page: Page | None = None
    trouble: Trouble | None = None

    @property
    def is_last(self) -> bool:
        """Whether the run ends with it."""
        return self.page is None or self.page.cursor is None


def run(
    connector: Connector, reach: Callable[[], Site], task: Task, goes_on: Callable[[], bool]
) -> Iterator[Batch]:
    """The steps of one run, read from the site, which ``reach`` gives; one ahead of what was asked
    for, as long as it ``goes_on``. What a site does wrong is the last of them, and not raised.
    """
    number = task.number
    try:
        with ahead.reading(connector.pages(reach(), task.pull), goes_on) as pages:
            for page in pages:
                yield Batch(task.run_id, number, page)
                number += 1
    except (TryLater, AskTheOwner, NotUnderstood) as trouble:
        yield Batch(task.run_id, number, trouble=trouble)


def encoded(batch: Batch) -> dict[str, Any]:
    """A batch as JSON."""
    told: dict[str, Any] = {"run_id": batch.run_id, "number": batch.number}
    if batch.page is not None:
        told["page"] = said(batch.page)
    if batch.trouble is not None:
        told["trouble"] = said(_told(batch.trouble))
    return told


def decoded(told: Mapping[str, Any]) -> Batch:
    """A batch out of JSON. Raises NotInForm."""
    page, trouble = told.get("page"), told.get("trouble")
    if (page is None) == (trouble is None):
        raise NotInForm("page", "a batch has either a page or a trouble")
    return Batch(
        told["run_id"],
        told["number"],
        None if page is None else understood(Page, page, "page"),
        None if trouble is None else _trouble(understood(_Told, trouble, "trouble")),
    )


@dataclass(frozen=True, slots=True)
class _Told:
    """A trouble as it travels."""

    kind: str
    sentence: str
    state: str = ""
    code: str = ""
    retry_after: float | None = None
    throttled: bool = False


def _told(trouble: Trouble) -> _Told:
    match trouble:
        case TryLater(sentence=sentence, retry_after=after, throttled=throttled):
            return _Told("try_later", sentence, retry_after=after, throttled=throttled)
        case AskTheOwner(sentence=sentence, state=state, code=code):
            return _Told("ask_the_owner", sentence, state, code)
        case NotUnderstood(sentence=sentence, code=code):
            return _Told("not_understood", sentence, code=code)


def _trouble(told: _Told) -> Trouble:
    match told.kind:
        case "try_later":
            return TryLater(told.sentence, told.retry_after, throttled=told.throttled)
        case "ask_the_owner":
            return AskTheOwner(told.state, told.sentence, code=told.code)
        case "not_understood":
            return NotUnderstood(told.sentence, code=told.code)
    raise NotInForm("trouble.kind", "is none that this version knows: update the server")
