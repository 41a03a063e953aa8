"""Ready messages of 10 KB over ten connections."""

from bench import carrying
from bench.claims import Claim, faster
from bench.rounds import interleaved
from bench.sinks import sink

_ROUNDS = 5


def run() -> list[Claim]:
    """Beside smtp-source and aiosmtplib, and beside aiosmtplib without PIPELINING."""
    with sink() as port, sink("-p") as plain:
        found = interleaved(
            {
                "ours": lambda: carrying.ours(port, messages=20_000, connections=10),
                "smtp-source": lambda: carrying.smtp_source(port, messages=20_000, connections=10),
                "aiosmtplib": lambda: carrying.aiosmtplib_rate(
                    port, messages=3_000, connections=10
                ),
                "ours, no PIPELINING": lambda: carrying.ours(plain, messages=4_000, connections=10),
                "aiosmtplib, no PIPELINING": lambda: carrying.aiosmtplib_rate(
                    plain, messages=3_000, connections=10
                ),
            },
            _ROUNDS,
        )
    alone, other = found["ours, no PIPELINING"], found["aiosmtplib, no PIPELINING"]
    return [
        faster("against smtp-source -d", found["ours"], found["smtp-source"], 1.0),
        faster("against aiosmtplib", found["ours"], found["aiosmtplib"], 5.0),
        faster("without PIPELINING, against aiosmtplib", alone, other, 0.98),
    ]
