"""Told to the driver itself: for a small statement SQLAlchemy's way costs ten times as much as it.

What goes wrong is told as SQLAlchemy tells it, to listeners too, and a lost line is put away; of
what goes well no listener hears. Pending changes of objects are not written before.
"""

from collections.abc import Iterable
from typing import Any, NoReturn

from sqlalchemy import Connection


def execute(connection: Connection, text: str, values: Any, *, keeps_plan: bool = True) -> Any:
    """The driver's cursor. Raises what SQLAlchemy would.

    ``keeps_plan`` False: PostgreSQL plans it anew. A plan that was made for a small table would
    stay while the table grows.
    """
    driver: Any = connection.connection.driver_connection
    how = {} if keeps_plan or connection.dialect.name != "postgresql" else {"prepare": False}
    try:
        return driver.execute(text, values, **how)
    except connection.dialect.loaded_dbapi.Error as error:
        _tell(connection, error, text, values)


def execute_many(connection: Connection, text: str, rows: Iterable[Any]) -> None:
    """Executes a statement for each of several rows. Raises what SQLAlchemy would."""
    driver: Any = connection.connection.driver_connection
    try:
        driver.cursor().executemany(text, rows)
    except connection.dialect.loaded_dbapi.Error as error:
        _tell(connection, error, text)


def copy(connection: Connection, text: str, rows: str) -> None:
    """Gives PostgreSQL rows in the way that is made for many of them, as text. Raises what
    SQLAlchemy would.
    """
    driver: Any = connection.connection.driver_connection
    try:
        with driver.cursor().copy(text) as taking:
            taking.write(rows)
    except connection.dialect.loaded_dbapi.Error as error:
        _tell(connection, error, text)


def _tell(connection: Connection, error: BaseException, text: str, values: Any = None) -> NoReturn:
    connection._handle_dbapi_exception(error, text, values, None, None)
