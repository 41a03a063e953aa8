"""One connection to a server that is far away."""

from functools import partial

from bench import carrying
from bench.claims import Claim, faster
from bench.rounds import Size
from bench.sinks import sink, slow_line

_ROUNDS = 3


def run(size: Size) -> list[Claim]:
    """Beside one message per round trip, which is the most that is possible."""
    with sink() as port, slow_line(port, 0.020) as near, slow_line(port, 0.040) as far:
        runs = {
            f"{name}, {trip} ms": partial(rate, place, size.of(count, 4), 1)
            for trip, place in ((20, near), (40, far))
            for name, rate, count in (
                ("ours", carrying.ours, 120),
                ("aiosmtplib", carrying.aiosmtplib_rate, 30),
            )
        }
        found = size.interleaved(runs, _ROUNDS)
    claims = []
    for trip in (20, 40):
        ours, other = found[f"ours, {trip} ms"], found[f"aiosmtplib, {trip} ms"]
        claims.append(faster(f"round trip {trip} ms, of 1000/RTT", ours, 1000 / trip, 0.9))
        claims.append(faster(f"round trip {trip} ms, against aiosmtplib", ours, other, 3.6))
    return claims
