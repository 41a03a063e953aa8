"""Told to the driver itself: for a small statement SQLAlchemy's way costs ten times as much as it.

What goes wrong is told as SQLAlchemy tells it, to listeners too, and a lost line is put away; of
what goes well no listener hears. Pending changes of objects are not written before.
"""

from typing import Any

from sqlalchemy import Connection


def execute(connection: Connection, text: str, values: Any) -> Any:
    """The driver's cursor. Raises what SQLAlchemy would."""
    driver: Any = connection.connection.driver_connection
    try:
        return driver.execute(text, values)
    except connection.dialect.loaded_dbapi.Error as error:
        connection._handle_dbapi_exception(error, text, values, None, None)
