"""A relay that refuses everybody: its refusals are undone, and it is not believed until it takes a
mail again.
"""

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from app.contacts.suppression import take_back
from app.rules import delivery
from app.rules.health.breaker import BreakerSettings
from app.rules.replies import distrust
from app.rules.replies.meaning import Reply, Verdict
from app.rules.replies.reply import REFUSED
from app.sending.guards import alarming
from app.sending.ledger import soft_bounces
from app.sending.models import Attempt, Delivery, Dispatch, Relay
from app.sending.relays import standing


def believed(relay: Relay | None, verdict: Verdict) -> Verdict:
    """What is made of a verdict: a relay that is not believed refuses mails, not recipients."""
    doubtful = relay is not None and relay.distrusted_since is not None
    return REFUSED if doubtful and verdict.outcome == "bounced" else verdict


def words(relay: Relay, said: str) -> str:
    """What it ``said``, with a word about whether it is believed."""
    doubt = f"refused {distrust.LEAST} recipients in a row, nobody is bounced: "
    return said if relay.distrusted_since is None else f"{doubt}{said}"[:500]


def trust(relay: Relay, now: datetime) -> None:
    """It took a mail, or a person says that it works."""
    if relay.distrusted_since is not None:
        alarming.trusted(relay, now)
    if relay.refusals or relay.distrusted_since is not None:
        relay.refusals, relay.distrusted_since = [], None


def refused(relay: Relay, attempt: int, now: datetime) -> None:
    """It refused a recipient."""
    streak = [(int(one), at) for one, at in relay.refusals]
    relay.refusals = [list(one) for one in distrust.longer(streak, attempt, now)]


def look(session: Session, relay: Relay, now: datetime, settings: BreakerSettings) -> None:
    """After the refusals were written: undoes them when they are too many in a row to be true.
    ``relay`` is locked.
    """
    if len(relay.refusals) < distrust.LEAST:
        return
    rows = _bounced(session, [int(attempt) for attempt, _ in relay.refusals])
    if not distrust.is_incredible([row.address for row in rows]):
        relay.refusals = relay.refusals[-3 * distrust.LEAST :]
        return
    _undo(session, rows, f"'{relay.name}' refused everybody and is not believed", now)
    last = delivery.describe(Reply(rows[-1].phase, rows[-1].code, rows[-1].text))
    before = standing.breaker_of(relay)
    relay.refusals, relay.distrusted_since = [], now
    relay.fail_streak = max(relay.fail_streak, settings.threshold)
    relay.open_until = now + timedelta(seconds=settings.seconds)
    relay.probe_attempt = None
    relay.last_fault_at = now
    relay.last_fault = words(relay, last)
    alarming.suspect(relay, relay.last_fault, now)
    because = f"because it {relay.last_fault}"
    alarming.breaker_moved(relay, before, standing.breaker_of(relay), now, because)


def _bounced(session: Session, attempts: Sequence[int]) -> Sequence[Any]:
    return session.execute(
        select(
            Attempt.id,
            Attempt.delivery_id,
            Attempt.phase,
            Attempt.code,
            Attempt.text,
            Delivery.address,
            Delivery.dispatch_id,
            Dispatch.workspace_id,
        )
        .join(Delivery, Delivery.id == Attempt.delivery_id)
        .join(Dispatch, Dispatch.id == Delivery.dispatch_id)
        .where(Attempt.id.in_(attempts), Attempt.outcome == "bounced", Delivery.state == "bounced")
        .order_by(Attempt.id)
    ).all()


def _undo(session: Session, rows: Sequence[Any], reason: str, now: datetime) -> None:
    """The mails wait again, for any relay; what was learned of their recipients is forgotten."""
    queued = {"state": "queued", "due_at": now, "finished_at": None, "relay_id": None}
    session.execute(
        update(Delivery)
        .where(Delivery.id.in_([row.delivery_id for row in rows]))
        .values(reason=reason, **queued)
        .execution_options(synchronize_session=False)
    )
    session.execute(
        update(Attempt).where(Attempt.id.in_([row.id for row in rows])).values(outcome="refused")
    )
    session.execute(
        update(Dispatch)
        .where(Dispatch.id.in_(sorted({row.dispatch_id for row in rows})))
        .values(finished_at=None)
    )
    soft_bounces.forget(session, [row.delivery_id for row in rows])
    untrue: defaultdict[Any, dict[str, str]] = defaultdict(dict)
    for row in rows:
        heard = delivery.describe(Reply(row.phase, row.code, row.text))
        untrue[row.workspace_id][row.address] = heard
    for workspace_id, said in untrue.items():
        take_back(session, workspace_id, said, now - distrust.WITHIN)
