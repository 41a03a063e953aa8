"""Replies: what the words of mail servers mean, which words nobody knows, and rules about them."""

from typing import Any
from uuid import UUID

from app.api.access import caller, runtime
from app.api.paging import PageQuery, page_of
from app.api.reply_shapes import (
    MeaningAnswer,
    NewReplyRule,
    ReplyRuleAnswer,
    ReplyRuleChanges,
    ReplyToExplain,
    UnknownReplyAnswer,
    meaning,
)
from app.api.routes import Routes
from app.rules.replies.meaning import Reply
from app.sending.relays import settings
from app.sending.replies import explaining, rules, unknown

blueprint = Routes("replies", "What the answers of mail servers mean, and rules about it.")

_RULE = "/replies/rules/<uuid:reply_rule_id>"


@blueprint.get("/replies/rules", scope="read", query=PageQuery, answer=page_of(ReplyRuleAnswer))
def list_reply_rules(query: dict[str, Any]) -> Any:
    """The workspace's own rules about replies, in the order in which they are asked."""
    with runtime().database.reading() as session:
        return rules.listed(
            session, caller().workspace_id, number=query["page"], per_page=query["per_page"]
        )


@blueprint.post("/replies/rules", scope="settings", body=NewReplyRule, answer=ReplyRuleAnswer)
def create_reply_rule(body: dict[str, Any]) -> Any:
    """Add a rule about replies; it holds from the next answer on."""
    running = runtime()
    with running.database.transaction() as session:
        return rules.create(session, caller().workspace_id, body, now=running.now())


@blueprint.get(_RULE, scope="read", answer=ReplyRuleAnswer)
def get_reply_rule(reply_rule_id: UUID) -> Any:
    """One rule about replies."""
    with runtime().database.reading() as session:
        return rules.get(session, caller().workspace_id, reply_rule_id)


@blueprint.patch(_RULE, scope="settings", body=ReplyRuleChanges, answer=ReplyRuleAnswer)
def change_reply_rule(reply_rule_id: UUID, body: dict[str, Any]) -> Any:
    """Change a rule about replies; it holds from the next answer on."""
    running = runtime()
    with running.database.transaction() as session:
        return rules.change(session, caller().workspace_id, reply_rule_id, body, now=running.now())


@blueprint.delete(_RULE, scope="settings")
def delete_reply_rule(reply_rule_id: UUID) -> None:
    """Delete a rule about replies."""
    with runtime().database.transaction() as session:
        rules.remove(session, caller().workspace_id, reply_rule_id)


@blueprint.get(
    "/replies/unknown", scope="read", query=PageQuery, answer=page_of(UnknownReplyAnswer)
)
def list_unknown_replies(query: dict[str, Any]) -> Any:
    """Answers that no rule knows, heard most often first; no address is in them."""
    with runtime().database.reading() as session:
        return unknown.listed(
            session, caller().workspace_id, number=query["page"], per_page=query["per_page"]
        )


@blueprint.delete("/replies/unknown/<uuid:unknown_reply_id>", scope="settings")
def forget_unknown_reply(unknown_reply_id: UUID) -> None:
    """Take an unknown answer off the list; it comes back when it is heard again."""
    with runtime().database.transaction() as session:
        unknown.forget(session, caller().workspace_id, unknown_reply_id)


@blueprint.post(
    "/replies/explain", scope="read", body=ReplyToExplain, answer=MeaningAnswer, status=200
)
def explain_reply(body: dict[str, Any]) -> Any:
    """Say which rule says what about an answer; sends and changes nothing."""
    workspace_id, relay_id = caller().workspace_id, body.get("relay_id")
    reply = Reply(body["phase"], body["code"], body["text"])
    with runtime().database.reading() as session:
        relay = settings.get(session, workspace_id, relay_id) if relay_id else None
        return meaning(explaining.explain(session, workspace_id, reply, relay))
