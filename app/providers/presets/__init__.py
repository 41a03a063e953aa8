"""Presets: what is known about a mail service beforehand; one file each, found in this folder."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from pkgutil import iter_modules

from app.rules.replies.meaning import Reply
from app.rules.replies.rule import Rule


@dataclass(frozen=True, slots=True)
class Hint:
    """What helps when a reply of one of ``phases`` fits ``pattern`` (on "code text")."""

    phases: tuple[str, ...]
    pattern: str
    sentence: str

    def fits(self, reply: Reply) -> bool:
        """Whether it is about this reply."""
        said = f"{reply.code or ''} {reply.text}"
        return reply.phase in self.phases and bool(re.search(self.pattern, said, re.IGNORECASE))


@dataclass(frozen=True, slots=True)
class Preset:
    """A service: where it is and what its user name and password are.

    ``host`` "" means that only the user knows. ``username``: what it must be, "" when it is
    the user's own. ``notes`` are sentences for whoever fills in the form. ``replies``: what its
    words mean where it is the relay, asked before the rules that hold everywhere.
    """

    key: str
    title: str
    host: str = ""
    port: int = 587
    encryption: str = "tls"
    username: str = ""
    username_hint: str = ""
    credential_hint: str = ""
    notes: tuple[str, ...] = ()
    hints: tuple[Hint, ...] = ()
    replies: tuple[Rule, ...] = ()

    def warnings(self, host: str, username: str) -> list[str]:
        """What does not fit this service in a relay's settings."""
        if self.username and host == self.host and username != self.username:
            return [f"{self.title} expects the user name '{self.username}', literally."]
        return []


#: No service in particular: every SMTP server.
CUSTOM = Preset(
    "custom",
    "Custom SMTP",
    username_hint="Empty when the server needs no login, for example because it knows this host.",
    notes=("Ask whoever runs the server for host, port and encryption.",),
)


@cache
def find() -> Mapping[str, Preset]:
    """Every preset by its key."""
    offers = [
        getattr(import_module(f"{__name__}.{module.name}"), "preset", None)
        for module in iter_modules(__path__)
    ]
    return {one.key: one for one in (*offers, CUSTOM) if isinstance(one, Preset)}
