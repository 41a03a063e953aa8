"""`pressferry demo`: contacts come in, a campaign goes out, a relay dies, and nobody is missed."""

import signal
import threading
from contextlib import ExitStack
from pathlib import Path
from types import FrameType

from rich.console import Console

from app.dev.demo import picture
from app.dev.demo.curl import Failed
from app.dev.demo.stage import Stage
from app.dev.demo.story import Story
from app.dev.demo.verdict import judge
from app.dev.demo.view import View


def main(*, once: bool, color: bool, drawn: Path | None = None) -> int:
    """Plays the demo; gives back 0 when every active contact has exactly one mail.

    ``once``: ends after the balance instead of staying up for looking around. ``drawn``: where a
    picture of it is written.
    """
    console = Console(no_color=not color, highlight=False, record=drawn is not None)
    console.width = min(console.width, 96)
    signal.signal(signal.SIGTERM, _as_interrupt)
    try:
        with ExitStack() as stack:
            view = View(console, is_drawn=drawn is not None)
            view.chapter("Starting a WordPress stand-in, two SMTP servers with inboxes, pressferry")
            stage = stack.enter_context(Stage())
            view.note(f"pressferry is ready at {stage.url}")
            story = Story(stage, view)
            story.play()
            true = judge(stage, story, view)
            view.say_where(stage)
            if drawn is not None:
                picture.save(console, drawn)
            if not once:
                view.note("Running until Ctrl-C.")
                threading.Event().wait()
    except KeyboardInterrupt:
        console.print("Stopped; everything is cleaned up.")
        return 0 if not once else 130
    except Failed as failure:
        console.print(f"The demo failed: {failure}", style="bold red", markup=False)
        return 1
    return 0 if true else 1


def _as_interrupt(_number: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt
