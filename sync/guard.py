"""Stops a run that would change too much: a site gone wrong must not take everybody along."""

from dataclasses import dataclass

#: Fewer changes than this are never too many, however few contacts are known.
FLOOR = 20


@dataclass(frozen=True, slots=True)
class Guard:
    """How much a run may overwrite or close: a ``share`` (0 to 1) of the contacts it ``known``.

    ``known``: how many contacts came from this connection when the run began.
    """

    share: float
    known: int

    @property
    def limit(self) -> int:
        """The most contacts that may change."""
        return max(FLOOR, int(self.share * self.known))

    def objection(self, changed: int, more: int) -> str:
        """Why ``more`` changes after ``changed`` are too many; "" when they are not."""
        if not more or changed + more <= self.limit:
            return ""
        return (
            f"Held: more than {self.limit} of the {self.known} contacts known from this source "
            f"would be overwritten or closed ({changed} are already). Look at the site; if it "
            'is right, start a run with {"force": true}, which goes on from here.'
        )
