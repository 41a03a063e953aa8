"""A real WordPress on this machine: Debian's package, PHP's own web server, its own MariaDB."""

import getpass
import json
import os
import secrets
import shutil
import subprocess
from base64 import b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.parse import urlencode
from urllib.request import Request, urlopen

from app.dev import ports
from tests.waiting import PATIENCE, until

SOURCE = Path("/usr/share/wordpress")
NEEDED = ("php", "mariadbd", "mariadb-install-db")
PASSWORD = "a password for the login page"

_CONFIG = """<?php
define('DB_NAME', 'wordpress'); define('DB_USER', 'root'); define('DB_PASSWORD', '');
define('DB_HOST', 'localhost:{socket}'); define('DB_CHARSET', 'utf8mb4'); define('DB_COLLATE', '');
define('WP_ENVIRONMENT_TYPE', 'local'); define('DISABLE_WP_CRON', true);
define('WP_HTTP_BLOCK_EXTERNAL', true); define('AUTOMATIC_UPDATER_DISABLED', true);
define('WP_HOME', '{url}'); define('WP_SITEURL', '{url}');
foreach (['AUTH_KEY', 'SECURE_AUTH_KEY', 'LOGGED_IN_KEY', 'NONCE_KEY', 'AUTH_SALT',
    'SECURE_AUTH_SALT', 'LOGGED_IN_SALT', 'NONCE_SALT'] as $name) define($name, '{salt}' . $name);
$table_prefix = 'wp_';
if (!defined('ABSPATH')) define('ABSPATH', __DIR__ . '/');
require_once ABSPATH . 'wp-settings.php';
"""


def missing() -> list[str]:
    """What this machine lacks for it."""
    found = [name for name in NEEDED if _where(name) is None]
    return found if SOURCE.is_dir() else [*found, "wordpress"]


@dataclass
class WordPress:
    """A site with one administrator, ``admin``; ``password`` is an application password."""

    url: str
    root: Path
    password: str = ""

    def ask(self, method: str, route: str, body: dict[str, Any] | None = None) -> Any:
        """Its REST API, as its administrator."""
        request = Request(
            f"{self.url}/?rest_route={route}",
            None if body is None else json.dumps(body).encode(),
            {
                "Content-Type": "application/json",
                "Authorization": "Basic " + b64encode(f"admin:{self.password}".encode()).decode(),
            },
            method=method,
        )
        with urlopen(request, timeout=PATIENCE) as answer:
            return json.load(answer)


def application_password(site: WordPress) -> str:
    """Another application password of the administrator, made with WordPress's own code."""
    code = (
        "require 'wp-load.php';"
        "echo WP_Application_Passwords::create_new_application_password(1, ['name' => 'tests'])[0];"
    )
    done = subprocess.run(
        [_where("php") or "", "-r", code], cwd=site.root, check=True, capture_output=True, text=True
    )
    return done.stdout.strip()


@contextmanager
def running(folder: Path) -> Iterator[WordPress]:
    """A freshly installed WordPress, until the block ends."""
    with (
        ports.kept() as port,
        _database(folder) as database,
        _site(folder, database, ports.number(port)) as site,
    ):
        fields = {
            "weblog_title": "The Ferry Shop",
            "user_name": "admin",
            "admin_password": PASSWORD,
            "admin_password2": PASSWORD,
            "pw_weak": "1",
            "admin_email": "admin@example.com",
            "blog_public": "0",
        }
        install = f"{site.url}/wp-admin/install.php?step=2"
        with urlopen(install, urlencode(fields).encode(), timeout=PATIENCE) as answer:
            assert b"Success!" in answer.read()
        yield site


@contextmanager
def _database(folder: Path) -> Iterator[Path]:
    # A socket's path may have no more than 107 bytes.
    way_in = Path("/tmp") / f"pressferry-{secrets.token_hex(8)}.sock"
    data = folder / "database"
    usual = ("--no-defaults", f"--datadir={data}", f"--user={getpass.getuser()}")
    plain = ("--auth-root-authentication-method=normal", "--skip-test-db")
    make = [_where("mariadb-install-db") or "", *usual, *plain]
    subprocess.run(make, check=True, capture_output=True)
    ways = ("--skip-networking", f"--socket={way_in}", f"--pid-file={folder}/database.pid")
    small = (
        "--skip-log-bin",
        "--innodb-buffer-pool-size=32M",
        "--innodb-flush-log-at-trx-commit=0",
    )
    with _process([_where("mariadbd") or "", *usual, *ways, *small], folder / "database.log"):
        try:
            _wait(lambda: way_in.exists(), folder / "database.log")
            query = "CREATE DATABASE wordpress CHARACTER SET utf8mb4"
            code = f"mysqli_connect('localhost', 'root', '')->query('{query}');"
            default = f"mysqli.default_socket={way_in}"
            subprocess.run([_where("php") or "", "-d", default, "-r", code], check=True)
            yield way_in
        finally:
            way_in.unlink(missing_ok=True)


@contextmanager
def _site(folder: Path, database: Path, port: int) -> Iterator[WordPress]:
    root = folder / "site"
    address = f"127.0.0.1:{port}"
    url = f"http://{address}"
    shutil.copytree(SOURCE, root, ignore=shutil.ignore_patterns("wp-config.php"))
    config = _CONFIG
    for name, value in (("socket", database), ("url", url), ("salt", secrets.token_hex(16))):
        config = config.replace(f"{{{name}}}", str(value))
    (root / "wp-config.php").write_text(config)
    command = [_where("php") or "", "-d", "sendmail_path=/bin/true", "-S", address]
    several = {"PHP_CLI_SERVER_WORKERS": "4"}
    with _process([*command, "-t", str(root)], folder / "site.log", several):
        _wait(lambda: _answers(f"{url}/wp-admin/install.php"), folder / "site.log")
        yield WordPress(url, root)


@contextmanager
def _process(
    command: list[str], log: Path, environment: dict[str, str] | None = None
) -> Iterator[None]:
    with log.open("wb") as file:
        process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=file,
            stderr=file,
            env={**os.environ, **(environment or {})},
            start_new_session=True,
        )
        try:
            yield
        finally:
            os.killpg(process.pid, 15)
            process.wait(PATIENCE)


def _wait(ready: Any, log: Path) -> None:
    try:
        until(ready, "it did not start", pause=0.1)
    except AssertionError as error:
        error.add_note(log.read_text(errors="replace")[-2000:])
        raise


def _answers(url: str) -> bool:
    try:
        with urlopen(url, timeout=PATIENCE):
            return True
    except HTTPError as error:
        error.close()
        return True
    except (URLError, OSError):
        return False


def _where(name: str) -> str | None:
    return shutil.which(name) or shutil.which(name, path="/usr/sbin:/sbin:/usr/local/sbin")
