"""A relay leaves; what leaned on it leans on another one, or it may not leave."""

from uuid import UUID

from sqlalchemy import Select, Text, cast, select, update
from sqlalchemy.orm import Session

from app.errors import Conflict, Invalid, NotFound
from app.rules.routing.pinning import SENDER_FIELDS
from app.sending.models import Attempt, Delivery, Dispatch, Relay, RoutingRule
from app.sending.relays import duties, settings


def successor(
    session: Session, workspace_id: UUID, relay_id: UUID, reassign_to: UUID | None
) -> Relay | None:
    """The relay that takes over from ``relay_id``. Raises Invalid when it cannot."""
    if reassign_to is None:
        return None
    try:
        found = settings.get(session, workspace_id, reassign_to)
    except NotFound:
        raise _unfit("There is no such relay.") from None
    if found.id == relay_id:
        raise _unfit("Must be another relay than the one to be deleted.")
    if not found.enabled:
        raise _unfit(f"The relay '{found.name}' is disabled: enable it first.")
    return found


def remove(
    session: Session, workspace_id: UUID, relay_id: UUID, *, reassign_to: UUID | None = None
) -> None:
    """Removes a relay; what it sent stays in the ledger.

    Raises Conflict while it is the default and others exist, or something that is being sent is
    pinned to it, unless ``reassign_to`` names the relay that takes over; and always while
    mails are on their way through it.
    """
    settings.lock_workspace(session, workspace_id)
    relay = settings.get(session, workspace_id, relay_id, lock=True)
    heir = successor(session, workspace_id, relay_id, reassign_to)
    _require_quiet(session, relay)
    if heir is None:
        _require_unneeded(session, relay)
    else:
        _hand_down(session, relay, heir)
    duties.hand_down(session, relay, heir)
    session.delete(relay)
    session.flush()


def _require_quiet(session: Session, relay: Relay) -> None:
    under_way = select(Attempt.id).where(Attempt.outcome.is_(None), Attempt.relay_id == relay.id)
    if session.scalar(under_way.limit(1)) is not None:
        raise Conflict(
            "Mails are on their way through this relay just now: disable it, wait for their "
            "answers, then delete it."
        )


def _require_unneeded(session: Session, relay: Relay) -> None:
    others = select(Relay.id).where(Relay.workspace_id == relay.workspace_id, Relay.id != relay.id)
    if relay.is_default and session.scalar(others.limit(1)) is not None:
        raise Conflict(
            "This is the default relay: make another one the default, or say with "
            "?reassign_to= which relay takes over."
        )
    rules = select(RoutingRule.name).where(RoutingRule.relay_id == relay.id)
    if (name := session.scalar(rules.limit(1))) is not None:
        raise Conflict(
            f"The routing rule '{name}' leads to this relay: change it, or say with "
            "?reassign_to= which relay takes over."
        )
    pinned = session.scalars(_pinned(relay).order_by(Dispatch.id).limit(3)).all()
    if pinned:
        names = ", ".join(f"'{dispatch.label or 'a message'}'" for dispatch in pinned)
        raise Conflict(
            f"Campaigns or messages that are not finished count on this relay ({names}): cancel "
            "them, or say with ?reassign_to= which relay takes over."
        )


def _hand_down(session: Session, relay: Relay, heir: Relay) -> None:
    """Pins follow; a sender that was the old relay's becomes the new one's."""
    identity = {name: getattr(heir, name) for name in SENDER_FIELDS}
    for dispatch in session.scalars(_pinned(relay).with_for_update()):
        if str(relay.id) in dispatch.pool:
            _take_turns(session, dispatch, relay, heir)
            continue
        dispatch.relay_id = heir.id
        if dispatch.from_email == relay.from_email:
            for name, value in identity.items():
                setattr(dispatch, name, value)
    if relay.is_default:
        duties.make_default(session, heir)


def _take_turns(session: Session, dispatch: Dispatch, relay: Relay, heir: Relay) -> None:
    heirs = [str(heir.id) if one == str(relay.id) else one for one in dispatch.pool]
    dispatch.pool = list(dict.fromkeys(heirs))
    session.execute(
        update(Delivery)
        .where(Delivery.dispatch_id == dispatch.id, Delivery.primary_id == relay.id)
        .values(primary_id=heir.id)
        .execution_options(synchronize_session=False)
    )


def _pinned(relay: Relay) -> Select[Dispatch]:
    return select(Dispatch).where(
        Dispatch.workspace_id == relay.workspace_id,
        (Dispatch.relay_id == relay.id) | cast(Dispatch.pool, Text).contains(str(relay.id)),
        Dispatch.finished_at.is_(None),
    )


def _unfit(sentence: str) -> Invalid:
    return Invalid.at("reassign_to", sentence)
