"""Routing rules as people set them up: create, change, remove and list them."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.db import Page, of_workspace, page
from app.errors import Invalid
from app.sending.models import RoutingRule
from app.sending.relays import settings
from app.sending.routing.positions import position

_GIVEN = ("name", "enabled", "groups")


def listed(
    session: Session, workspace_id: UUID, *, number: int = 1, per_page: int = 50
) -> Page[RoutingRule]:
    """The rules in the order in which they are asked."""
    query = select(RoutingRule).where(RoutingRule.workspace_id == workspace_id)
    ordered = query.order_by(RoutingRule.position, RoutingRule.id)
    return page(session, ordered, page=number, per_page=per_page)


def get(session: Session, workspace_id: UUID, rule_id: UUID) -> RoutingRule:
    """The rule. Raises NotFound."""
    return of_workspace(session, RoutingRule, workspace_id, rule_id, "routing rule")


def create(
    session: Session, workspace_id: UUID, values: Mapping[str, Any], *, now: datetime
) -> RoutingRule:
    """A new rule; without a position it is asked last. Raises Invalid."""
    made = RoutingRule(
        workspace_id=workspace_id, position=0, enabled=True, created_at=now, updated_at=now
    )
    _take(session, made, {"position": None, **values}, now)
    session.add(made)
    session.flush()
    return made


def change(
    session: Session,
    workspace_id: UUID,
    rule_id: UUID,
    values: Mapping[str, Any],
    *,
    now: datetime,
) -> RoutingRule:
    """Changes what is given; a position of None puts it last. Raises Invalid."""
    rule = get(session, workspace_id, rule_id)
    _take(session, rule, values, now)
    session.flush()
    return rule


def remove(session: Session, workspace_id: UUID, rule_id: UUID) -> None:
    """Removes a rule."""
    session.delete(get(session, workspace_id, rule_id))
    session.flush()


def _take(session: Session, rule: RoutingRule, values: Mapping[str, Any], now: datetime) -> None:
    for name in _GIVEN:
        if name in values:
            setattr(rule, name, values[name])
    if "relay_id" in values:
        settings.lock_workspace(session, rule.workspace_id)
        rule.relay_id = _reachable(session, rule.workspace_id, values["relay_id"])
    if "position" in values:
        rule.position = position(session, RoutingRule, rule.workspace_id, values["position"])
    rule.updated_at = now


def _reachable(session: Session, workspace_id: UUID, relay_id: UUID) -> UUID:
    relay = settings.find(session, workspace_id, relay_id)
    if relay is None:
        raise _unfit("There is no such relay.")
    if relay.exclude_from_failover and not relay.is_default:
        raise _unfit(
            f"The relay '{relay.name}' is excluded from failover, so it is used only where it is "
            "pinned or the default: include it, or choose another one."
        )
    return relay_id


def _unfit(sentence: str) -> Invalid:
    return Invalid.at("relay_id", sentence)
