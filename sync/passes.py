"""Whether a run goes through everything, or only through what changed."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

#: Filters for what changed miss deletions and some plugins' tags: everything is compared so often.
FULL_PASS = timedelta(days=1)


def since(
    mark: Mapping[str, Any] | None,
    swept_at: datetime | None,
    changed_at: datetime,
    now: datetime,
) -> Mapping[str, Any] | None:
    """The mark to begin from, None for a full pass.

    ``swept_at``: when the last full pass began. ``changed_at``: when the connection's settings
    were changed, which rows that stay the same at the source must follow. A mark that ``lasts`` is
    of a source in which nothing changes that was read once, such as mails.
    """
    if mark is None or swept_at is None or changed_at > swept_at:
        return None
    return mark if mark.get("lasts") or now - swept_at < FULL_PASS else None
