"""What a site may do to a field of a contact that is there already."""

from collections.abc import Mapping
from dataclasses import dataclass, field

#: site_wins: whatever it says. fill_empty: only what is empty. never: only in new contacts.
POLICIES = ("site_wins", "fill_empty", "never")


@dataclass(frozen=True, slots=True)
class Policy:
    """One of POLICIES for every field of a contact, and others for some; "email" is one of them."""

    every: str = "site_wins"
    some: Mapping[str, str] = field(default_factory=dict)

    def lets(self, target: str, known: str) -> bool:
        """Whether a site may fill ``target``, which says ``known`` now."""
        chosen = self.some.get(target, self.every)
        return chosen == "site_wins" or (chosen == "fill_empty" and not known)
