"""Providers: kinds of service that mail goes out through; one file each, found in this folder.

A provider says which settings a relay of its kind needs, which presets fill them, whether a
relay answers, and sends a single mail. Other packages add theirs at the entry point
``pressferry.providers``.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from importlib.metadata import entry_points
from pkgutil import iter_modules
from typing import Literal, Protocol, runtime_checkable

from app.providers.presets import Preset
from app.providers.report import CheckReport, SendReport
from app.wire.conversation import Parcel
from app.wire.opening import Endpoint

ENTRY_POINTS = "pressferry.providers"


@dataclass(frozen=True, slots=True)
class Setting:
    """One setting of a relay as a form shows it; a ``secret`` is write-only."""

    key: str
    title: str
    kind: Literal["text", "number", "choice", "secret"]
    required: bool = False
    choices: tuple[str, ...] = ()
    hint: str = ""


@runtime_checkable
class Provider(Protocol):
    """A kind of service. A file of this folder offers one as ``provider``."""

    key: str
    title: str
    settings: tuple[Setting, ...]
    presets: Mapping[str, Preset]

    async def check(self, endpoint: Endpoint, preset: Preset) -> CheckReport:
        """Whether the relay answers and takes the login; sends nothing. Never raises."""

    async def send(self, endpoint: Endpoint, preset: Preset, parcel: Parcel) -> SendReport:
        """Sends one mail through exactly this relay, telling every step. Never raises."""


@cache
def find() -> Mapping[str, Provider]:
    """Every provider by its key."""
    offers = [
        getattr(import_module(f"{__name__}.{module.name}"), "provider", None)
        for module in iter_modules(__path__)
    ]
    offers += [point.load() for point in entry_points(group=ENTRY_POINTS)]
    return {one.key: one for one in offers if isinstance(one, Provider)}
