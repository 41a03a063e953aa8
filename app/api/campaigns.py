"""Campaigns: draft, launch, hold, and see where every recipient is."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from app.api.access import caller, runtime
from app.api.campaign_shapes import (
    AudienceSize,
    BalanceAnswer,
    CampaignAnswer,
    CampaignChanges,
    CampaignQuery,
    CampaignSummary,
    CampaignValues,
    Copy,
    DeliveryAnswer,
    DeliveryQuery,
    Launch,
    PreviewAnswer,
    Reader,
)
from app.api.paging import page_of
from app.api.routes import Routes
from app.campaigns import edit, lifecycle, readout, waiting
from app.campaigns.models import Campaign
from app.db import Page

blueprint = Routes("campaigns", "Messages to an audience, and where each of them is.")


@blueprint.get("/campaigns", scope="read", query=CampaignQuery, answer=page_of(CampaignSummary))
def list_campaigns(query: dict[str, Any]) -> Any:
    """The campaigns, oldest first; one status when given."""
    with runtime().database.reading() as session:
        return edit.listed(
            session,
            caller().workspace_id,
            status=query["status"],
            number=query["page"],
            per_page=query["per_page"],
        )


@blueprint.post("/campaigns", scope="write", body=CampaignValues, answer=CampaignAnswer)
def create_campaign(body: dict[str, Any]) -> Any:
    """Draft a campaign."""
    running, who = runtime(), caller()
    with running.database.transaction() as session:
        return edit.create(
            session, who.workspace_id, body, created_by=who.user_id, now=running.now()
        )


@blueprint.get("/campaigns/<uuid:campaign_id>", scope="read", answer=CampaignAnswer)
def get_campaign(campaign_id: UUID) -> Any:
    """One campaign with its words."""
    with runtime().database.reading() as session:
        return edit.get(session, caller().workspace_id, campaign_id)


@blueprint.patch(
    "/campaigns/<uuid:campaign_id>", scope="write", body=CampaignChanges, answer=CampaignAnswer
)
def change_campaign(campaign_id: UUID, body: dict[str, Any]) -> Any:
    """Change a draft; of a paused or scheduled one, the relay, the sender and the last moment."""
    running = runtime()
    with running.database.transaction() as session:
        return edit.change(session, caller().workspace_id, campaign_id, body, now=running.now())


@blueprint.delete("/campaigns/<uuid:campaign_id>", scope="write")
def delete_campaign(campaign_id: UUID) -> None:
    """Remove a draft, or a campaign that has ended; its links keep working."""
    with runtime().database.transaction() as session:
        edit.remove(session, caller().workspace_id, campaign_id)


@blueprint.post(
    "/campaigns/<uuid:campaign_id>/duplicate", scope="write", body=Copy, answer=CampaignAnswer
)
def duplicate_campaign(campaign_id: UUID, body: dict[str, Any]) -> Any:
    """Draft another campaign with the same words, audience and sender."""
    running, who = runtime(), caller()
    with running.database.transaction() as session:
        return edit.duplicate(
            session,
            who.workspace_id,
            campaign_id,
            name=body["name"],
            created_by=who.user_id,
            now=running.now(),
        )


@blueprint.post(
    "/campaigns/<uuid:campaign_id>/launch",
    scope="send",
    body=Launch,
    answer=CampaignAnswer,
    status=202,
)
def launch_campaign(campaign_id: UUID, body: dict[str, Any]) -> Any:
    """Send a draft now, or schedule it."""
    running = runtime()
    with running.database.transaction() as session:
        launched = lifecycle.launch(
            session,
            caller().workspace_id,
            campaign_id,
            base_url=running.base_url,
            at=body["at"],
            now=running.now(),
        )
    running.poke()
    return launched


@blueprint.post(
    "/campaigns/<uuid:campaign_id>/unschedule", scope="write", answer=CampaignAnswer, status=200
)
def unschedule_campaign(campaign_id: UUID) -> Any:
    """Make a scheduled campaign a draft again."""
    return _moved(campaign_id, lifecycle.unschedule)


@blueprint.post(
    "/campaigns/<uuid:campaign_id>/pause", scope="send", answer=CampaignAnswer, status=200
)
def pause_campaign(campaign_id: UUID) -> Any:
    """Hold a campaign at once: nothing more begins."""
    return _moved(campaign_id, lifecycle.pause)


@blueprint.post(
    "/campaigns/<uuid:campaign_id>/resume", scope="send", answer=CampaignAnswer, status=202
)
def resume_campaign(campaign_id: UUID) -> Any:
    """Let a paused campaign go on."""
    running = runtime()
    with running.database.transaction() as session:
        resumed = lifecycle.resume(
            session,
            caller().workspace_id,
            campaign_id,
            base_url=running.base_url,
            now=running.now(),
        )
    running.poke()
    return resumed


@blueprint.post(
    "/campaigns/<uuid:campaign_id>/cancel", scope="send", answer=CampaignAnswer, status=200
)
def cancel_campaign(campaign_id: UUID) -> Any:
    """End a campaign for good."""
    return _moved(campaign_id, lifecycle.cancel)


@blueprint.get("/campaigns/<uuid:campaign_id>/audience", scope="read", answer=AudienceSize)
def get_campaign_audience(campaign_id: UUID) -> Any:
    """How many people it would go to now."""
    with runtime().database.reading() as session:
        return {"count": readout.audience_size(session, caller().workspace_id, campaign_id)}


@blueprint.get("/campaigns/<uuid:campaign_id>/balance", scope="read", answer=BalanceAnswer)
def get_campaign_balance(campaign_id: UUID) -> Any:
    """Where every recipient is: the sum of the states is the audience."""
    running = runtime()
    with running.database.reading() as session:
        which = (session, caller().workspace_id, campaign_id)
        audience, states = readout.balance(*which, now=running.now())
        waits = waiting.of(*which, now=running.now())
    return {"audience": audience, "states": states, "waits": waits}


@blueprint.get(
    "/campaigns/<uuid:campaign_id>/deliveries",
    scope="read",
    query=DeliveryQuery,
    answer=page_of(DeliveryAnswer),
)
def list_campaign_deliveries(campaign_id: UUID, query: dict[str, Any]) -> Any:
    """Every recipient with every attempt: relay, time, and what the relay said."""
    running = runtime()
    with running.database.reading() as session:
        found = readout.deliveries(
            session,
            caller().workspace_id,
            campaign_id,
            state=query["state"],
            email=query["email"],
            number=query["page"],
            per_page=query["per_page"],
            now=running.now(),
        )
    return Page(found.items, found.total, query["page"], query["per_page"])


@blueprint.post(
    "/campaigns/<uuid:campaign_id>/preview",
    scope="read",
    body=Reader,
    answer=PreviewAnswer,
    status=200,
)
def preview_campaign(campaign_id: UUID, body: dict[str, Any]) -> Any:
    """The mail as one contact would get it; the unsubscribe link in it does nothing."""
    running = runtime()
    with running.database.reading() as session:
        return readout.preview(
            session,
            caller().workspace_id,
            campaign_id,
            contact_id=body["contact_id"],
            now=running.now(),
        )


def _moved(campaign_id: UUID, verb: Callable[..., Campaign]) -> Campaign:
    running = runtime()
    with running.database.transaction() as session:
        return verb(session, caller().workspace_id, campaign_id, now=running.now())
