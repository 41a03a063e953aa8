"""XML-RPC: what a site answers there, and what it means; and the time zone of a site."""

import xmlrpc.client
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.connectors.site import Request, Response, as_json, playing
from wp_bridge.errors import AskTheOwner, NotUnderstood, TryLater
from wp_bridge.zones import zone_of

XML = {"Content-Type": "text/xml"}


def said(value: Any) -> Response:
    body = xmlrpc.client.dumps((value,), methodresponse=True, encoding="UTF-8")
    return Response(200, body.encode(), XML)


def fault(code: int, words: str = "No.") -> Response:
    body = xmlrpc.client.dumps(xmlrpc.client.Fault(code, words), methodresponse=True)
    return Response(200, body.encode(), XML)


def call(response: Response) -> tuple[Any, Request]:
    with playing(lambda _: response) as site:
        found = site.client("anna", "secret").call("wp.getPosts", {"number": 1})
        return found, site.asked[0]


def test_the_login_is_in_the_call_and_nowhere_else() -> None:
    found, asked = call(said([{"post_id": "1"}]))
    assert found == [{"post_id": "1"}]
    values, method = xmlrpc.client.loads(asked.body.decode())
    assert (method, values) == ("wp.getPosts", (1, "anna", "secret", {"number": 1}))
    assert "authorization" not in asked.headers
    assert "secret" not in asked.path


def test_times_are_text() -> None:
    at = xmlrpc.client.DateTime("20260920T04:08:30")
    assert call(said([{"at": at}]))[0] == [{"at": "2026-09-20T04:08:30"}]


def test_a_zero_date_is_no_fault() -> None:
    body = said(xmlrpc.client.DateTime("20260920T04:08:30")).body
    zero = body.replace(b"20260920T04:08:30", b"00000000T00:00:00")
    assert call(Response(200, zero, XML))[0] == "0000-00-00T00:00:00"


def test_characters_that_xml_forbids() -> None:
    body = said("a-b").body.replace(b"a-b", b"a\x0bb\x00c")
    assert call(Response(200, body, XML))[0] == "abc"


@pytest.mark.parametrize(
    "value",
    [
        {"yes": True, "no": False, "none": None, "count": 731, "part": 1.5, "raw": b"\x00a"},
        {
            "text": " <b>O'Brien</b> & \n\nGrüße 🙂 ",
            "empty": "",
            "none in it": [],
            "deep": {"a": [{}]},
        },
        [],
        -5,
    ],
)
def test_every_kind_of_value(value: Any) -> None:
    said = xmlrpc.client.dumps((value,), methodresponse=True, encoding="UTF-8", allow_none=True)
    assert call(Response(200, said.encode(), XML))[0] == value


def test_text_may_stand_there_without_saying_so() -> None:
    bare = said("a-b").body.replace(b"<string>a-b</string>", b"a-b")
    assert call(Response(200, bare, XML))[0] == "a-b"


def test_bytes_that_are_no_text() -> None:
    body = said("a-b").body.replace(b"a-b", b"M\xfcller")
    assert call(Response(200, body, XML))[0] == "M\ufffdller"


@pytest.mark.parametrize(
    "change",
    [
        (b"<methodResponse>", b'<!DOCTYPE x [<!ENTITY a "b">]><methodResponse>'),
        (b"<string>", b"<int>"),
        (b"<params>", b"<parts>"),
        (b"<value>", b"<value><array/></value><value>"),
    ],
)
def test_what_is_not_xml_rpc_is_not_guessed_at(change: tuple[bytes, bytes]) -> None:
    ends = [one.replace(b"<", b"</") for one in change if one.count(b"<") == 1]
    body = said("a-b").body.replace(*change)
    body = body.replace(*ends) if len(ends) == 2 else body
    with pytest.raises(NotUnderstood):
        call(Response(200, body, XML))


@pytest.mark.parametrize(
    ("response", "error", "state"),
    [
        (fault(403), AskTheOwner, "needs_permission"),
        (fault(401), AskTheOwner, "needs_permission"),
        (fault(405), AskTheOwner, "blocked"),
        (fault(-32601), AskTheOwner, "blocked"),
        (fault(500), NotUnderstood, ""),
        (Response(405, b"", XML), AskTheOwner, "blocked"),
        (Response(403, b"<html>Wordfence</html>"), AskTheOwner, "blocked"),
        (Response(404, b"<html></html>"), AskTheOwner, "blocked"),
        (Response(200, b"<html>hello</html>"), AskTheOwner, "blocked"),
        (Response(429, b""), TryLater, ""),
        (Response(502, b""), TryLater, ""),
        (Response(200, said("x").body[:60], XML), TryLater, ""),
        (Response(200, b"<?xml version='1.0'?><hello/>", XML), NotUnderstood, ""),
    ],
)
def test_what_goes_wrong_has_a_name(response: Response, error: type[Exception], state: str) -> None:
    with pytest.raises(error) as caught:
        call(response)
    assert getattr(caught.value, "state", "") == state


@pytest.mark.parametrize(
    ("index", "hours"),
    [
        ({"timezone_string": "Europe/Berlin", "gmt_offset": 9}, 2),
        ({"timezone_string": "", "gmt_offset": "5.5"}, 5.5),
        ({"timezone_string": "Mars/Olympus", "gmt_offset": -3}, -3),
        ({"timezone_string": "../../etc", "gmt_offset": None}, 0),
        ({"gmt_offset": 99}, 0),
        ({"gmt_offset": "x"}, 0),
        ([], 0),
    ],
)
def test_the_zone_of_a_site(index: Any, hours: float) -> None:
    july = datetime(2026, 7, 1, tzinfo=UTC)
    assert july.astimezone(zone_of(index)).utcoffset() == timedelta(hours=hours)


def test_the_zone_is_asked_for_once() -> None:
    with playing(lambda _: as_json({"timezone_string": "Asia/Tokyo"})) as site:
        client = site.client()
        assert client.zone() is client.zone()
        assert len(site.asked) == 1
