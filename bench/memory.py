"""How much one sender holds in memory while a campaign of a million recipients goes out."""

import threading

from bench import senders, stage
from bench.claims import Claim, within
from bench.rounds import Size
from bench.sinks import sink
from bench.stage import Stage

_RECIPIENTS = 1_000_000
_LOOKS = 40
_BUDGET_MB = 200.0


def run(size: Size) -> list[Claim]:
    """The most that was seen in the first seconds, beside the budget."""
    with sink() as port, stage.sqlite() as url:
        one = Stage(url)
        one.relay(port)
        one.people(size.of(_RECIPIENTS))
        dispatch = one.dispatch(hold="paused")
        seen = []
        with senders.sender(one, url) as running:
            senders.let_go(one, dispatch, [running])
            for _ in range(size.of(_LOOKS, 4)):
                threading.Event().wait(0.5)
                seen.append(senders.memory_mb(running.pid))
        sent = one.balance(dispatch)["sent"]
        one.database.close()
    if not sent:
        raise RuntimeError("nothing was sent")
    return [within("one sender, SQLite, a million recipients", max(seen), _BUDGET_MB, "MB")]
