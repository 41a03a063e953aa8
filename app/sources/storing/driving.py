"""The statements of a page go to the driver by themselves: SQLAlchemy's way costs more than they.

What goes wrong is told as SQLAlchemy tells it; of what goes well no listener hears.
"""

from collections.abc import Iterable
from typing import Any, NoReturn

from sqlalchemy import Connection
from sqlalchemy.orm import Session


def execute(session: Session, text: str, told: Any, *, keeps_plan: bool = False) -> Any:
    """Executes a statement; gives the driver's cursor.

    ``keeps_plan``: PostgreSQL need not plan it anew. A plan that was made for a small table would
    stay while the table grows.
    """
    connection = session.connection()
    driver: Any = connection.connection.driver_connection
    how = {} if keeps_plan or connection.dialect.name != "postgresql" else {"prepare": False}
    try:
        return driver.execute(text, told, **how)
    except connection.dialect.loaded_dbapi.Error as error:
        _tell(connection, error, text)


def execute_many(session: Session, text: str, told: Iterable[Any]) -> None:
    """Executes a statement for each of several rows."""
    connection = session.connection()
    driver: Any = connection.connection.driver_connection
    try:
        driver.cursor().executemany(text, told)
    except connection.dialect.loaded_dbapi.Error as error:
        _tell(connection, error, text)


def copy(session: Session, text: str, rows: str) -> None:
    """Gives PostgreSQL rows in the way that is made for many of them, as text."""
    connection = session.connection()
    driver: Any = connection.connection.driver_connection
    try:
        with driver.cursor().copy(text) as taking:
            taking.write(rows)
    except connection.dialect.loaded_dbapi.Error as error:
        _tell(connection, error, text)


def _tell(connection: Connection, error: BaseException, text: str) -> NoReturn:
    """Raises what SQLAlchemy would; a lost line is put away."""
    connection._handle_dbapi_exception(error, text, None, None, None)
