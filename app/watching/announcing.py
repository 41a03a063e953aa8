"""Turns the news of alerts into notices: one for each receiver, with words that stay the same."""

import json
from datetime import datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app import ids
from app.alerts import wishes
from app.alerts.models import Alert, AlertEndpoint, AlertNotice
from app.rules.health.alerting import KINDS, worth_telling
from app.watching import about
from app.workspaces.models import Workspace

#: The most alerts of one turn.
_MOST = 200


def announce(session: Session, now: datetime) -> int:
    """Writes the notices that are due to be told; gives back how many. What comes and goes waits
    until it stays, and what was over before it was told of is only listed.
    """
    news = session.scalars(
        select(Alert)
        .where(Alert.news.in_(("raised", "over")))
        .order_by(Alert.last_at, Alert.id)
        .limit(_MOST)
        .with_for_update(skip_locked=True)
    )
    made = 0
    for alert in news:
        if alert.news == "raised" and not worth_telling(_last_told(session, alert), now):
            continue
        event = alert.news
        notices = _notices(session, alert, event, now)
        session.add_all(notices)
        made += len(notices)
        alert.news = "told" if event == "raised" else ""
        alert.told_at = now
    session.flush()
    return made


def _last_told(session: Session, alert: Alert) -> datetime | None:
    return session.scalar(
        select(func.max(Alert.told_at)).where(
            Alert.workspace_id == alert.workspace_id,
            Alert.kind == alert.kind,
            Alert.about == alert.about,
        )
    )


def _notices(session: Session, alert: Alert, event: str, now: datetime) -> list[AlertNotice]:
    body = json.dumps(_told(session, alert, event), ensure_ascii=False)
    receivers: list[dict[str, Any]] = []
    endpoints = session.scalars(
        select(AlertEndpoint).where(
            AlertEndpoint.workspace_id == alert.workspace_id, AlertEndpoint.enabled
        )
    )
    receivers += [
        {"endpoint_id": one.id} for one in endpoints if alert.kind in one.kinds or not one.kinds
    ]
    if alert.kind in wishes.get(session, alert.workspace_id).mail_kinds:
        people = wishes.receivers(session, alert.workspace_id)
        receivers += [{"email": address} for address in people]
    return [
        AlertNotice(
            id=ids.new_id(),
            workspace_id=alert.workspace_id,
            alert_id=alert.id,
            event=event,
            body=body,
            due_at=now,
            created_at=now,
            **receiver,
        )
        for receiver in receivers
    ]


def _told(session: Session, alert: Alert, event: str) -> dict[str, Any]:
    workspace = session.get_one(Workspace, alert.workspace_id)
    return {
        "id": str(alert.id),
        "event": event,
        "kind": alert.kind,
        "title": KINDS[alert.kind],
        "sentence": alert.sentence,
        "about": about.names(session, [alert])[alert.about],
        "workspace": {"id": str(workspace.id), "name": workspace.name},
        "raised_at": _spell(alert.raised_at),
        "closed_at": _spell(alert.closed_at) if alert.closed_at else None,
        "times": alert.times,
    }


def _spell(moment: datetime) -> str:
    return moment.isoformat().replace("+00:00", "Z")
