"""Messages: mail that somebody waits for, handed in one by one."""

from typing import Any
from uuid import UUID

from app.api.access import caller, runtime
from app.api.message_shapes import (
    MessageAnswer,
    MessageQuery,
    MessagesAnswer,
    MessageSummary,
    MessageValues,
    MessageVerdict,
    MessageVerdicts,
    OnceHeader,
)
from app.api.paging import page_of
from app.api.routes import Routes
from app.api.unknown import SettledAnswer
from app.messages import asking, deciding, find
from app.messages.find import MessageView, Wanted
from app.sending import ledger

blueprint = Routes("messages", "Mail that somebody waits for, handed in one by one.")

_MESSAGE = "/messages/<uuid:message_id>"


@blueprint.post(
    "/messages",
    scope="send",
    body=MessageValues,
    headers=OnceHeader,
    answer=MessagesAnswer,
    status=202,
)
def send_message(headers: dict[str, Any], body: dict[str, Any]) -> Any:
    """Hand in a mail for one recipient or several; it is stored before the answer."""
    who = caller()
    made = asking.ask(runtime(), who.workspace_id, body, user_id=who.user_id, key=headers["key"])
    return {"id": made[0].id, "messages": made}


@blueprint.get("/messages", scope="read", query=MessageQuery, answer=page_of(MessageSummary))
def list_messages(query: dict[str, Any]) -> Any:
    """The messages, newest first."""
    running = runtime()
    wanted = Wanted(query["state"], query["to"], query["since"], query["until"])
    with running.database.reading() as session:
        return find.listed(
            session,
            caller().workspace_id,
            wanted,
            number=query["page"],
            per_page=query["per_page"],
            now=running.now(),
        )


@blueprint.get(_MESSAGE, scope="read", answer=MessageAnswer)
def get_message(message_id: UUID) -> Any:
    """One message: its state, every attempt, and what happens next."""
    return _seen(message_id)


@blueprint.post(f"{_MESSAGE}/cancel", scope="send", answer=MessageAnswer, status=200)
def cancel_message(message_id: UUID) -> Any:
    """Do not send it (any more)."""
    running = runtime()
    with running.database.transaction() as session:
        deciding.cancel(session, caller().workspace_id, message_id, now=running.now())
    return _seen(message_id)


@blueprint.post(
    f"{_MESSAGE}/unknown", scope="send", body=MessageVerdict, answer=SettledAnswer, status=200
)
def settle_message_unknown(message_id: UUID, body: dict[str, Any]) -> Any:
    """Say of a message in doubt that it went, or have it sent again."""
    running = runtime()
    with running.database.transaction() as session:
        settled = deciding.settle(
            session,
            caller().workspace_id,
            message_id,
            went=body["verdict"] == "sent",
            now=running.now(),
        )
    running.poke()
    return settled


@blueprint.post(
    "/messages/unknown", scope="send", body=MessageVerdicts, answer=SettledAnswer, status=200
)
def settle_messages_unknown(body: dict[str, Any]) -> Any:
    """The same of several messages in doubt, or of all of them."""
    running = runtime()
    with running.database.transaction() as session:
        settled = ledger.settle_unknown_messages(
            session,
            caller().workspace_id,
            went=body["verdict"] == "sent",
            messages=body["ids"],
            now=running.now(),
        )
    running.poke()
    return settled


def _seen(message_id: UUID) -> MessageView:
    running = runtime()
    with running.database.reading() as session:
        return find.get(session, caller().workspace_id, message_id, now=running.now())
