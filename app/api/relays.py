"""Relays: the ways out, their settings, their health, and trying them."""

import asyncio
from typing import Any
from uuid import UUID

from app import ids
from app.api.access import caller, runtime
from app.api.paging import PageQuery, page_of
from app.api.relay_shapes import (
    BreakerChange,
    NewRelay,
    RelayAnswer,
    RelayChanges,
    RemoveQuery,
    shown,
    shown_alone,
)
from app.api.relay_trial_shapes import CheckAnswer, TestAnswer, TestMail, tested
from app.api.routes import Routes
from app.campaigns import relay_leaves
from app.sending.relays import health, settings, views
from app.sending.relays import trial as relay_trial
from app.sending.relays.trial import Trial

blueprint = Routes("relays", "The ways out for mail: SMTP servers and how to log in there.")

_RELAY = "/relays/<uuid:relay_id>"


@blueprint.get("/relays", scope="read", query=PageQuery, answer=page_of(RelayAnswer))
def list_relays(query: dict[str, Any]) -> Any:
    """The relays of the workspace in the order in which failover asks them."""
    running = runtime()
    with running.database.reading() as session:
        found = settings.listed(
            session, caller().workspace_id, number=query["page"], per_page=query["per_page"]
        )
        known = views.beside(session, caller().workspace_id)
        now = running.now()
        return found.map(lambda one: shown(one, known, now))


@blueprint.post("/relays", scope="settings", body=NewRelay, answer=RelayAnswer)
def create_relay(body: dict[str, Any]) -> Any:
    """Add a relay; the first one becomes the default."""
    running = runtime()
    now = running.now()
    with running.database.transaction() as session:
        made = settings.create(
            session,
            caller().workspace_id,
            body,
            vault=running.vault,
            allow_private=running.allow_private,
            now=now,
        )
        answer = shown_alone(session, made, now)
    running.poke()
    return answer


@blueprint.get(_RELAY, scope="read", answer=RelayAnswer)
def get_relay(relay_id: UUID) -> Any:
    """One relay, without its password."""
    running = runtime()
    with running.database.reading() as session:
        relay = settings.get(session, caller().workspace_id, relay_id)
        return shown_alone(session, relay, running.now())


@blueprint.patch(_RELAY, scope="settings", body=RelayChanges, answer=RelayAnswer)
def change_relay(relay_id: UUID, body: dict[str, Any]) -> Any:
    """Change a relay; a blank password keeps the stored one."""
    running = runtime()
    now = running.now()
    with running.database.transaction() as session:
        changed = settings.change(
            session,
            caller().workspace_id,
            relay_id,
            body,
            vault=running.vault,
            allow_private=running.allow_private,
            now=now,
        )
        answer = shown_alone(session, changed, now)
    running.poke()
    return answer


@blueprint.delete(_RELAY, scope="settings", query=RemoveQuery)
def delete_relay(relay_id: UUID, query: dict[str, Any]) -> None:
    """Delete a relay; 409 while something counts on it and no other one takes over."""
    with runtime().database.transaction() as session:
        relay_leaves.remove_relay(
            session, caller().workspace_id, relay_id, reassign_to=query.get("reassign_to")
        )
    runtime().poke()


@blueprint.post(f"{_RELAY}/check", scope="settings", answer=CheckAnswer, status=200)
def check_relay(relay_id: UUID) -> Any:
    """Connect and log in without sending; says what the server offers."""
    return asyncio.run(_trial(relay_id).check())


@blueprint.post(f"{_RELAY}/test", scope="settings", body=TestMail, answer=TestAnswer, status=200)
def send_test_mail(relay_id: UUID, body: dict[str, Any]) -> Any:
    """Send a small real mail through this relay and no other."""
    running, workspace_id = runtime(), caller().workspace_id
    trial = _trial(relay_id)
    sending = trial.send(
        body["to"],
        html=body["html"],
        message_id=ids.new_id(),
        now=running.now(),
        from_email=body.get("from_email", ""),
    )
    tried = asyncio.run(sending)
    report = tried.report
    with running.database.transaction() as session:
        health.note_test(
            session,
            workspace_id,
            relay_id,
            report.reply,
            now=running.now(),
            settings=running.breaker,
        )
        relay_trial.note(session, workspace_id, relay_id, trial.path, tried, running.now())
    return tested(tried)


@blueprint.post(
    f"{_RELAY}/breaker", scope="settings", body=BreakerChange, answer=RelayAnswer, status=200
)
def set_relay_breaker(relay_id: UUID, body: dict[str, Any]) -> Any:
    """Close the breaker now, or open it for its usual time."""
    running = runtime()
    now = running.now()
    with running.database.transaction() as session:
        relay = health.set_breaker(
            session,
            caller().workspace_id,
            relay_id,
            body["state"],
            now=now,
            settings=running.breaker,
        )
        answer = shown_alone(session, relay, now)
    running.poke()
    return answer


def _trial(relay_id: UUID) -> Trial:
    running = runtime()
    with running.database.reading() as session:
        relay = settings.get(session, caller().workspace_id, relay_id)
        return Trial(
            relay,
            running.vault,
            hello_name=running.hello_name,
            allow_private=running.allow_private,
        )
