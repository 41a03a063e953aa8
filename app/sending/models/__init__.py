"""The tables of sending: relays, the ledger, and what it is about."""

from app.sending.models.delivery import Attempt, Delivery
from app.sending.models.destination import Destination
from app.sending.models.dispatch import Content, Dispatch
from app.sending.models.event import Event
from app.sending.models.guard import Guard
from app.sending.models.mailbox import Mailbox
from app.sending.models.relay import Relay, UserRelay
from app.sending.models.reply import ReplyRule, UnknownReply
from app.sending.models.rule import RoutingRule
from app.sending.models.sender import Sender
from app.sending.models.soft_bounce import SoftBounce
from app.sending.models.stream_pause import StreamPause
from app.sending.models.valve import Valve

__all__ = [
    "Attempt",
    "Content",
    "Delivery",
    "Destination",
    "Dispatch",
    "Event",
    "Guard",
    "Mailbox",
    "Relay",
    "ReplyRule",
    "RoutingRule",
    "Sender",
    "SoftBounce",
    "StreamPause",
    "UnknownReply",
    "UserRelay",
    "Valve",
]
