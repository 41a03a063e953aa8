"""The attempts whose end is awaited."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session, aliased

from app.sending.models import Attempt, Delivery, Dispatch
from app.statements.many import among
from app.workspaces.models import Workspace

_before = aliased(Attempt)
#: How often the recipient's server said "later" before.
_DEFERRALS = (
    select(func.count())
    .where(_before.delivery_id == Delivery.id, _before.outcome == "deferred")
    .scalar_subquery()
)
#: Whether this relay refused the recipient before and was not believed; see ledger.distrust.
_DISBELIEVED = (
    select(_before.id)
    .where(
        _before.delivery_id == Delivery.id,
        _before.relay_id == Attempt.relay_id,
        _before.outcome == "refused",
        _before.phase.in_(("rcpt_to", "data", "final_dot")),
        _before.code >= 500,
    )
    .exists()
)
#: Somebody waits for transactional mail: another relay may carry it to where this one is blocked.
#: Other mail would burn that relay, too.
_MOVES = or_(Dispatch.stream == "transactional", Workspace.failover_when_blocked)


_AWAITED = (
    select(
        Attempt.id,
        Attempt.outcome,
        Attempt.relay_id,
        Attempt.from_email,
        Attempt.delivery_id,
        Delivery.tries,
        _DEFERRALS.label("deferrals"),
        _DISBELIEVED.label("disbelieved"),
        func.coalesce(Delivery.first_tried_at, Attempt.begun_at).label("first_tried_at"),
        Delivery.address,
        Delivery.contact_id,
        Delivery.dispatch_id,
        Dispatch.workspace_id,
        Dispatch.kind,
        Dispatch.label,
        Dispatch.promise,
        _MOVES.label("moves_when_blocked"),
    )
    .join(Delivery, Delivery.id == Attempt.delivery_id)
    .join(Dispatch, Dispatch.id == Delivery.dispatch_id)
    .join(Workspace, Workspace.id == Dispatch.workspace_id)
    .where(
        among(Attempt.id, "attempts"),
        (Attempt.outcome.is_(None) & (Delivery.state == "claimed"))
        | ((Attempt.outcome == "unknown") & (Delivery.state == "unknown")),
    )
)


def awaited(session: Session, wanted: Sequence[int]) -> dict[int, Any]:
    """Those of the attempts that are open, or of which nobody knows, with what their end needs."""
    if not wanted:
        return {}
    rows = session.connection().execute(_AWAITED, {"attempts": wanted})
    return {row.id: row for row in rows}
