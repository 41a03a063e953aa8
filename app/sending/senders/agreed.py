"""The time that all senders of one database agree on, whatever the clocks of their machines say."""

from datetime import datetime, timedelta

from sqlalchemy import func, select

from app import clock
from app.db import Database


class AgreedClock:
    """On PostgreSQL its server's time: leases, limits and rests are compared between machines.
    Call it for the time; ``measure`` now and then how far the machine's own clock is off.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._off = timedelta()
        self.measure()

    def __call__(self) -> datetime:
        """This moment."""
        return clock.now() + self._off

    def measure(self) -> None:
        """Asks the server what time it is; half of the asking is taken for the way back."""
        if self._database.is_sqlite:
            return
        with self._database.reading() as session:
            asked = clock.now()
            there = session.scalars(select(func.clock_timestamp())).one()
            self._off = there - (asked + (clock.now() - asked) / 2)
