"""What PostgreSQL is told beyond SQL: how it is reached, and how safely it writes."""

from sqlalchemy import Connection, Engine, create_engine


def opened(url: str, pool_size: int) -> Engine:
    """An engine for the database that ``url`` names."""
    return create_engine(
        url, pool_size=pool_size, max_overflow=pool_size, pool_pre_ping=True, hide_parameters=True
    )


def begin(connection: Connection, *, durable: bool) -> None:
    """What a transaction begins with; ``durable``: its commit waits for the disk."""
    if not durable:
        connection.exec_driver_sql("SET LOCAL synchronous_commit TO OFF")
