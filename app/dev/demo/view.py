"""What is seen of the demo: a live picture on a terminal, plain lines anywhere else."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from rich.console import Console, Group
from rich.live import Live
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from app import clock

if TYPE_CHECKING:
    from app.dev.demo.stage import Stage

_WIDTH = 30
_COLORS = {"closed": "green", "open": "red", "probing": "yellow"}


@dataclass
class RelayLine:
    """A relay as it is shown: how many mails its inbox took, and its breaker."""

    name: str
    taken: int = 0
    breaker: str = "closed"


@dataclass
class Scene:
    """Everything that is shown at one moment."""

    seen: int = 0
    contacts: int = 0
    skipped: dict[str, int] = field(default_factory=dict)
    relays: list[RelayLine] = field(default_factory=list)
    audience: int = 0
    states: dict[str, int] = field(default_factory=dict)


class View:
    """Says what happens, with the seconds since the start."""

    def __init__(self, console: Console, *, is_drawn: bool = False) -> None:
        self._console = console
        self._is_drawn = is_drawn
        self._scene = Scene()
        self._began = clock.monotonic()
        self._live: Live | None = None
        self._last = ""

    @contextmanager
    def live(self) -> Iterator[None]:
        """While it lasts, a terminal shows the scene below the lines; a drawing ends with it."""
        if self._is_drawn:
            yield
            self._console.print(_picture(self._scene))
        elif self._console.is_terminal:
            with Live(console=self._console, refresh_per_second=12) as self._live:
                yield
            self._live = None
        else:
            yield

    def chapter(self, title: str) -> None:
        """Something new begins."""
        self._console.print(Text(f"\n{title}", style="bold"))

    def note(self, line: str, style: str = "") -> None:
        """Something happened."""
        self._console.print(Text.assemble((self._time(), "dim"), (line, style)))

    def call(self, request: str, body: str, answer: str) -> None:
        """The API was asked to do something."""
        self._console.print(
            Text.assemble((self._time(), "dim"), (request, "cyan"), (f" -> {answer}", "dim"))
        )
        if body:
            indent = (0, 0, 0, len(self._time()))
            self._console.print(Padding(Text(body, style="dim"), indent, expand=False))

    def show(self, scene: Scene) -> None:
        """The picture as it is now."""
        if self._live is not None:
            self._live.update(_picture(scene))
            return
        self._scene = scene
        line = _line(scene)
        if line != self._last and not self._is_drawn:
            self._last = line
            self.note(line)

    def table(self, table: Table) -> None:
        """A table, for good."""
        self._console.print()
        self._console.print(table)

    def say_where(self, stage: "Stage") -> None:
        """Where to look around."""
        self._console.print()
        places = {
            "API docs": f"{stage.url}/api/docs",
            "First inbox": stage.inboxes[0].url,
            "Second inbox": stage.inboxes[1].url,
        }
        for name, url in places.items():
            self._console.print(Text.assemble((f"{name:<13}", "bold"), url))

    def _time(self) -> str:
        return f"{clock.monotonic() - self._began:5.1f}s  "


def _line(scene: Scene) -> str:
    if not scene.states:
        return f"contacts in: {scene.contacts} (of {scene.seen} seen)"
    relays = ", ".join(
        f"{relay.name.lower()} {relay.taken} ({relay.breaker})" for relay in scene.relays
    )
    return f"sent {scene.states['sent']} of {scene.audience}: {relays}"


def _picture(scene: Scene) -> Group:
    grid = Table.grid(padding=(0, 2))
    grid.add_row("Contacts in", _bar(scene.contacts, scene.seen), str(scene.contacts))
    for relay in scene.relays:
        breaker = Text(f"breaker {relay.breaker}", style=_COLORS.get(relay.breaker, ""))
        grid.add_row(relay.name, _bar(relay.taken, scene.audience), str(relay.taken), breaker)
    if scene.states:
        sent = scene.states["sent"]
        grid.add_row("Campaign", _bar(sent, scene.audience), f"{sent} of {scene.audience} sent")
    return Group(Text(), grid)


def _bar(part: int, whole: int) -> Text:
    """Reads without colors too."""
    full = _WIDTH * part // whole if whole else 0
    return Text.assemble(("█" * full, "cyan"), ("░" * (_WIDTH - full), "dim"))
