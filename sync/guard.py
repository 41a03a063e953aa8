"""Stops a run that would change too much: a site gone wrong must not take everybody along."""

from dataclasses import dataclass

#: Fewer changes than this are never too many, however few contacts are known.
FLOOR = 20


@dataclass(frozen=True, slots=True)
class Guard:
    """How much a run may overwrite or close: a ``share`` (0 to 1) of the contacts it ``known``.

    ``known``: how many contacts came from this connection when the run began; of a file, which
    comes once: how many there were at all.
    """

    share: float
    known: int
    is_file: bool = False

    @property
    def limit(self) -> int:
        """The most contacts that may change."""
        return max(FLOOR, int(self.share * self.known))

    def objection(self, changed: int, more: int) -> str:
        """Why ``more`` changes after ``changed`` are too many; "" when they are not."""
        if not more or changed + more <= self.limit:
            return ""
        known = "contacts that are here" if self.is_file else "contacts known from this source"
        return (
            f"Held: more than {self.limit} of the {self.known} {known} "
            f"would be overwritten or closed ({changed} are already). "
            f"Look at the {'file' if self.is_file else 'site'}; if it "
            'is right, start a run with {"force": true}, which goes on from here.'
        )
