"""A real WordPress and a real browser, where this machine has them; CI always does."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, sync_playwright

from tests.real import wordpress
from tests.real.wordpress import WordPress
from tests.waiting import PATIENCE


@pytest.fixture
def site(tmp_path: Path) -> Iterator[WordPress]:
    """A freshly installed WordPress."""
    if lacking := wordpress.missing():
        pytest.skip(f"a real WordPress needs: {', '.join(lacking)}")
    with wordpress.running(tmp_path) as found:
        yield found


@pytest.fixture
def browser() -> Iterator[Page]:
    """A page in headless Chromium that gets out to this machine only."""
    chromium = shutil.which("chromium") or shutil.which("google-chrome")
    if chromium is None:
        pytest.skip("a browser test needs chromium")
    with sync_playwright() as playwright:
        # Without a sandbox of its own: containers often run as root, where it cannot be had.
        window = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        page = window.new_page()
        page.set_default_timeout(PATIENCE * 1000)
        page.route(lambda url: "://127.0.0.1" not in url, lambda route: route.abort())
        yield page
        window.close()
