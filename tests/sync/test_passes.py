"""When a run goes through everything."""

from datetime import UTC, datetime, timedelta

import pytest

from sync.passes import FULL_PASS, since

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)
MARK = {"id": 0}
LASTING = {"id": 0, "lasts": True}


@pytest.mark.parametrize(
    ("mark", "swept_at", "changed_at", "found"),
    [
        (MARK, NOW - HOUR, NOW - 2 * HOUR, MARK),
        (None, NOW - HOUR, NOW - 2 * HOUR, None),
        (MARK, None, NOW - 2 * HOUR, None),
        (MARK, NOW - 2 * HOUR, NOW - HOUR, None),
        (MARK, NOW - FULL_PASS + HOUR, NOW - 9 * FULL_PASS, MARK),
        (MARK, NOW - FULL_PASS, NOW - 9 * FULL_PASS, None),
        (LASTING, NOW - 9 * FULL_PASS, NOW - 10 * FULL_PASS, LASTING),
        (LASTING, NOW - 2 * HOUR, NOW - HOUR, None),
    ],
    ids=[
        *("changed rows only", "no mark", "never", "settings changed", "not yet", "a day later"),
        *("nothing changes there", "but the settings did"),
    ],
)
def test_since(
    mark: dict[str, int] | None,
    swept_at: datetime | None,
    changed_at: datetime,
    found: dict[str, int] | None,
) -> None:
    assert since(mark, swept_at, changed_at, NOW) == found
