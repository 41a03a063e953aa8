"""T16: the way out of every mail: looking at it does nothing, one click is enough."""

import re

from tests.acceptance.conftest import Desk, Servers


def test_t16_a_post_unsubscribes_and_a_get_does_not(desk: Desk, server: Servers) -> None:
    """By the link in the header of a mail that was really sent (RFC 8058)."""
    one = server()
    desk.relay(one, "one")
    desk.people(2)
    desk.campaign()
    desk.send()
    who = one.recipients[0]
    head = one.bodies[0].decode().partition("\r\n\r\n")[0]
    assert "List-Unsubscribe-Post: List-Unsubscribe=One-Click" in head
    found = re.search(r"^List-Unsubscribe: <(http://127\.0\.0\.1:8080)(/u/\S+)>\r$", head, re.M)
    assert found
    stranger = desk.owner.app.test_client()
    page = stranger.get(found[2], buffered=True)
    assert page.status_code == 200
    assert statuses(desk) == {"active"}
    for _ in range(2):
        answer = stranger.post(found[2], data={"List-Unsubscribe": "One-Click"}, buffered=True)
        assert (answer.status_code, answer.headers.get("Location")) == (200, None)
        assert "Set-Cookie" not in answer.headers
    assert statuses(desk) == {"active", "unsubscribed"}
    again = desk.campaign(name="Again")
    desk.send()
    assert desk.states(again) == {"sent": 1}
    assert one.recipients.count(who) == 1


def statuses(desk: Desk) -> set[str]:
    return {one["status"] for one in desk.asked("GET", "/contacts")["items"]}
