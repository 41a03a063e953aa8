"""The journal as a sender keeps it: once it cannot be written, nothing more may be said."""

import structlog

from app.rules.replies.meaning import Reply
from app.wire.journal import Journal

log = structlog.get_logger()


class Diary:
    """Writes down what is said and heard; ``broken`` when that failed."""

    def __init__(self, journal: Journal) -> None:
        self._journal = journal
        self.broken = False

    def said(self, attempt: int) -> bool:
        """A body leaves now; False: it could not be written down, so it must not leave."""
        if not self.broken:
            try:
                self._journal.said(attempt)
            except OSError:
                self._break()
        return not self.broken

    def heard(self, attempt: int, reply: Reply) -> None:
        """The reply to a body."""
        code = reply.code
        if code is not None and reply.phase == "final_dot" and not self.broken:
            try:
                self._journal.heard(attempt, code, reply.text)
            except OSError:
                self._break()

    def _break(self) -> None:
        log.exception("the journal cannot be written: this sender stops")
        self.broken = True
