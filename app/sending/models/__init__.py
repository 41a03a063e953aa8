"""The tables of sending: relays, the ledger, and what it is about."""

from app.sending.models.delivery import Attempt, Delivery
from app.sending.models.dispatch import Content, Dispatch
from app.sending.models.event import Event
from app.sending.models.relay import Relay, UserRelay
from app.sending.models.rule import RoutingRule
from app.sending.models.sender import Sender
from app.sending.models.stream_pause import StreamPause

__all__ = [
    "Attempt",
    "Content",
    "Delivery",
    "Dispatch",
    "Event",
    "Relay",
    "RoutingRule",
    "Sender",
    "StreamPause",
    "UserRelay",
]
