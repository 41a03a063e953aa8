"""A real WordPress on this machine, and how fast it gives away its users."""

import subprocess
import time
from base64 import b64encode
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from urllib.parse import urlencode
from urllib.request import Request, urlopen

from bench.missing import tool
from tests.real import wordpress
from tests.real.wordpress import WordPress

_PER_PAGE = 100
_FIELDS = "id,username,email,first_name,last_name,name,url,locale,registered_date,roles"
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


def missing() -> list[str]:
    """What this machine lacks for it."""
    return wordpress.missing()


@contextmanager
def users(count: int) -> Iterator[Callable[[], float]]:
    """A site with so many users; what is yielded reads all of them, as a run does, and gives how
    many came in a second.
    """
    with (
        TemporaryDirectory(prefix="pressferry-bench-") as folder,
        wordpress.running(Path(folder)) as site,
    ):
        site.password = wordpress.application_password(site)
        make = _MAKE.replace("{count}", str(count))
        subprocess.run([tool("php"), "-r", make], cwd=site.root, check=True, capture_output=True)
        yield lambda: _read(site, count)


def _read(site: WordPress, count: int) -> float:
    start = time.perf_counter()
    rows = 0
    for page in range(1, -(-count // _PER_PAGE) + 1):
        rows += _page(site, page).count(b'"username":')
    seconds = time.perf_counter() - start
    if rows < count:
        raise RuntimeError(f"{rows} of {count} users came")
    return rows / seconds


def _page(site: WordPress, page: int) -> bytes:
    asked = {
        "rest_route": "/wp/v2/users",
        "context": "edit",
        "orderby": "id",
        "order": "asc",
        "per_page": _PER_PAGE,
        "page": page,
        "_fields": _FIELDS,
    }
    login = b64encode(f"admin:{site.password}".encode()).decode()
    request = Request(
        f"{site.url}/?{urlencode(asked)}", headers={"Authorization": f"Basic {login}"}
    )
    with urlopen(request) as answer:
        found: bytes = answer.read()
    return found
