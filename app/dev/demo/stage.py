"""What the demo plays on: a site, two inboxes, and a pressferry on a throw-away data dir."""

import json
import re
import subprocess
import sys
import tempfile
from pathlib import Path
from types import TracebackType
from typing import Self

from app.dev.demo.curl import Curl, Failed
from app.dev.inbox import Inbox
from app.dev.inbox.mail import Mail
from app.dev.wordpress import WordPressStandIn, make_people
from config.settings import fresh_environment

OWNER = "you@example.org"
PEOPLE = 300
#: The first relay takes so many mails; then it closes its connections and refuses new ones.
DIES_AFTER = 100


class Stage:
    """Everything that runs while the demo plays; taken down however it ends."""

    def __init__(self) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="pressferry-demo-")
        self.data_dir = Path(self._folder.name)
        self._environment = fresh_environment(DATA_DIR=self._folder.name)
        self.site = WordPressStandIn(make_people(PEOPLE))
        self.inboxes = (Inbox(die_after=DIES_AFTER), Inbox())
        self._serve: subprocess.Popen[str] | None = None
        self.api: Curl
        self.url = ""

    def __enter__(self) -> Self:
        try:
            self.site.start()
            for inbox in self.inboxes:
                inbox.start()
            key = self._init()
            self.url = self._start_serve()
            self.api = Curl(self.url, key)
        except BaseException:
            self._take_down()
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._take_down()

    def _init(self) -> str:
        done = subprocess.run(
            self._command("init", "--email", OWNER),
            env=self._environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            raise Failed(f"init ended with {done.returncode}: {done.stderr.strip()}")
        key: str = json.loads(done.stdout)["api_key"]
        return key

    def _start_serve(self) -> str:
        with self.log.open("w") as log:
            self._serve = subprocess.Popen(
                self._command("serve", "--port", "0"),
                env=self._environment,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
            )
        assert self._serve.stdout is not None
        for line in self._serve.stdout:
            if found := re.search(r"http://[^/\s]+$", line):
                return found[0]
        raise Failed(f"serve did not start: {self.log.read_text().strip()}")

    def mails(self) -> list[list[Mail]]:
        """What is in each inbox for the people of the site: alerts to the owner come there too."""
        return [[one for one in inbox.messages if OWNER not in one.to] for inbox in self.inboxes]

    @property
    def log(self) -> Path:
        """Where serve and its sender write what they log."""
        return self.data_dir / "serve.log"

    def _command(self, *arguments: str) -> list[str]:
        return [sys.executable, "-P", "-m", "app", *arguments]

    def _take_down(self) -> None:
        if self._serve is not None:
            self._serve.terminate()
            try:
                self._serve.wait(45)
            except subprocess.TimeoutExpired:
                self._serve.kill()
                self._serve.wait()
            if self._serve.stdout is not None:
                self._serve.stdout.close()
        for inbox in self.inboxes:
            inbox.stop()
        self.site.stop()
        self._folder.cleanup()
