"""What tests of campaigns have in common: relays, contacts, and a draft that could go out."""

from typing import Any

from sqlalchemy import select, update

from app import ids
from app.db import Database
from app.runtime import Runtime
from app.sending import ledger
from app.sending.models import Delivery, Dispatch, Relay
from tests.app.conftest import Client

WORDS = {"name": "News", "subject": "Hi {{ contact.first_name }}", "html": "<p>Hello</p>"}


def running(client: Client) -> Runtime:
    found: Runtime = client.app.extensions["pressferry"]
    return found


def relay(client: Client, name: str = "first", **more: Any) -> str:
    """A relay of the client's workspace; gives back its id."""
    now = running(client).now()
    values: dict[str, Any] = {
        "id": ids.new_id(),
        "workspace_id": client.workspace_id,
        "name": name,
        "host": "127.0.0.1",
        "port": 25,
        "encryption": "none",
        "from_email": f"{name}@example.com",
        "from_name": f"The {name}",
        "reply_to_email": f"reply-{name}@example.com",
        "failover_priority": 1,
        "mail_type": "all" if name == "first" else "none",
        "created_at": now,
        "updated_at": now,
    }
    with running(client).database.transaction() as session:
        made = Relay(**{**values, **more})
        session.add(made)
    return str(made.id)


def change_relay(client: Client, relay_id: str, **values: Any) -> None:
    with running(client).database.transaction() as session:
        session.execute(update(Relay).where(Relay.name == relay_id).values(**values))


def contact(client: Client, email: str, **values: Any) -> str:
    answer = client.post("/contacts", {"email": email, **values})
    assert answer.status_code == 201, answer.json
    return str((answer.json or {})["id"])


def draft(client: Client, **values: Any) -> dict[str, Any]:
    answer = client.post("/campaigns", {**WORDS, "audience": {"all": True}, **values})
    assert answer.status_code == 201, answer.json
    found: dict[str, Any] = answer.json or {}
    return found


def ready(client: Client, people: int = 3, **values: Any) -> str:
    """A draft with a relay and an audience; gives back its id."""
    relay(client)
    for number in range(people):
        contact(client, f"person{number}@example.com")
    return str(draft(client, **values)["id"])


def seen(client: Client, campaign_id: str) -> dict[str, Any]:
    found: dict[str, Any] = client.get(f"/campaigns/{campaign_id}").json or {}
    return found


def balance(client: Client, campaign_id: str) -> tuple[int, dict[str, int]]:
    """The audience and the states that are not 0; the sum is always the audience."""
    answer = client.get(f"/campaigns/{campaign_id}/balance").json or {}
    states: dict[str, int] = answer["states"]
    assert len(states) == 10
    assert sum(states.values()) == answer["audience"]
    return answer["audience"], {name: count for name, count in states.items() if count}


def send_everything(database: Database, runtime: Runtime) -> None:
    """As if a sender had sent whatever is queued and not held."""
    now = runtime.now()
    with database.transaction() as session:
        going = select(Dispatch.id).where(Dispatch.hold == "")
        session.execute(
            update(Delivery)
            .where(Delivery.dispatch_id.in_(going), Delivery.state == "queued")
            .values(state="sent", finished_at=now)
            .execution_options(synchronize_session=False)
        )
        ledger.close_finished(session, now)
