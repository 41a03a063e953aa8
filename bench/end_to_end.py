"""A whole campaign: claimed, composed, begun, sent, written down, by the real sender process."""

from collections import defaultdict
from contextlib import AbstractContextManager
from functools import partial
from statistics import median

from bench import senders, stage
from bench.claims import Claim, cheaper, faster, within
from bench.peers import foreign, naive
from bench.rounds import Run, Size
from bench.senders import Cost
from bench.sinks import sink
from bench.stage import Stage

_ROUNDS = 3
_CONNECTIONS = 10
_CPU_BUDGET = 70.0
#: What that budget is beside the 201 us that a Go program took on the machine it was set for.
_CPU_RATIO = 2.87

Spent = dict[str, list[float]]


def run(size: Size) -> list[Claim]:
    """Beside Go's net/smtp with html/template, nodemailer's pool and plain Python. The peers that
    must be built first are left out of a quick look.
    """
    spent: Spent = defaultdict(list)
    with sink() as port:
        found = size.interleaved(_runs(size, port, spent), _ROUNDS)
    cpu = {name: median(values) for name, values in spent.items()}
    lite, postgres = found["ours, SQLite"], found["ours, PostgreSQL"]
    two = found["ours, PostgreSQL, two senders"]
    claims = [
        faster("SQLite, against Jinja2 + EmailMessage + aiosmtplib", lite, found["Python"], 15),
        within("processor time per message, SQLite", cpu["SQLite"], _CPU_BUDGET, "us/msg"),
    ]
    if not size.quick:
        claims += [
            faster("SQLite, against Go net/smtp + html/template", lite, found["Go"], 2.3),
            faster("PostgreSQL, against Go", postgres, found["Go"], 2.3),
            faster("PostgreSQL, two senders, against Go", two, found["Go"], 3.0),
            faster("SQLite, against nodemailer's pool", lite, found["nodemailer"], 15.0),
            cheaper("processor time, against Go", cpu["SQLite"], cpu["Go"], _CPU_RATIO, "us/msg"),
        ]
    return claims


def _runs(size: Size, port: int, spent: Spent) -> dict[str, Run]:
    def noted(who: str, cost: Cost) -> float:
        spent[who].append(cost.cpu)
        return cost.rate

    ours = partial(_ours, port, size.of(20_000, 100))
    runs: dict[str, Run] = {
        "ours, SQLite": lambda: noted("SQLite", ours(stage.sqlite(), 1)),
        "ours, PostgreSQL": lambda: noted("PostgreSQL", ours(stage.postgres(), 1)),
        "ours, PostgreSQL, two senders": lambda: noted("two", ours(stage.postgres(), 2)),
        "Python": partial(naive.campaign, port, messages=size.of(1_000), connections=_CONNECTIONS),
    }
    if not size.quick:
        go = partial(foreign.go_campaign, port, messages=20_000, connections=_CONNECTIONS)
        node = partial(foreign.node_campaign, port, messages=2_000, connections=_CONNECTIONS)
        runs["Go"] = lambda: noted("Go", go())
        runs["nodemailer"] = lambda: noted("nodemailer", node())
    return runs


def _ours(port: int, messages: int, place: AbstractContextManager[str], senders_: int) -> Cost:
    with place as url:
        one = Stage(url)
        one.relay(port, _CONNECTIONS)
        one.people(messages)
        dispatch = one.dispatch(hold="paused")
        cost = senders.campaign(one, url, dispatch, messages, senders_)
        one.database.close()
    return cost
