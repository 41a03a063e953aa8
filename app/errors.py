"""What can go wrong because of what was asked, named by what the caller does next."""

from typing import Self


class Problem(Exception):
    """Something the caller can mend; carries a sentence that says what, where and how.

    ``errors`` maps a place in the input (``"subject"``, ``"audience.include.lists.0"``) to
    the sentences about it.
    """

    def __init__(self, detail: str, errors: dict[str, list[str]] | None = None) -> None:
        super().__init__(detail)
        self.detail = detail
        self.errors = errors or {}

    @classmethod
    def at(cls, where: str, sentence: str) -> Self:
        """A problem with one place in the input."""
        return cls(f"{where}: {sentence}", {where: [sentence]})


class Later(Problem):
    """Ask again, not before ``seconds`` have passed."""

    def __init__(self, detail: str, seconds: int) -> None:
        super().__init__(detail)
        self.seconds = seconds


class Invalid(Problem):
    """Mend the input and ask again."""


class Unsupported(Problem):
    """It is of a kind that is not taken: bring it as another one."""


class NotFound(Problem):
    """It is not here, or not yours: ask for something else."""


class Conflict(Problem):
    """The thing is in a state that does not allow this: change the state first."""


class Forbidden(Problem):
    """You are known, but may not do this: ask somebody who may."""


class Unauthorized(Problem):
    """You are not known: give a valid key."""
