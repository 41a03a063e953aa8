"""The page shows what every run of the matrix is held to, no more and no less."""

from tests.architecture import house
from tests.faults.page import promised


def test_the_page_shows_the_matrix() -> None:
    page = (house.ROOT / "docs/reliability.md").read_text("utf-8")
    assert promised() in page, "print it anew: python -m tests.faults page"
