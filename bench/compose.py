"""Content and contact to the bytes of a message."""

import time
from collections.abc import Callable
from datetime import UTC, datetime

from app.sending.letters.compose import Composer, Identity
from bench import letters
from bench.claims import Claim, within
from bench.peers import naive
from bench.rounds import Size

_ROUNDS = 5
_BUDGET = 60.0


def run(size: Size) -> list[Claim]:
    """Beside a budget, and beside Jinja2 with EmailMessage."""
    found = size.interleaved(
        {
            "ours": lambda: _each(_ours(), size.of(4_000)),
            "naive": lambda: _each(naive.letter, size.of(200)),
        },
        _ROUNDS,
    )
    ours, other = found["ours"], found["naive"]
    beside = Claim("against Jinja2 and EmailMessage", "us/msg", ours, other, other / ours, 15.0)
    return [within("budget", ours, _BUDGET, "us/msg"), beside]


def _each(make: Callable[[int], bytes], count: int) -> float:
    make(0)
    start = time.perf_counter()
    for number in range(count):
        make(number)
    return (time.perf_counter() - start) / count * 1e6


def _ours() -> Callable[[int], bytes]:
    composer = Composer(letters.SUBJECT, "", letters.HTML, letters.TEXT)
    who = Identity("news@shop.example.com", "Shop", "", "")
    date = datetime(2026, 1, 31, tzinfo=UTC)

    def make(number: int) -> bytes:
        person = letters.person(number)
        return composer.compose(
            identity=who,
            to_email=person["email"],
            contact=person,
            unsubscribe_url=f"https://mail.example.com/u/{number:060}",
            message_id=f"<{number}.0123456789@shop.example.com>",
            date=date,
            list_id="0123456789.shop.example.com",
            dispatch_id="0123456789",
        ).whole()

    return make
