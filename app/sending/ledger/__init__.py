"""The only writer of deliveries and attempts: every recipient is in exactly one state."""

from app.sending.ledger.balance import balance
from app.sending.ledger.barred import bar
from app.sending.ledger.begin import Wanted, begin
from app.sending.ledger.claim import Claimed, claim, postpone, release, settle
from app.sending.ledger.dispatches import OpenDispatch, close_finished, is_any_done, open_dispatches
from app.sending.ledger.enqueue import enqueue
from app.sending.ledger.finish import Heard, finish
from app.sending.ledger.hand_in import hand_in
from app.sending.ledger.hear import Event, hear
from app.sending.ledger.hold import hold, redirect
from app.sending.ledger.messages import (
    HeldMessage,
    claim_messages,
    has_messages,
    is_any_message_due,
    open_messages,
)
from app.sending.ledger.recover import put_back, recover
from app.sending.ledger.unknown import Settled, settle_unknown, settle_unknown_messages

__all__ = [
    "Claimed",
    "Event",
    "Heard",
    "HeldMessage",
    "OpenDispatch",
    "Settled",
    "Wanted",
    "balance",
    "bar",
    "begin",
    "claim",
    "claim_messages",
    "close_finished",
    "enqueue",
    "finish",
    "hand_in",
    "has_messages",
    "hear",
    "hold",
    "is_any_done",
    "is_any_message_due",
    "open_dispatches",
    "open_messages",
    "postpone",
    "put_back",
    "recover",
    "redirect",
    "release",
    "settle",
    "settle_unknown",
    "settle_unknown_messages",
]
