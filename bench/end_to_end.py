"""A whole campaign: claimed, composed, begun, sent, written down, by the real sender process."""

from contextlib import AbstractContextManager

from bench import senders, stage
from bench.claims import Claim, faster, within
from bench.peers import foreign, naive
from bench.rounds import interleaved
from bench.sinks import sink
from bench.stage import Stage

_ROUNDS = 3
_CONNECTIONS = 10
_CPU_BUDGET = 70.0


def run() -> list[Claim]:
    """Beside Go's net/smtp with html/template, nodemailer's pool and plain Python."""
    spent: list[float] = []
    with sink() as port:
        found = interleaved(
            {
                "ours, SQLite": lambda: _ours(stage.sqlite(), port, 1, spent),
                "ours, PostgreSQL": lambda: _ours(stage.postgres(), port, 1, []),
                "ours, PostgreSQL, two senders": lambda: _ours(stage.postgres(), port, 2, []),
                "Go": lambda: foreign.go_campaign(port, messages=10_000, connections=_CONNECTIONS),
                "nodemailer": lambda: foreign.node_campaign(
                    port, messages=2_000, connections=_CONNECTIONS
                ),
                "plain Python": lambda: naive.campaign(
                    port, messages=1_000, connections=_CONNECTIONS
                ),
            },
            _ROUNDS,
        )
    ours = found["ours, SQLite"]
    more = found["ours, PostgreSQL"], found["ours, PostgreSQL, two senders"]
    cpu = sorted(spent)[len(spent) // 2]
    return [
        faster("SQLite, against Go net/smtp + html/template", ours, found["Go"], 2.3),
        faster("PostgreSQL, against Go", more[0], found["Go"], 2.3),
        faster("PostgreSQL, two senders, against Go", more[1], found["Go"], 3.0),
        faster("SQLite, against nodemailer's pool", ours, found["nodemailer"], 15.0),
        faster(
            "SQLite, against Jinja2 + EmailMessage + aiosmtplib", ours, found["plain Python"], 15
        ),
        within("processor time per message, SQLite", cpu, _CPU_BUDGET, "us/msg"),
    ]


def _ours(place: AbstractContextManager[str], port: int, count: int, spent: list[float]) -> float:
    messages = 10_000
    with place as url:
        one = Stage(url)
        one.relay(port, _CONNECTIONS)
        one.people(messages)
        dispatch = one.dispatch(hold="paused")
        cost = senders.campaign(one, url, dispatch, messages, count)
        one.database.close()
    spent.append(cost.cpu)
    return cost.rate
