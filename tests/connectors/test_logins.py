"""A site that treats a login as none: is it wrong, or does its header get lost on the way?"""

import xmlrpc.client

import pytest

import connectors
from tests.connectors.site import Request, Response, playing, recorded
from tests.connectors.test_discovery import always, but, users
from wp_bridge import discovery

LIKE_AN_APPLICATIONS = "abcd EFGH 1234 ijkl MNOP 5678"


def says(code: int | None) -> Response:
    """What XML-RPC answers; None: the profile that was asked for."""
    fault = xmlrpc.client.Fault(code or 0, "No.")
    body = xmlrpc.client.dumps(fault if code else ({"user_id": "1"},), methodresponse=True)
    return Response(200, body.encode(), {"Content-Type": "text/xml"})


CLOSED = Response(405, b"XML-RPC server accepts POST requests only.")


@pytest.mark.parametrize(
    ("told", "password", "state", "words", "unsure"),
    [
        (says(403), LIKE_AN_APPLICATIONS, "needs_permission", "was revoked", False),
        (says(None), LIKE_AN_APPLICATIONS, "header_stripped", "CGIPassAuth On", False),
        (says(401), LIKE_AN_APPLICATIONS, "header_stripped", "CGIPassAuth On", False),
        (says(None), "of the login page", "needs_permission", "of the login page", False),
        (says(405), LIKE_AN_APPLICATIONS, "header_stripped", "CGIPassAuth On", True),
        (CLOSED, LIKE_AN_APPLICATIONS, "header_stripped", "CGIPassAuth On", True),
    ],
)
def test_xml_rpc_tells_a_wrong_login_from_a_lost_header(
    told: Response, password: str, state: str, words: str, unsure: bool
) -> None:
    stranger = but(users=always(recorded("header_dropped")))
    asked: list[Request] = []

    def answer(request: Request) -> Response:
        if request.path != "/xmlrpc.php":
            return stranger(request)
        asked.append(request)
        return told

    with playing(answer) as site:
        found = discovery.discover(site.client(password=password), connectors.find())
    assert (users(found)[0], words in users(found)[1]) == (state, True), users(found)
    assert ("Or the user name" in users(found)[1]) is unsure
    assert sum(b"wp.getProfile" in one.body for one in asked) == 1, "sites count wrong logins"
