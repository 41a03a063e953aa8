"""Rows that a source counts and does not show: told where people look, and what to do about it."""

from typing import Any

from sqlalchemy import case

from app.sources.models import Connection
from app.sources.webhooks.inbox import kind_of


def sentence(source: str, hidden: int) -> str:
    """What to say of ``hidden`` rows of a source; "" where it showed all."""
    if not hidden:
        return ""
    kind = kind_of(source)
    rows = "row that it" if hidden == 1 else "rows that it"
    told = (
        f"The site counts {hidden} {rows} did not show to this login, so nothing of them is here."
    )
    return f"{told} {kind.needs.permission if kind else ''}".strip()


def found(hidden: int, *, is_full: bool) -> dict[str, Any]:
    """What a connection remembers of a run that ended. Only a full pass that was shown everything
    says that nothing is hidden any more: another one may not have looked there.
    """
    if is_full:
        return {"hidden": hidden}
    return {"hidden": case((Connection.hidden < hidden, hidden), else_=Connection.hidden)}
