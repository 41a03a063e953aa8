"""Values of which every row makes several: checked to be frozen, and built four times as fast."""

from dataclasses import dataclass, field
from typing import TypeVar, dataclass_transform

Kind = TypeVar("Kind")


@dataclass_transform(frozen_default=True, field_specifiers=(field,))
def frozen(kind: type[Kind]) -> type[Kind]:
    """A dataclass that nobody changes once it is made: here mypy sees to it.

    ``dataclass(frozen=True)`` sees to it at run time, too, and sets each value by a call of its
    own: of a run without changes these calls were a third.
    """
    return dataclass(slots=True, unsafe_hash=True)(kind)
