"""A whole campaign: claimed, composed, begun, sent, written down, by the real sender process."""

from contextlib import AbstractContextManager
from functools import partial
from statistics import median

from bench import senders, stage
from bench.claims import Claim, faster, within
from bench.peers import foreign, naive
from bench.rounds import Run, Size
from bench.sinks import sink
from bench.stage import Stage

_ROUNDS = 3
_CONNECTIONS = 10
_CPU_BUDGET = 70.0


def run(size: Size) -> list[Claim]:
    """Beside Go's net/smtp with html/template, nodemailer's pool and plain Python. The peers that
    must be built first are left out of a quick look.
    """
    spent: list[float] = []
    with sink() as port:
        found = size.interleaved(_runs(size, port, spent), _ROUNDS)
    lite, postgres = found["ours, SQLite"], found["ours, PostgreSQL"]
    two = found["ours, PostgreSQL, two senders"]
    claims = [
        faster("SQLite, against Jinja2 + EmailMessage + aiosmtplib", lite, found["Python"], 15),
        within("processor time per message, SQLite", median(spent), _CPU_BUDGET, "us/msg"),
    ]
    if not size.quick:
        claims += [
            faster("SQLite, against Go net/smtp + html/template", lite, found["Go"], 2.3),
            faster("PostgreSQL, against Go", postgres, found["Go"], 2.3),
            faster("PostgreSQL, two senders, against Go", two, found["Go"], 3.0),
            faster("SQLite, against nodemailer's pool", lite, found["nodemailer"], 15.0),
        ]
    return claims


def _runs(size: Size, port: int, spent: list[float]) -> dict[str, Run]:
    ours = partial(_ours, port, size.of(20_000, 100))
    runs: dict[str, Run] = {
        "ours, SQLite": lambda: ours(stage.sqlite(), 1, spent),
        "ours, PostgreSQL": lambda: ours(stage.postgres(), 1, []),
        "ours, PostgreSQL, two senders": lambda: ours(stage.postgres(), 2, []),
        "Python": partial(naive.campaign, port, messages=size.of(1_000), connections=_CONNECTIONS),
    }
    if not size.quick:
        runs["Go"] = partial(foreign.go_campaign, port, messages=20_000, connections=_CONNECTIONS)
        runs["nodemailer"] = partial(
            foreign.node_campaign, port, messages=2_000, connections=_CONNECTIONS
        )
    return runs


def _ours(
    port: int, messages: int, place: AbstractContextManager[str], senders_: int, spent: list[float]
) -> float:
    with place as url:
        one = Stage(url)
        one.relay(port, _CONNECTIONS)
        one.people(messages)
        dispatch = one.dispatch(hold="paused")
        cost = senders.campaign(one, url, dispatch, messages, senders_)
        one.database.close()
    spent.append(cost.cpu)
    return cost.rate
