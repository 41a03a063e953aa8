"""Alembic's way in: runs on the connection that it is handed."""

from typing import Any, Literal

from alembic import context

from app.db import UTCDateTime
from migrations.run import TARGET


def _plain(kind: str, item: Any, _autogen: Any) -> str | Literal[False]:
    """Migrations speak in plain column types: they must still run when our own types change."""
    if kind == "type" and isinstance(item, UTCDateTime):
        return "sa.DateTime(timezone=True)"
    return False


context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=TARGET,
    render_as_batch=True,
    render_item=_plain,
    compare_type=True,
)
with context.begin_transaction():
    context.run_migrations()
