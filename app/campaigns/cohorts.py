"""How many of an audience would be asked of which relay first, in which time zone."""

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID
from zoneinfo import available_timezones

from sqlalchemy import case, func, select
from sqlalchemy.orm import Session

from app.campaigns import audience, rotation
from app.campaigns.models import Campaign
from app.contacts.models import Contact, Suppression
from app.rules.routing.rule import PERSONAL
from app.sending.letters.compose import contact_values
from app.sending.routing import firsts
from app.sending.routing.draft import Draft
from app.sending.routing.firsts import Words
from app.sending.routing.fleet import Fleet

#: Where routing rules look at the people, so many of them are asked; the others are alike.
SAMPLE = 5_000
_AT_ONCE = 500

#: Whose primary is this relay, in this time zone ("": the workspace's) -> how many.
Split = Counter[tuple[UUID | None, str]]


def split(
    session: Session, campaign: Campaign, mail: Draft, ships: Fleet, now: datetime
) -> tuple[Split, bool]:
    """The audience by primary and time zone; and whether it was told from a sample."""
    zones = _by_zone(session, campaign)
    turns = rotation.turns(campaign)
    if turns:
        return _in_turns(zones, turns), False
    if mail.pin is None and ships.asks & set(PERSONAL):
        return _by_person(session, campaign, mail, ships, sum(zones.values()), now)
    first, _ = ships.primary(mail)
    return Counter({(first, zone): number for zone, number in zones.items()}), False


def shared_out(total: int, weights: Mapping[Any, int]) -> dict[Any, int]:
    """``total`` in proportion to the weights, in whole numbers that add up to it."""
    whole = sum(weights.values()) or 1
    parts = {key: total * weight // whole for key, weight in weights.items()}
    left = total - sum(parts.values())
    order = sorted(weights, key=lambda key: -(total * weights[key] % whole))
    for key in order[:left]:
        parts[key] += 1
    return parts


def left_out(session: Session, workspace_id: UUID, chosen: Mapping[str, Any]) -> dict[str, int]:
    """Who is in the audience and will not get it: why -> how many."""
    suppressed = (Suppression.workspace_id == workspace_id) & (
        Suppression.address == Contact.address
    )
    why = func.coalesce(Suppression.reason, Contact.status).label("why")
    rows = session.execute(
        audience.within(
            select(why, func.count()).select_from(Contact).outerjoin(Suppression, suppressed),
            workspace_id,
            chosen,
        )
        .where((Contact.status != "active") | Suppression.id.is_not(None))
        .group_by(why)
        .order_by(why)
    )
    return dict(rows.all())


def _by_zone(session: Session, campaign: Campaign) -> Counter[str]:
    reached = audience.people(campaign.workspace_id, campaign.audience).subquery()
    if (campaign.sending_window or {}).get("zone") != "recipient":
        return Counter({"": session.scalar(select(func.count()).select_from(reached)) or 0})
    named = Contact.timezone.in_(available_timezones())
    zone = case((named, Contact.timezone), else_="").label("zone")
    rows = session.execute(
        select(zone, func.count()).join(reached, reached.c[0] == Contact.id).group_by(zone)
    )
    return Counter(dict(rows.all()))


def _in_turns(zones: Counter[str], turns: Sequence[UUID]) -> Split:
    found: Split = Counter()
    for zone, number in zones.items():
        cycles, rest = divmod(number, len(turns))
        for place, relay_id in enumerate(turns):
            found[relay_id, zone] += cycles + (place < rest)
    return found


def _by_person(
    session: Session, campaign: Campaign, mail: Draft, ships: Fleet, total: int, now: datetime
) -> tuple[Split, bool]:
    """Asks the rules about each, or about every so many-th where there are too many."""
    reached = audience.people(campaign.workspace_id, campaign.audience).subquery()
    place = func.row_number().over(order_by=reached.c[0]).label("place")
    numbered = select(reached.c[0].label("id"), reached.c[2].label("address"), place).subquery()
    step = -(-total // SAMPLE) or 1
    rows = session.execute(
        select(numbered.c.id, numbered.c.address).where(numbered.c.place % step == 0)
    ).all()
    zoned = (campaign.sending_window or {}).get("zone") == "recipient"
    known, words = available_timezones(), Words(campaign, ships.asks)
    found: Split = Counter()
    for begin in range(0, len(rows), _AT_ONCE):
        some = rows[begin : begin + _AT_ONCE]
        contacts = _contacts(session, [one.id for one in some])
        groups = firsts.groups_of(session, contacts)
        for one in some:
            contact = contacts.get(one.id, {})
            told = {
                **words.read_by(contact, now),
                **firsts.about(one.address),
                **groups.get(one.id, {}),
            }
            first, _ = ships.primary(mail, None, told)
            zone = str(contact.get("timezone", "")) if zoned else ""
            found[first, zone if zone in known else ""] += 1
    return Counter(shared_out(total, found)), step > 1


def _contacts(session: Session, wanted: Sequence[UUID]) -> dict[UUID, Mapping[str, Any]]:
    rows = session.scalars(select(Contact).where(Contact.id.in_(wanted)))
    return {row.id: contact_values(row) for row in rows}
