"""Every source of a site gets its own true reason; a wrong login is tried no more than once."""

from collections.abc import Callable

import pytest

import connectors
from tests.connectors.site import Request, Response, as_json, paged, playing
from wp_bridge import discovery
from wp_bridge.ways import Keys

Answer = Callable[[Request], Response]
NAMESPACES = ["wp/v2", "wp-site-health/v1", "contact-form-7/v1", "wc/v3", "fluent-crm/v2"]
WRONG = as_json({"code": "incorrect_password", "message": "No."}, 401)
STRANGER = as_json({"code": "rest_forbidden_context", "message": "No."}, 401)
WALL = as_json({"code": "wp_die", "message": "You are not authorized."}, 403)
#: Seen when XML-RPC does not know the login, be it wrong or an application password on plain http.
REFUSED = b"""<?xml version="1.0"?><methodResponse><fault><value><struct>
<member><name>faultCode</name><value><int>403</int></value></member>
<member><name>faultString</name><value><string>Incorrect.</string></value></member>
</struct></value></fault></methodResponse>"""


def site(
    rest: Answer,
    *,
    app_passwords: bool = True,
    more: tuple[str, ...] = (),
    root: Answer | None = None,
) -> Answer:
    """One whose plugins are all there, and whose XML-RPC refuses the login."""
    ways = {"application-passwords": {}} if app_passwords else []
    index = {"name": "Site", "namespaces": [*NAMESPACES, *more], "authentication": ways}

    def answer(request: Request) -> Response:
        if request.path == "/xmlrpc.php":
            return Response(200, REFUSED, {"Content-Type": "text/xml"})
        if request.route == "":
            return root(request) if root else as_json(index)
        return Response(200) if request.route == "-" else rest(request)

    return answer


def found(answer: Answer, **client: object) -> tuple[dict[str, tuple[str, str]], int]:
    """State and detail by source, and how many times a login was said."""
    with playing(answer) as played:
        told = discovery.discover(played.client(**client), connectors.find()).findings
        logins = sum(asked.has_login or asked.path == "/xmlrpc.php" for asked in played.asked)
    return {one.source: (one.state, one.detail) for one in told}, logins


@pytest.mark.parametrize(
    ("rest", "most"),
    [
        (WRONG, 1),
        (STRANGER, 2),  # as WordPress 6.1 answers a wrong one: XML-RPC tells
    ],
)
def test_a_wrong_login_is_not_tried_for_every_source(rest: Response, most: int) -> None:
    told, logins = found(site(lambda _: rest))
    for source in ("wordpress_users", "contact_form_7", "woocommerce", "fluentcrm"):
        state, detail = told[source]
        assert (state, "make a new one" in detail) == ("needs_permission", True), told
    assert logins == most


def test_the_keys_of_a_shop_are_tried_beside_a_wrong_login() -> None:
    def rest(request: Request) -> Response:
        if "oauth_signature" in request.query:
            return paged([{"id": 1}], request)
        return WRONG

    told, _ = found(site(rest), keys=Keys("ck_1", "cs_1"))
    assert told["woocommerce"] == ("ready", "2 rows can be read.")
    assert told["fluentcrm"][0] == "needs_permission"


@pytest.mark.parametrize(
    ("more", "state", "words"),
    [
        (("wordfence/v1",), "app_passwords_unavailable", "Wordfence"),
        ((), "insecure_http", "only over https"),
    ],
)
def test_without_application_passwords_xmlrpc_says_why_too(
    more: tuple[str, ...], state: str, words: str
) -> None:
    """It answers as to a wrong password, which would send the owner the wrong way."""
    told, _ = found(site(lambda _: STRANGER, app_passwords=False, more=more))
    assert {one for one, _ in told.values()} == {state, "plugin_absent"}
    assert words in told["contact_form_7"][1]
    assert "keys of the shop" in told["woocommerce"][1]
    assert "keys of the shop" not in told["fluentcrm"][1]


def test_xmlrpc_closed_to_a_login_that_is_right() -> None:
    def rest(request: Request) -> Response:
        if request.route.endswith("/me"):
            return as_json({"id": 1, "username": "admin"})
        return paged([{"id": 1}], request)

    told, _ = found(site(rest))
    state, detail = told["contact_form_7"]
    assert (state, "XML-RPC refuses this login" in detail) == ("blocked", True), detail
    assert told["wordpress_users"] == ("ready", "1 row can be read.")


def test_a_wall_around_everything_leaves_the_shop_its_keys() -> None:
    """All-In-One Security was seen to close every route, and to let the shop's keys through."""
    told, _ = found(site(lambda _: WALL, root=lambda _: WALL))
    assert {state for state, _ in told.values()} == {"blocked"}
    assert "keys of the shop" in told["woocommerce"][1]
    assert "keys of the shop" not in told["wordpress_users"][1]


def test_an_empty_source_is_no_silent_zero() -> None:
    told, _ = found(site(lambda request: paged([], request)))
    assert told["wordpress_users"] == ("ready", "It can be read, and there is nothing in it yet.")
