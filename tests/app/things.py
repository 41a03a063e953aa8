"""One of everything in a workspace, for tests that go through all routes."""

from typing import Any
from uuid import uuid4

from app.alerts.models import Alert
from app.campaigns.models import Campaign
from app.runtime import Runtime
from app.sending.models import (
    Content,
    Delivery,
    Destination,
    Dispatch,
    Relay,
    ReplyRule,
    RoutingRule,
    UnknownReply,
)
from app.sources.models import Connection, Site, SyncRun
from app.sources.notifications.models import NotificationMailbox
from app.sources.webhooks.models import Hint, Webhook
from tests.app.bringing import Desk
from tests.app.conftest import Client


def one_of_everything(owner: Client, runtime: Runtime, word: str) -> dict[str, str]:
    """Makes them, each with ``word`` in its name; name of the path part -> its value."""
    posted = {
        "list_id": ("/lists", {"name": word}),
        "tag_id": ("/tags", {"name": word}),
        "field_id": ("/fields", {"key": word, "label": word}),
        "key_id": ("/api-keys", {"name": word, "scopes": ["read"]}),
        "contact_id": (
            "/contacts",
            {"email": f"{word}@example.com", "lists": [word], "tags": [word]},
        ),
        "agent_id": ("/agents", {"url": f"https://{word}.example", "name": word}),
        "endpoint_id": ("/alert-endpoints", {"url": f"http://127.0.0.1:9/{word}"}),
        "mailbox_id": (
            "/mailboxes",
            {
                "name": word,
                "host": "127.0.0.1",
                "username": word,
                "password": word,
                "addresses": [f"{word}@example.com"],
            },
        ),
    }
    found = {name: _made(owner, path, body) for name, (path, body) in posted.items()}
    rows = _rows(owner, runtime, word)
    return (
        found
        | rows
        | {
            "email": f"{word}@example.com",
            "message_id": _message(owner, rows, word),
            "upload_id": _upload(owner, runtime, word),
        }
    )


def _upload(owner: Client, runtime: Runtime, word: str) -> str:
    """A new one; where there is no room for more, one of them."""
    answer = Desk(runtime, owner).ask(f"email\n{word}@example.com\n".encode())
    made = answer.json if answer.status_code == 201 else owner.get("/uploads").json["items"][0]
    return str(made["id"])


def _made(owner: Client, path: str, body: dict[str, Any]) -> str:
    """A new one; where there are as many as there may be, one of them."""
    made = owner.post(path, body).json or {}
    if "id" not in made:
        made = (owner.get(path).json or {})["items"][0]
    return str(made["id"])


def _message(owner: Client, rows: dict[str, str], word: str) -> str:
    said = {"to": [f"{word}@example.com"], "subject": word, "text": word}
    answer = owner.post("/messages", {**said, "relay_id": rows["relay_id"]}).json or {}
    return str(answer["messages"][0]["id"])


def _rows(owner: Client, runtime: Runtime, word: str) -> dict[str, str]:
    now = runtime.now()
    mine: dict[str, Any] = {"workspace_id": owner.workspace_id, "created_at": now}
    site = Site(id=uuid4(), url=f"http://127.0.0.1:9/{word}", name=word, updated_at=now, **mine)
    connection = Connection(
        id=uuid4(), site_id=site.id, source="wordpress_users", updated_at=now, **mine
    )
    told = {"connection_id": connection.id, "secret": runtime.vault.close(word), **mine}
    mailbox = {"host": "127.0.0.1", "port": 9, "encryption": "none", "folder": word}
    mails = {"senders": [], "recipients": [], "subject": word, "server": "", "since": ""}
    hooks = [
        Hint(detail=word, **told),
        Webhook(**told),
        NotificationMailbox(
            **(told | mailbox | mails), username=word, authentication="ignore", updated_at=now
        ),
    ]
    run = SyncRun(id=uuid4(), connection_id=connection.id, detail=word, **mine)
    relay = Relay(
        id=uuid4(),
        name=word,
        host="127.0.0.1",
        port=9,
        encryption="none",
        from_email=f"{word}@example.com",
        failover_priority=1,
        updated_at=now,
        **mine,
    )
    campaign = Campaign(id=uuid4(), name=word, created_by=owner.user_id, updated_at=now, **mine)
    rule = RoutingRule(
        id=uuid4(),
        name=word,
        position=1,
        relay_id=relay.id,
        groups=[[{"field": "to", "operator": "contains", "value": word}]],
        updated_at=now,
        **mine,
    )
    alert = Alert(
        id=uuid4(),
        workspace_id=owner.workspace_id,
        kind="backlog",
        about=word,
        sentence=word,
        raised_at=now,
        last_at=now,
    )
    reply_rule = ReplyRule(
        id=uuid4(), name=word, position=1, text=word, outcome="deferred", updated_at=now, **mine
    )
    unknown = UnknownReply(
        id=uuid4(),
        workspace_id=owner.workspace_id,
        relay_id=relay.id,
        phase="rcpt_to",
        code=550,
        kind=word,
        example=word,
        count=1,
        first_seen=now,
        last_seen=now,
    )
    destination = Destination(
        relay_id=relay.id,
        name=f"{word}.example",
        pause_until=now,
        held_until=now,
        pace={
            "rate": 1,
            "ceiling": 1,
            "since": now.isoformat(),
            "began": now.isoformat(),
            "why": word,
        },
        last_at=now,
    )
    rows = [site, connection, run, relay, campaign, rule, reply_rule, unknown, alert]
    content = Content(id=uuid4(), subject=word, preheader="", html="", text="", **mine)
    dispatch = Dispatch(
        id=uuid4(), content_id=content.id, label=word, domain="example.com", ready_at=now, **mine
    )
    delivery = Delivery(
        id=uuid4().int >> 70,
        dispatch_id=dispatch.id,
        contact_id=uuid4(),
        email=f"{word}@example.com",
        address=f"{word}@example.com",
        due_at=now,
    )
    with runtime.database.transaction() as session:
        for row in (*rows, *hooks, content, dispatch, delivery):
            session.add(row)
            session.flush()
        session.add(destination)
    names = (
        "site_id",
        "connection_id",
        "run_id",
        "relay_id",
        "campaign_id",
        "rule_id",
        "reply_rule_id",
        "unknown_reply_id",
        "alert_id",
    )
    found = {name: str(row.id) for name, row in zip(names, rows, strict=True)}
    return found | {"destination": destination.name, "delivery_id": str(delivery.id)}
