"""Mail that somebody waits for, handed in while a campaign goes out through the same relay."""

import threading
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from datetime import datetime
from pathlib import Path
from statistics import median, quantiles
from tempfile import TemporaryDirectory
from typing import Any
from uuid import UUID

from sqlalchemy import select

from app import clock
from app.sending.models import Attempt, Delivery
from bench import serving, stage
from bench.claims import Claim, within
from bench.rounds import Size
from bench.serving import Served
from bench.sinks import sink
from bench.stage import Stage

_RECIPIENTS = 100_000
_MESSAGES = 100
_PAUSE_SECONDS = 0.1
_BUDGET_MS = 1000.0
_MAIL = {
    "subject": "Order {{ order.number }}",
    "html": "<p>Thank you for order {{ order.number }}.</p>",
}


def run(size: Size) -> list[Claim]:
    """From the call of the API until the relay's 250 is written down, on both databases."""
    return [
        *_claims("SQLite", lambda: nullcontext(""), size),
        *_claims("PostgreSQL", stage.postgres, size),
    ]


def _claims(
    name: str, database: Callable[[], AbstractContextManager[str]], size: Size
) -> list[Claim]:
    with (
        sink() as port,
        TemporaryDirectory(prefix="pressferry-bench-") as folder,
        database() as url,
    ):
        waited = sorted(_beside_a_campaign(Path(folder), url, port, size))
    case = f"{name}, campaign of 100 thousand"
    return [
        within(f"{case}, 95 of 100 messages", _95(waited), _BUDGET_MS, "ms"),
        within(f"{case}, half of the messages", median(waited), _BUDGET_MS, "ms"),
    ]


def _beside_a_campaign(folder: Path, url: str, port: int, size: Size) -> list[float]:
    workspace_id, key = serving.founded(folder, url)
    one = Stage(url or f"sqlite:///{folder / 'pressferry.db'}", workspace_id)
    try:
        one.relay(port)
        one.people(size.of(_RECIPIENTS))
        dispatch = one.dispatch(hold="paused")
        with serving.serving(folder, key, url) as served:
            one.let_go(dispatch)
            _until_it_flows(one, dispatch)
            asked = _ask(served, size.of(_MESSAGES, 4))
            was_running = not one.is_finished(dispatch)
            waited = _waited(one, asked)
    finally:
        one.database.close()
    if not (was_running or size.quick):
        raise RuntimeError("the campaign ended before the messages: there was nothing to wait for")
    return waited


def _until_it_flows(one: Stage, dispatch: UUID) -> None:
    """The sender is there and the campaign goes out: what starts is not measured here."""
    for _ in range(1200):
        if one.balance(dispatch)["sent"]:
            return
        threading.Event().wait(0.1)
    raise RuntimeError("the campaign did not begin")


def _ask(served: Served, count: int) -> dict[str, datetime]:
    """Recipient -> when the call began."""
    asked = {}
    for number in range(count):
        to = f"waiting{number}@people.example.com"
        asked[to] = clock.now()
        data: dict[str, Any] = {"to": [to], "data": {"order": {"number": number}}}
        served.post("/messages", _MAIL | data)
        threading.Event().wait(_PAUSE_SECONDS)
    return asked


def _waited(one: Stage, asked: dict[str, datetime]) -> list[float]:
    """Milliseconds until the relay had taken each. Raises when one is not taken."""
    taken: dict[str, datetime] = {}
    for _ in range(2400):
        with one.database.reading() as session:
            rows = session.execute(
                select(Delivery.address, Attempt.finished_at)
                .join(Attempt, Attempt.delivery_id == Delivery.id)
                .where(Delivery.address.in_(list(asked)), Attempt.outcome == "accepted")
            )
            taken = {address: at for address, at in rows if at is not None}
        if len(taken) == len(asked):
            return [(taken[to] - at).total_seconds() * 1000 for to, at in asked.items()]
        threading.Event().wait(0.1)
    raise RuntimeError(f"{len(taken)} of {len(asked)} messages were taken")


def _95(values: list[float]) -> float:
    return quantiles(values, n=20)[-1]
