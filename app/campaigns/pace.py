"""How a campaign goes out over time: its spread, its sending window and its canary."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from app.campaigns.models import Campaign
from app.errors import Invalid
from app.rules.health import canary
from app.rules.pace import spread, windows
from app.rules.pace.spread import PRIME
from app.sending.schedule.due import Due
from app.workspaces.models import Workspace

FIELDS = ("spread", "sending_window", "canary")


def choose(campaign: Campaign, values: Mapping[str, Any]) -> None:
    """Takes over FIELDS. Raises Invalid where they say nothing that can be."""
    if "spread" in values:
        campaign.spread = _spread(values["spread"])
    if "sending_window" in values:
        campaign.sending_window = _window(values["sending_window"])
    if "canary" in values:
        campaign.canary = _canary(values["canary"])
    window = campaign.sending_window
    if campaign.canary and window and window["zone"] == "recipient":
        raise Invalid.at(
            "canary",
            "Canaries go first by one clock: give the sending window the workspace's zone.",
        )


def due(session: Session, campaign: Campaign, now: datetime) -> Due:
    """When the deliveries of a launch at ``now`` are due; the same campaign, the same places."""
    zone = session.get_one(Workspace, campaign.workspace_id).timezone
    window = windows.from_words(campaign.sending_window) if campaign.sending_window else None
    first = canary.from_words(campaign.canary) if campaign.canary else None
    seed = campaign.id.int % PRIME
    return Due(now, zone, spread.from_words(campaign.spread, seed), window, first, seed)


def check(session: Session, campaign: Campaign, now: datetime) -> None:
    """Raises Invalid when the spread does not fit into the window as the workspace sees it."""
    planned = due(session, campaign, now)
    try:
        planned.stretches(planned.zone)
    except ValueError as error:
        raise unfit(error) from error


def unfit(error: ValueError) -> Invalid:
    """The spread does not fit into the window."""
    return Invalid.at("spread", f"Cannot be: {error}.")


def said(campaign: Campaign) -> str:
    """Why its mails do not go at once."""
    has = {
        "a canary": campaign.canary,
        "a spread": campaign.spread,
        "a sending window": campaign.sending_window,
    }
    named = [name for name, words in has.items() if words]
    return f"the campaign has {' and '.join(named)}" if named else ""


def _spread(given: Mapping[str, Any] | None) -> dict[str, int] | None:
    if not given:
        return None
    delay = {"min_seconds", "max_seconds"} & set(given)
    if ("minutes" in given) == bool(delay):
        raise Invalid.at("spread", "Say either minutes, or min_seconds and max_seconds.")
    if not delay:
        return {"minutes": given["minutes"]}
    least, most = given.get("min_seconds", 0), given.get("max_seconds", 0)
    if most <= least:
        raise Invalid.at("spread", "max_seconds must be more than min_seconds.")
    return {"min_seconds": least, "max_seconds": most}


def _canary(given: Mapping[str, Any] | None) -> dict[str, Any] | None:
    if not given:
        return None
    if ("share" in given) == ("count" in given):
        raise Invalid.at("canary", "Say either the share of the audience, or how many (count).")
    return dict(given)


def _window(given: Mapping[str, Any] | None) -> dict[str, Any] | None:
    if not given:
        return None
    words = {
        "days": [day for day in windows.DAYS if day in given["days"]],
        "from": given["from"],
        "to": given["to"],
        "zone": given["zone"],
    }
    try:
        windows.from_words(words)
    except ValueError as error:
        raise Invalid.at("sending_window", f"Cannot be: {error}.") from error
    return words
