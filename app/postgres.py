"""What PostgreSQL is told beyond SQL: how safely it writes, plans made anew, and COPY."""

from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event

#: Options of a statement. FRESH_PLAN: the driver keeps no plan of it, which would stay the one for
#: a small table while the table grows. COPY: the rows go the way that is made for many of them.
FRESH_PLAN, COPY = "pressferry_fresh_plan", "pressferry_copy"


def opened(url: str, pool_size: int) -> Engine:
    """An engine for the database that ``url`` names; it heeds these options."""
    engine = create_engine(
        url, pool_size=pool_size, max_overflow=pool_size, pool_pre_ping=True, hide_parameters=True
    )
    event.listen(engine, "do_execute", _execute)
    event.listen(engine, "do_executemany", _copy)
    return engine


def begin(connection: Connection, *, durable: bool) -> None:
    """What a transaction begins with; ``durable``: its commit waits for the disk."""
    if not durable:
        connection.exec_driver_sql("SET LOCAL synchronous_commit TO OFF")


def _execute(cursor: Any, statement: str, values: Any, context: Any) -> bool:
    options = context.execution_options
    if options.get(COPY):
        return _copy(cursor, statement, [values], context)
    if not options.get(FRESH_PLAN):
        return False
    cursor.execute(statement, values, prepare=False)
    return True


def _copy(cursor: Any, statement: str, rows: Any, context: Any) -> bool:
    if not context.execution_options.get(COPY):
        return False
    with cursor.copy(statement) as copy:
        for row in rows:
            copy.write_row(row)
    return True
