"""What a site offers, and for what it does not: the true reason, with the way to mend it."""

from collections.abc import Callable
from typing import Any

import pytest

import connectors
from tests.connectors.site import Request, Response, as_json, paged, playing, recorded, rows
from wp_bridge import discovery, reasons
from wp_bridge.discovery import Discovery
from wp_bridge.root import Root

Answer = Callable[[Request], Response]


def look(answer: Answer, **client: Any) -> Discovery:
    with playing(answer) as site:
        return discovery.discover(site.client(**client), connectors.find())


def users(found: Discovery) -> tuple[str, str]:
    finding = next(entry for entry in found.findings if entry.source == "wordpress_users")
    return finding.state, finding.detail


def healthy(request: Request) -> Response:
    """A site at which everything is as it should be."""
    if request.route == "-":
        link = '</wp-json/>; rel="https://api.w.org/"'
        return Response(200, b"<html></html>", {"Content-Type": "text/html", "Link": link})
    if request.route == "":
        return recorded("root")
    return paged(rows("odd_users"), request)


def but(**changed: Callable[[Request], Response]) -> Answer:
    """A healthy site, but for what it answers to ``front``, ``root`` or ``users``."""

    def answer(request: Request) -> Response:
        kind = {"-": "front", "": "root"}.get(request.route, "users")
        return changed.get(kind, healthy)(request)

    return answer


def always(response: Response) -> Callable[[Request], Response]:
    return lambda _: response


def root_with(**changed: Any) -> Callable[[Request], Response]:
    document = {
        "name": "Site",
        "namespaces": ["wp/v2", "wp-site-health/v1"],
        "authentication": {"application-passwords": {}},
    }
    return always(as_json({**document, **changed}))


def test_a_healthy_site_is_ready() -> None:
    found = look(healthy)
    assert users(found) == ("ready", "9 rows can be read.")
    assert found.root is not None
    assert found.root.name == "Rig Site"


@pytest.mark.parametrize(
    ("answer", "state", "words"),
    [
        (but(users=always(recorded("wrong_password"))), "needs_permission", "password is wrong"),
        (but(users=always(recorded("unknown_username"))), "needs_permission", "no user of this"),
        (but(users=always(recorded("subscriber_edit"))), "needs_permission", "administrator"),
        (but(users=always(recorded("header_dropped"))), "header_stripped", "CGIPassAuth On"),
        (
            but(root=always(recorded("wordfence_root")), users=always(recorded("wordfence_users"))),
            "app_passwords_unavailable",
            "Wordfence",
        ),
        (
            but(
                root=root_with(authentication=[]),
                users=always(recorded("list_http_production")),
            ),
            "insecure_http",
            "only over https",
        ),
        (
            but(
                root=root_with(authentication=[], namespaces=["wp/v2"]),
                users=always(recorded("header_dropped")),
            ),
            "version_too_old",
            "5.6",
        ),
        (but(root=root_with(namespaces=["oembed/1.0"])), "plugin_absent", "not active"),
        (but(users=always(recorded("html_200"))), "blocked", "bots"),
        (but(users=always(recorded("rate_limited"))), "unreachable", "patience"),
        (but(users=always(Response(500))), "unreachable", "in trouble"),
        (but(users=always(as_json("hello"))), "blocked", "not a list"),
        (always(recorded("blocked_html")), "blocked", "firewall"),
        (always(Response(404, b"<html>no</html>")), "unreachable", "no WordPress REST API"),
        (always(as_json({"hello": "world"})), "unreachable", "not the REST API of a WordPress"),
        (always(Response(503)), "unreachable", "in trouble"),
        (always(as_json({"code": "wp_die", "message": "No."}, 403)), "blocked", "All-In-One"),
    ],
)
def test_every_reason_is_named(answer: Answer, state: str, words: str) -> None:
    found = users(look(answer))
    assert (found[0], words in found[1]) == (state, True), found


def test_on_https_without_application_passwords() -> None:
    """The same answers over https mean something else than over http."""
    root = Root("", "", frozenset({"wp/v2", "wp-site-health/v1"}), app_passwords=False)
    state, detail = reasons.no_app_passwords("https://example.com", root)
    assert (state, "X-Forwarded-Proto" in detail) == ("app_passwords_unavailable", True)


def test_closed_to_strangers_but_not_to_us() -> None:
    def root(request: Request) -> Response:
        return recorded("root" if request.has_login else "disabled_rest_root")

    assert users(look(but(root=root)))[0] == "ready"


def test_the_usual_place_blocked_but_not_the_other() -> None:
    def answer(request: Request) -> Response:
        if request.path.startswith("/wp-json"):
            return recorded("blocked_html")
        return healthy(request)

    found = look(answer)
    assert users(found)[0] == "ready"
    assert found.root is not None
    assert found.root.url.endswith("/?rest_route=/")


def test_the_front_page_may_be_forbidden_or_know_no_head() -> None:
    assert users(look(but(front=always(Response(403)))))[0] == "ready"

    def no_head(request: Request) -> Response:
        return Response(405) if request.method == "HEAD" else healthy(request)

    assert users(look(but(front=no_head)))[0] == "ready"


def test_the_announced_root_is_taken_on_the_site_s_own_host() -> None:
    """Behind a proxy WordPress may announce a host that only it can reach."""
    link = '<http://10.0.0.7:8080/custom/>; rel="https://api.w.org/"'

    def answer(request: Request) -> Response:
        if request.path == "/":
            return Response(200, b"", {"Link": link})
        if request.path == "/custom/":
            return recorded("root")
        if request.path == "/custom/wp/v2/users":
            return paged(rows("odd_users"), request)
        return Response(404)

    found = look(answer)
    assert users(found)[0] == "ready"
    assert found.root is not None
    assert found.root.url.endswith("/custom/")


def test_plain_permalinks_announce_the_other_form() -> None:
    link = '<http://example.com/index.php?rest_route=/>; rel="https://api.w.org/"'

    def answer(request: Request) -> Response:
        if request.route == "-":
            return Response(200, b"", {"Link": link})
        return healthy(request) if request.path == "/index.php" else Response(404)

    assert users(look(answer))[0] == "ready"


def test_another_host_in_front_is_named_and_gets_no_password() -> None:
    with playing(healthy) as other:
        elsewhere = other.url.replace("127.0.0.1", "localhost") + "/"
        state, detail = users(look(always(Response(301, b"", {"Location": elsewhere}))))
        assert (state, "add the site under that address" in detail) == ("unreachable", True)
        assert not any(asked.has_login for asked in other.asked)


def test_a_wrong_password_is_asked_for_once() -> None:
    """Sites count failures and lock accounts out."""

    def answer(request: Request) -> Response:
        if request.route == "-":
            return healthy(request)
        return recorded("wrong_password" if request.has_login else "disabled_rest_root")

    with playing(answer) as site:
        found = discovery.discover(site.client(), connectors.find())
        assert sum(asked.has_login for asked in site.asked) == 1
    assert users(found)[0] == "needs_permission"


def test_without_a_login() -> None:
    state, detail = users(look(healthy, username="", password=""))
    assert (state, "application password" in detail) == ("needs_permission", True)
