"""Campaigns on the desk: drafting, changing, copying and removing them."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.campaigns import audience, lateness, pace, rotation, sender
from app.campaigns.models import Campaign
from app.db import Page, of_workspace, page
from app.errors import Conflict, Invalid
from app.rules.routing.pinning import SENDER_FIELDS
from app.rules.templates import template

CONTENT_FIELDS = ("subject", "preheader", "html", "text")
#: What may still be changed when a campaign is no draft any more, but nothing is going out.
_PIN_FIELDS = ("relay_id", "send_strategy", "pool", *SENDER_FIELDS)


def get(session: Session, workspace_id: UUID, campaign_id: UUID, *, lock: bool = False) -> Campaign:
    """The campaign; with ``lock`` nobody else changes it until the transaction ends."""
    return of_workspace(session, Campaign, workspace_id, campaign_id, "campaign", lock=lock)


def listed(
    session: Session,
    workspace_id: UUID,
    *,
    status: str | None = None,
    number: int = 1,
    per_page: int = 50,
) -> Page[Campaign]:
    """The campaigns of a workspace, oldest first."""
    query = select(Campaign).where(Campaign.workspace_id == workspace_id)
    if status is not None:
        query = query.where(Campaign.status == status)
    return page(session, query.order_by(Campaign.id), page=number, per_page=per_page)


def create(
    session: Session,
    workspace_id: UUID,
    values: Mapping[str, Any],
    *,
    created_by: UUID,
    now: datetime,
) -> Campaign:
    """A new draft. Raises Invalid."""
    made = blank(workspace_id, created_by)
    made.created_at = now
    _take(session, made, values, now)
    session.add(made)
    session.flush()
    return made


def blank(workspace_id: UUID, created_by: UUID) -> Campaign:
    """A campaign that says nothing yet."""
    return Campaign(
        workspace_id=workspace_id,
        created_by=created_by,
        name="",
        mail_type="newsletter",
        stream="marketing",
        send_strategy=rotation.PINNED,
        pool=[],
        subject="",
        preheader="",
        html="",
        text="",
        from_email="",
        from_name="",
        reply_to_email="",
        reply_to_name="",
        overridden=[],
        audience={},
        promise="never_twice",
    )


def change(
    session: Session,
    workspace_id: UUID,
    campaign_id: UUID,
    values: Mapping[str, Any],
    *,
    now: datetime,
) -> Campaign:
    """Changes what is given: anything in a draft; the pin and the sender while nothing goes out.

    Raises Invalid, Conflict.
    """
    campaign = get(session, workspace_id, campaign_id, lock=True)
    if campaign.status in ("scheduled", "paused"):
        _require_only_pin(campaign, values)
    elif campaign.status != "draft":
        raise Conflict(
            f"The campaign is {campaign.status}: only drafts can be changed, and of paused or "
            "scheduled ones the relay, the sender and not_later_than."
        )
    _take(session, campaign, values, now)
    if campaign.dispatch_id is not None:
        sender.redirect(session, campaign)
        lateness.follow(session, campaign)
    session.flush()
    return campaign


def duplicate(
    session: Session,
    workspace_id: UUID,
    campaign_id: UUID,
    *,
    name: str | None = None,
    created_by: UUID,
    now: datetime,
) -> Campaign:
    """A new draft with the words, the audience and the sender of an old campaign."""
    old = get(session, workspace_id, campaign_id)
    copied = (
        "mail_type",
        "stream",
        "promise",
        *CONTENT_FIELDS,
        "audience",
        *pace.FIELDS,
        *_PIN_FIELDS,
    )
    made = Campaign(
        workspace_id=workspace_id,
        created_by=created_by,
        name=name or f"{old.name[:240]} (copy)",
        created_at=now,
        updated_at=now,
        overridden=list(old.overridden),
        **{field: getattr(old, field) for field in copied},
    )
    session.add(made)
    session.flush()
    return made


def remove(session: Session, workspace_id: UUID, campaign_id: UUID) -> None:
    """Removes a campaign that is not on its way; what it sent stays in the ledger."""
    campaign = get(session, workspace_id, campaign_id, lock=True)
    if campaign.status not in ("draft", "sent", "cancelled"):
        raise Conflict(f"The campaign is {campaign.status}: cancel it first, then delete it.")
    session.delete(campaign)
    session.flush()


def check_content(campaign: Campaign) -> None:
    """Raises Invalid where a template does not parse, with line and column."""
    words = [getattr(campaign, field) for field in CONTENT_FIELDS]
    problems = template.check(*words)
    if problems:
        mistakes = {p.where: [f"line {p.line}, column {p.column}: {p.sentence}"] for p in problems}
        where, sentences = next(iter(mistakes.items()))
        raise Invalid(f"{where}, {sentences[0]}", mistakes)


def _take(session: Session, campaign: Campaign, values: Mapping[str, Any], now: datetime) -> None:
    for field in ("name", "mail_type", "stream", "promise", *CONTENT_FIELDS):
        if field in values:
            setattr(campaign, field, values[field])
    if "not_later_than" in values:
        campaign.not_later_than = values["not_later_than"]
    if any(field in values for field in CONTENT_FIELDS):
        check_content(campaign)
    if "audience" in values:
        given = values["audience"] or {}
        campaign.audience = audience.checked(session, campaign.workspace_id, given)
    pace.choose(campaign, values)
    if any(field in values for field in _PIN_FIELDS):
        sender.choose(session, campaign, values)
    campaign.updated_at = now


def _require_only_pin(campaign: Campaign, values: Mapping[str, Any]) -> None:
    if not set(values) <= {*_PIN_FIELDS, "not_later_than"}:
        first = "cancel it" if campaign.dispatch_id else "unschedule it"
        raise Conflict(
            f"The campaign is {campaign.status}: only its relay, its sender and "
            f"not_later_than can be changed; {first} to change more."
        )
