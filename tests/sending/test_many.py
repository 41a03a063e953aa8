"""Many rows read as one value are the rows that one by one would have come."""

from datetime import timedelta
from uuid import UUID

from sqlalchemy import bindparam, select

from app.contacts.models import Contact
from app.db import Database
from app.statements.many import Rows, among
from tests.sending.world import World

_COLUMNS = (Contact.id, Contact.email, Contact.first_name, Contact.fields, Contact.timezone)
_SAME = Rows(
    select(*_COLUMNS).where(
        among(Contact.id, "contacts"),
        Contact.created_at <= bindparam("now", type_=Contact.created_at.type),
    )
)


def test_rows_read_together_are_the_rows(world: World, database: Database) -> None:
    world.people(4)
    odd = "\u00c4 'quoted' \"twice\" \\ \u65e5\u672c\nline"
    with database.transaction() as session:
        people = session.scalars(select(Contact).order_by(Contact.email)).all()
        for number, one in enumerate(people):
            one.first_name = odd * number
            one.fields = {"n": number, "deep": [odd, None, 1.5]} if number else {}
    with database.reading() as session:
        one_by_one = [tuple(row) for row in session.execute(select(*_COLUMNS))]
        wanted: list[UUID] = [row[0] for row in one_by_one[:3]]
        later = world.clock() + timedelta(days=1)
        found = _SAME.read(session, {"contacts": wanted, "now": later})
        none = _SAME.read(session, {"contacts": [], "now": later})
    assert sorted(map(tuple, found), key=str) == sorted(one_by_one[:3], key=str)
    assert list(none) == []
