"""The sentences of a trace: they say yes or no first, and why."""

from datetime import UTC, datetime, timedelta

import pytest

from app.rules.tracing import HELD, Fate, Launch, Next, Somebody, answer, what_next

LAUNCH = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
LATER, EARLIER = LAUNCH + timedelta(hours=2), LAUNCH - timedelta(days=1)
OUT = Launch("sending", launched_at=LAUNCH)
KNOWN = Somebody("active", joined_at=EARLIER)


@pytest.mark.parametrize(
    ("fate", "says"),
    [
        (Fate("sent", at=LATER, carrier="Main"), "Yes: 'Main' took it (on 2026-11-22 14:00 UTC)."),
        (Fate("sent"), "Yes: a relay took it."),
        (
            Fate("sent", heard=[("delivered", ""), ("complained", "abuse")]),
            "Yes: a relay took it. Heard later: delivered. Heard later: complained (abuse).",
        ),
        (
            Fate("bounced", "rcpt_to: 550 5.1.1 no such user"),
            "No: it came back, the address cannot be written to: rcpt_to: 550 5.1.1 no such user.",
        ),
        (
            Fate("rejected", "spam"),
            "No: the message was refused for what it says, or could not be made: spam.",
        ),
        (Fate("failed", "given up"), "No: it was tried in vain: given up."),
        (
            Fate("suppressed", "unsubscribed"),
            "No: after the launch she may not be written to any more: unsubscribed.",
        ),
        (Fate("cancelled"), "No: the campaign was cancelled before it was her turn."),
        (
            Fate("unknown", "silence"),
            "Nobody can know: it was handed over and never answered for: silence.",
        ),
        (Fate("sending"), "Not yet: it is on its way right now."),
        (Fate("queued"), "Not yet: it waits for its turn."),
        (Fate("deferred", "451"), "Not yet: it was tried and waits to be tried again: 451."),
    ],
)
def test_what_became_of_a_delivery(fate: Fate, says: str) -> None:
    assert answer(OUT, KNOWN, fate) == says


def test_a_pause_is_the_reason_of_all_that_waits() -> None:
    held = Launch("paused", "paused", "by hand", LAUNCH)
    for state in ("queued", "deferred"):
        assert (
            answer(held, KNOWN, Fate(state, "451")) == "Not yet: the campaign is paused: by hand."
        )
    assert answer(held, KNOWN, Fate("sent")).startswith("Yes")


def test_what_waits_says_for_what() -> None:
    older = Launch("sending", HELD, "This is an older copy.", LAUNCH)
    for state in ("queued", "deferred"):
        told = answer(older, KNOWN, Fate(state), waits="Main: busy")
        assert told == "Not yet: all sending is held. This is an older copy."
        assert "lets sending go on" in what_next(older, Fate(state), due_at=None, now=LAUNCH).what
    told = answer(OUT, KNOWN, Fate("queued"), waits="Main: busy")
    assert told == "Not yet: it waits for a relay (Main: busy)."
    assert answer(OUT, KNOWN, Fate("sending"), waits="Main: busy").endswith("right now.")


@pytest.mark.parametrize(
    ("who", "says"),
    [
        (Somebody(None), "No: no contact has this address."),
        (
            Somebody(None, suppression="bounced", suppressed_at=EARLIER),
            "No: the address is suppressed (on 2026-11-21 12:00 UTC): bounced.",
        ),
        (
            Somebody("active", joined_at=LATER),
            "No: at the launch (on 2026-11-22 12:00 UTC) she was not known yet; "
            "she came (on 2026-11-22 14:00 UTC).",
        ),
        (
            Somebody("unsubscribed", "she is out", "unsubscribed", EARLIER, EARLIER),
            "No: the address is suppressed (on 2026-11-21 12:00 UTC): unsubscribed.",
        ),
        (
            Somebody("unsubscribed", "she is out", "unsubscribed", LATER, EARLIER),
            "No: she is out.",
        ),
        (
            Somebody("bounced", joined_at=EARLIER),
            "No: she was not in the audience at the launch, and by now only active contacts are "
            "written to, this one is bounced.",
        ),
        (
            Somebody("active", joined_at=EARLIER),
            "No: she was not in the audience at the launch; by now she would be.",
        ),
    ],
)
def test_who_has_no_delivery(who: Somebody, says: str) -> None:
    assert answer(OUT, who, None) == says


def test_before_the_launch() -> None:
    draft = Launch("draft")
    assert answer(draft, KNOWN, None).startswith("Not yet: the campaign was not launched")
    assert answer(draft, Somebody("active", "she is out"), None) == (
        "She would not get it: she is out."
    )
    assert answer(draft, Somebody(None), None).endswith("no contact has this address.")
    assert answer(Launch("cancelled"), KNOWN, None).startswith("No: the campaign was cancelled")


def test_what_comes_next() -> None:
    def after(fate: Fate | None, launch: Launch = OUT, **more: object) -> Next:
        given = {"due_at": LAUNCH, "now": LAUNCH} | more
        return what_next(launch, fate, **given)  # type: ignore[arg-type]

    assert after(None, Launch("draft")).what.startswith("Nothing until somebody launches")
    assert after(None, Launch("scheduled", send_at=LATER)).at == LATER
    assert after(None).what.startswith("Nothing: the audience is written down")
    assert after(Fate("sent")).what == "Nothing: this is its end."
    assert "a person says" in after(Fate("unknown")).what
    assert after(Fate("sending")).at == LAUNCH
    held = Launch("paused", "paused", "", LAUNCH)
    assert after(Fate("queued"), held, due_at=LATER) == Next(
        "It waits until somebody resumes the campaign."
    )
    assert after(Fate("deferred"), due_at=LATER) == Next("It is due again then.", LATER)
    assert after(Fate("queued"), due_at=LATER) == Next("It is due then.", LATER)
    spread = after(Fate("queued"), due_at=LATER, pace="it is spread")
    assert spread.what == "It is due then: it is spread."
    assert after(Fate("queued", "asked for less"), due_at=LATER).what.endswith("asked for less.")
    sent = after(Fate("queued"), decision="send", why="Main")
    assert sent == Next("It goes through 'Main' as soon as a sender has its turn.", LAUNCH)
    waits = after(Fate("queued"), decision="wait", why="busy", until=LATER)
    assert waits == Next("It waits for a relay: busy.", LATER)
    assert after(Fate("queued"), decision="halt", why="gone").what == (
        "The campaign will be paused: gone."
    )
