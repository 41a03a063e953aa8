"""Ready messages of 10 KB over ten connections."""

from functools import partial

from bench import carrying
from bench.claims import Claim, faster
from bench.rounds import Size
from bench.sinks import sink

_ROUNDS = 5


def run(size: Size) -> list[Claim]:
    """Beside smtp-source and aiosmtplib, and beside aiosmtplib without PIPELINING."""
    many, fewer = size.of(20_000), size.of(4_000)
    with sink() as port, sink("-p") as plain:
        found = size.interleaved(
            {
                "ours": partial(carrying.ours, port, many),
                "smtp-source": partial(carrying.smtp_source, port, many),
                "aiosmtplib": partial(carrying.aiosmtplib_rate, port, fewer),
                "ours, no PIPELINING": partial(carrying.ours, plain, fewer),
                "aiosmtplib, no PIPELINING": partial(carrying.aiosmtplib_rate, plain, fewer),
            },
            _ROUNDS,
        )
    alone, other = found["ours, no PIPELINING"], found["aiosmtplib, no PIPELINING"]
    return [
        faster("against smtp-source -d", found["ours"], found["smtp-source"], 1.0),
        faster("against aiosmtplib", found["ours"], found["aiosmtplib"], 5.0),
        faster("without PIPELINING, against aiosmtplib", alone, other, 0.98),
    ]
