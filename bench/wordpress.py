"""A real WordPress on this machine, and how fast it gives away its users."""

import json
import subprocess
import time
from base64 import b64encode
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, cast
from urllib.parse import urlencode
from urllib.request import Request, urlopen

from bench.missing import tool
from connectors import Pull, find
from tests.real import wordpress

#: The connector that reads users.
SOURCE = "wordpress_users"
#: As plug-ins that bring users in do it: a row for the user and five for what is known of her.
_MAKE = """
require 'wp-load.php';
for ($n = 1; $n <= {count}; $n++) {
    $wpdb->insert($wpdb->users, ['user_login' => "user$n", 'user_pass' => '', 'user_nicename' =>
        "user$n", 'user_email' => "person$n@example.com", 'user_registered' =>
        '2024-12-07 04:59:58', 'display_name' => 'Anna Müller']);
    $id = $wpdb->insert_id;
    foreach (['first_name' => 'Anna', 'last_name' => 'Müller', 'locale' => 'de_DE', 'nickname' =>
        "user$n", 'wp_capabilities' => serialize(['subscriber' => true])] as $key => $value)
        $wpdb->insert($wpdb->usermeta,
            ['user_id' => $id, 'meta_key' => $key, 'meta_value' => $value]);
}
"""


@dataclass(frozen=True)
class Answer:
    """What a site answers to its connector: a page of rows, of so many."""

    data: list[dict[str, Any]]
    total: int
    pages: int


def missing() -> list[str]:
    """What this machine lacks for it."""
    return wordpress.missing()


@dataclass(frozen=True)
class Users:
    """A site with so many users, its own one among them, as their connector asks it.

    Nothing is done to what comes but to read its JSON.
    """

    count: int
    url: str
    login: str

    def rate(self) -> float:
        """How many come in a second when all of them are read, as a run does."""
        start = time.perf_counter()
        rows = sum(len(page.rows) for page in find()[SOURCE].pages(cast(Any, self), Pull()))
        seconds = time.perf_counter() - start
        if rows != self.count:
            raise RuntimeError(f"{rows} of {self.count} users came")
        return rows / seconds

    def get(self, route: str, params: Mapping[str, str]) -> Answer:
        """One page."""
        asked = urlencode({"rest_route": f"/{route}", **params})
        with urlopen(
            Request(f"{self.url}/?{asked}", headers={"Authorization": f"Basic {self.login}"})
        ) as reply:
            total, pages = (int(reply.headers[name]) for name in ("X-WP-Total", "X-WP-TotalPages"))
            return Answer(json.load(reply), total, pages)


@contextmanager
def users(count: int) -> Iterator[Users]:
    """A site with so many users beside its own one."""
    with (
        TemporaryDirectory(prefix="pressferry-bench-") as folder,
        wordpress.running(Path(folder)) as site,
    ):
        login = f"admin:{wordpress.application_password(site)}"
        make = _MAKE.replace("{count}", str(count))
        subprocess.run([tool("php"), "-r", make], cwd=site.root, check=True, capture_output=True)
        yield Users(count + 1, site.url, b64encode(login.encode()).decode())
