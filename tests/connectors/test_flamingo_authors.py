"""To an author Flamingo's messages are none at all: that is said, not counted as zero."""

import xmlrpc.client
from collections.abc import Callable

import pytest

from connectors import Pull, find
from tests.connectors.site import Request, Response, as_json, playing
from wp_bridge.client import Client
from wp_bridge.errors import AskTheOwner

EMPTY = xmlrpc.client.dumps(([],), methodresponse=True, encoding="UTF-8").encode()


def site_of(capabilities: object) -> Callable[[Request], Response]:
    def answer(request: Request) -> Response:
        if request.body:
            return Response(200, EMPTY, {"Content-Type": "text/xml"})
        if request.route == "wp/v2/users/me":
            if capabilities is None:
                return as_json({"code": "rest_no_route", "message": ""}, 404)
            return as_json({"capabilities": capabilities})
        return as_json({"gmt_offset": 0} if request.route == "" else [])

    return answer


Ask = Callable[[Client], object]
_LOOK: Ask = lambda client: find()["contact_form_7"].look(client)  # noqa: E731
_PULL: Ask = lambda client: list(find()["contact_form_7"].pages(client, Pull()))  # noqa: E731


@pytest.mark.parametrize("ask", [_LOOK, _PULL], ids=["look", "pull"])
def test_an_author_is_told_what_is_missing(ask: Ask) -> None:
    author = site_of({"edit_posts": True, "level_2": True})
    with playing(author) as site, pytest.raises(AskTheOwner) as caught:
        ask(site.client())
    assert caught.value.state == "needs_permission"
    assert "an editor or an administrator" in caught.value.sentence


@pytest.mark.parametrize("capabilities", [{"edit_others_posts": True}, [], None])
def test_who_may_see_all_or_does_not_tell_is_read(capabilities: object) -> None:
    connector = find()["contact_form_7"]
    with playing(site_of(capabilities)) as site:
        assert connector.look(site.client()) is None
        (page,) = connector.pages(site.client(), Pull())
    assert page.rows == ()
