"""What an agent's log says of a run that goes on."""

from structlog.testing import capture_logs

from app.agent.progress import EVERY, Progress

TAKEN = {"state": "running", "seen": 100, "created": 60, "updated": 1, "kept": 39}


def test_a_run_is_told_now_and_then_and_at_its_end() -> None:
    seconds = 0.0
    progress = Progress(lambda: seconds)
    with capture_logs() as lines:
        for _ in range(99):
            progress.brought("a", "woocommerce", TAKEN)
            seconds += EVERY / 20
        progress.brought("a", "woocommerce", TAKEN | {"state": "succeeded"})
    assert len(lines) == 5, lines
    assert [one["state"] for one in lines] == ["running"] * 4 + ["succeeded"]
    last = {name: lines[-1][name] for name in ("batches", "seen", "created", "updated", "kept")}
    assert last == {"batches": 100, "seen": 10_000, "created": 6000, "updated": 100, "kept": 3900}


def test_runs_are_counted_apart() -> None:
    progress = Progress(lambda: 0.0)
    with capture_logs() as lines:
        progress.brought("a", "sureforms", TAKEN)
        progress.brought("b", "sureforms", TAKEN | {"state": "held", "seen": None})
    assert [(one["batches"], one["seen"], one["state"]) for one in lines] == [(1, 0, "held")]
