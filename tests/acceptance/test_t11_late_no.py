"""T11: a no that is said while the queue runs is heard."""

import re
import threading

from app.sending.engine.lanes import DEEPEST
from tests.acceptance.conftest import Desk, Servers

#: More than a line may have begun ahead: the last one is not begun when the first one leaves.
PEOPLE = DEEPEST + 20
LAST = f"p{PEOPLE - 1}@people.example.com"


def test_t11_who_unsubscribes_while_the_queue_runs_gets_no_more(
    desk: Desk, server: Servers
) -> None:
    """By the link of an earlier mail, in the middle of the next campaign."""
    one = server()
    desk.relay(one, "one", max_connections=1, messages_per_connection=500)
    desk.people(PEOPLE)
    desk.campaign()
    desk.send()
    [link] = [
        re.search(r"List-Unsubscribe: <http://[^/]+(/u/[^>]+)>", body.decode())[1]  # type: ignore[index]
        for body, who in zip(one.bodies, one.recipients, strict=True)
        if who == LAST
    ]
    done = threading.Event()

    def unsubscribe() -> None:
        if not done.is_set():
            done.set()
            assert desk.owner.app.test_client().post(link, buffered=True).status_code == 200

    one.taken.clear()
    one.before_dot = unsubscribe
    campaign = desk.campaign(name="Again")
    desk.send()
    assert desk.states(campaign) == {"sent": PEOPLE - 1, "suppressed": 1}
    assert len(one.taken) == PEOPLE - 1
    assert LAST not in one.recipients
