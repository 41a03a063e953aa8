"""Rules about replies as people set them up: create, change, remove and list them."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.db import Page, of_workspace, page
from app.errors import Invalid
from app.providers import presets
from app.rules.replies import own_replies
from app.rules.replies.meaning import Reply
from app.sending.models import ReplyRule
from app.sending.relays import settings
from app.sending.replies import unknown
from app.sending.replies.judging import Judge
from app.sending.routing.positions import position

_USUAL: Mapping[str, Any] = {
    "enabled": True,
    "preset": "",
    "relay_id": None,
    "phase": "",
    "code": "",
    "enhanced": "",
    "text": "",
    "about": "",
    "quota": False,
    "suppress": False,
}
_GIVEN = ("name", "outcome", *_USUAL)


def listed(
    session: Session, workspace_id: UUID, *, number: int = 1, per_page: int = 50
) -> Page[ReplyRule]:
    """The workspace's rules in the order in which they are asked."""
    query = select(ReplyRule).where(ReplyRule.workspace_id == workspace_id)
    ordered = query.order_by(ReplyRule.position, ReplyRule.id)
    return page(session, ordered, page=number, per_page=per_page)


def get(session: Session, workspace_id: UUID, rule_id: UUID) -> ReplyRule:
    """The rule. Raises NotFound."""
    return of_workspace(session, ReplyRule, workspace_id, rule_id, "rule about replies")


def create(
    session: Session, workspace_id: UUID, values: Mapping[str, Any], *, now: datetime
) -> ReplyRule:
    """A new rule; without a position it is asked last of the workspace's own. Raises Invalid."""
    made = ReplyRule(workspace_id=workspace_id, created_at=now)
    _take(session, made, {**_USUAL, "position": None, **values}, now)
    session.add(made)
    session.flush()
    _forget_known(session, workspace_id)
    return made


def change(
    session: Session,
    workspace_id: UUID,
    rule_id: UUID,
    values: Mapping[str, Any],
    *,
    now: datetime,
) -> ReplyRule:
    """Changes what is given; a position of None puts it last. Raises Invalid."""
    rule = get(session, workspace_id, rule_id)
    _take(session, rule, values, now)
    session.flush()
    _forget_known(session, workspace_id)
    return rule


def remove(session: Session, workspace_id: UUID, rule_id: UUID) -> None:
    """Removes a rule."""
    session.delete(get(session, workspace_id, rule_id))
    session.flush()


def _take(session: Session, rule: ReplyRule, values: Mapping[str, Any], now: datetime) -> None:
    known = {name: getattr(rule, name) for name in _GIVEN}
    wanted = known | {name: values[name] for name in _GIVEN if name in values}
    if found := own_replies.fault(wanted):
        raise Invalid.at(*found)
    _require_whose(session, rule.workspace_id, wanted)
    for name, value in wanted.items():
        setattr(rule, name, value)
    if "position" in values:
        rule.position = position(session, ReplyRule, rule.workspace_id, values["position"])
    rule.updated_at = now


def _require_whose(session: Session, workspace_id: UUID, values: Mapping[str, Any]) -> None:
    if values["preset"] and values["preset"] not in presets.find():
        raise Invalid.at("preset", f"Must be one of: {', '.join(sorted(presets.find()))}.")
    if values["relay_id"] is None:
        return
    if values["preset"]:
        raise Invalid.at("relay_id", "A rule is about one relay or about a service, not both.")
    if settings.find(session, workspace_id, values["relay_id"]) is None:
        raise Invalid.at("relay_id", "There is no such relay.")


def _forget_known(session: Session, workspace_id: UUID) -> None:
    judge = Judge(session)

    def is_known(reply: Reply, relay_id: UUID) -> bool:
        relay = settings.find(session, workspace_id, relay_id)
        return judge.judge(reply, relay, workspace_id).known

    unknown.forget_known(session, workspace_id, is_known)
